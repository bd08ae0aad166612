// A mapping, compiled: which field is filled from which cells.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <optional>
#include <string>
#include <vector>

#include "clients/adapters/mapping.h"
#include "clients/adapters/values.h"

namespace klantbeeld::adapters {

// Text with places for columns: "{branch}-{ticket}". "{{" and "}}" are braces.
struct Template {
  struct Piece {
    std::string text;  // Literal, or the column's name.
    bool column = false;
    size_t index = 0;  // Of the column, once bound.
  };
  std::vector<Piece> pieces;
  bool from_columns = false;
  std::vector<Template> others;  // Taken in turn where a column of this one is empty.

  // Nothing: a brace stands alone, or two with nothing between.
  static std::optional<Template> Of(const std::string& text);
  static Template OfColumn(const std::string& name);
  // Empty when one of its columns is empty: half an id is none.
  std::string Fill(const std::vector<std::string>& cells) const;
  std::string FillThis(const std::vector<std::string>& cells) const;  // Without the others.
  std::string Name() const;  // Its columns, with + between.
};

// A field of a message and what fills it: a value, or fields of its own. Of a
// repeated message there is one for each element.
struct Node {
  const google::protobuf::FieldDescriptor* field = nullptr;
  int line = 0;
  Template value;
  Reading reading;
  char split = 0;
  bool leave_out = false;
  std::vector<Node> fields;  // Of a message.
  const google::protobuf::Message* prototype = nullptr;  // Of that.
};

// Calls `each` for every place of a column.
template <typename Each>
void ForColumns(std::vector<Node>& nodes, const Each& each) {
  for (Node& node : nodes) {
    const auto of = [&](Template& value) {
      for (Template::Piece& piece : value.pieces) {
        if (piece.column) each(node, piece);
      }
    };
    of(node.value);
    for (Template& other : node.value.others) of(other);
    ForColumns(node.fields, each);
  }
}

// Fills `event` from a row; gives what cannot be taken.
std::optional<RowFault> FillEvent(const std::vector<Node>& nodes,
                                  const std::vector<std::string>& cells, v1::ContactEvent& event,
                                  MappingCounts& counts);

}  // namespace klantbeeld::adapters
