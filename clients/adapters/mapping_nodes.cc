#include "clients/adapters/mapping_nodes.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace klantbeeld::adapters {

using google::protobuf::Message;

std::optional<Template> Template::Of(const std::string& text) {
  Template made;
  std::string literal;
  for (size_t at = 0; at < text.size();) {
    const char one = text[at];
    const size_t next = at + 1;
    if (one != '{' && one != '}') {
      literal += one;
      at = next;
      continue;
    }
    if (next < text.size() && text[next] == one) {
      literal += one;
      at = next + 1;
      continue;
    }
    const size_t close = text.find_first_of("{}", next);
    const bool named = one == '{' && close != std::string::npos && close > next;
    if (!named || text[close] == '{') return std::nullopt;
    if (!literal.empty()) made.pieces.push_back({std::exchange(literal, {})});
    made.pieces.push_back({text.substr(next, close - next), true});
    made.from_columns = true;
    at = close + 1;
  }
  if (!literal.empty()) made.pieces.push_back({literal});
  return made;
}

Template Template::OfColumn(const std::string& name) {
  Template made;
  made.pieces.push_back({name, true});
  made.from_columns = true;
  return made;
}

std::string Template::Fill(const std::vector<std::string>& cells) const {
  std::string text = FillThis(cells);
  for (size_t i = 0; text.empty() && i < others.size(); ++i) text = others[i].FillThis(cells);
  return text;
}

std::string Template::FillThis(const std::vector<std::string>& cells) const {
  std::string text;
  for (const Piece& piece : pieces) {
    if (!piece.column) {
      text += piece.text;
      continue;
    }
    // Columns of a fixed width are filled up with spaces.
    const absl::string_view cell = absl::StripAsciiWhitespace(
        piece.index < cells.size() ? absl::string_view(cells[piece.index]) : "");
    if (cell.empty()) return "";
    absl::StrAppend(&text, cell);
  }
  return text;
}

std::string Template::Name() const {
  std::vector<std::string> columns;
  for (const Piece& piece : pieces) {
    if (piece.column) columns.push_back(piece.text);
  }
  return absl::StrJoin(columns, "+");
}

namespace {

// Fills a message from a row.
class Filler {
 public:
  Filler(const std::vector<std::string>& cells, MappingCounts& counts)
      : cells_(cells), counts_(counts) {}

  // Whether anything was said in it, or could be by no row.
  bool Fill(const std::vector<Node>& nodes, Message& message) {
    bool said = false, asked = false;
    for (const Node& node : nodes) {
      if (fault) return false;
      asked = asked || !node.fields.empty() || node.value.from_columns;
      said = FillOne(node, message) || said;
    }
    return said || !asked;
  }

  std::optional<RowFault> fault;

 private:
  bool FillOne(const Node& node, Message& message) {
    const auto& access = *message.GetReflection();
    if (node.value.pieces.empty()) {
      if (node.fields.empty()) return false;
      std::unique_ptr<Message> sub(node.prototype->New());
      const bool said = Fill(node.fields, *sub) || IsContact(node);
      if (!said || !FitsItsType(node, *sub)) return false;
      if (node.field->is_repeated()) {
        access.AddAllocatedMessage(&message, node.field, sub.release());
      } else if (access.HasField(message, node.field)) {
        access.MutableMessage(&message, node.field)->MergeFrom(*sub);
      } else {
        access.SetAllocatedMessage(&message, sub.release(), node.field);
      }
      return true;
    }
    const std::string text = node.value.Fill(cells_);
    if (text.empty()) return false;
    if (node.split == 0) return SetText(node, message, text) && node.value.from_columns;
    bool said = false;
    for (size_t at = 0; at <= text.size();) {
      const size_t end = std::min(text.find(node.split, at), text.size());
      if (end > at) said = SetText(node, message, text.substr(at, end - at)) || said;
      at = end + 1;
    }
    return said;
  }

  // A row is a contact even where it says no more than what all rows do.
  static bool IsContact(const Node& node) {
    return node.field->containing_type() == v1::ContactEvent::descriptor() &&
           node.field->message_type() == v1::ContactData::descriptor();
  }

  bool SetText(const Node& node, Message& message, const std::string& text) {
    const Set set = SetField(message, *node.field, text, node.reading);
    counts_.doubtful_times += set.doubtful;
    if (set.reason == Reason::kNone) return !set.nothing;
    if (!node.field->is_repeated()) message.GetReflection()->ClearField(&message, node.field);
    Refuse(node, set.reason);
    return false;
  }

  // An identifier that is marked so is left out when it cannot be one; half a
  // reference is none.
  bool FitsItsType(const Node& node, const Message& message) {
    if (const auto* ref = dynamic_cast<const v1::ContactRef*>(&message)) {
      return ref->has_source() && ref->has_id();
    }
    const auto* identifier = dynamic_cast<const v1::Identifier*>(&message);
    if (identifier == nullptr) return true;
    if (!identifier->has_value()) return false;
    for (const Node& field : node.fields) {
      if (!field.leave_out || field.field->name() != "value") continue;
      if (Fits(identifier->type(), identifier->value())) continue;
      ++counts_.left_out[field.value.Name()];
      return false;
    }
    return true;
  }

  void Refuse(const Node& node, Reason reason) {
    const std::string column = node.value.Name();
    if (node.leave_out) {
      ++counts_.left_out[column];
    } else {
      fault = RowFault{column.empty() ? node.field->name() : column, reason};
    }
  }

  const std::vector<std::string>& cells_;
  MappingCounts& counts_;
};

}  // namespace

std::optional<RowFault> FillEvent(const std::vector<Node>& nodes,
                                  const std::vector<std::string>& cells, v1::ContactEvent& event,
                                  MappingCounts& counts) {
  Filler filler(cells, counts);
  filler.Fill(nodes, event);
  return filler.fault;
}

}  // namespace klantbeeld::adapters
