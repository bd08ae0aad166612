// Results for programs: JSON, lines of JSON, CSV, and tables of chosen fields.
#pragma once

#include <google/protobuf/message.h>

#include <optional>
#include <string>
#include <vector>

#include "clients/cli/context.h"

namespace klantbeeld::cli {

// Paths through messages, as proto JSON names them: "id", "contact.data.subject".
// A path through a list means all that is in it.
using Fields = std::vector<std::string>;

// The first of `fields` that messages of this type do not have.
std::optional<std::string> UnknownField(const google::protobuf::Descriptor& type,
                                        const Fields& fields);

// Writes items of one type in the form that --output and --fields ask for. Of
// every item only what may be shown: BSNs are masked unless asked for.
//
//   Items items(context, "table", v1::Citizen::descriptor, columns);
//   if (items.wrong()) return kUsage;       // It was said what is wrong.
//   if (items.drawn()) ...                  // The caller draws a picture of its own.
//   for (...) items.Add(citizen);
//   items.End(&whole, "citizens");
class Items {
 public:
  // A stream has no end: every item is written as it comes, JSON in lines.
  enum class Shape { kList, kStream };

  // `otherwise` where no form was asked for; `columns` of CSV and of tables
  // where no fields were.
  Items(const Context& context, const std::string& otherwise,
        const google::protobuf::Descriptor* (*type)(), Fields columns, Shape shape = Shape::kList);

  // --fields names one that is not there.
  bool wrong() const { return wrong_; }
  // For people, and they chose no fields.
  bool drawn() const { return format_ == "table" && !chosen_; }
  void Add(const google::protobuf::Message& item);
  // After the last. As JSON the items stand in `whole`, in its field `name`;
  // without it the one item is the whole.
  void End(const google::protobuf::Message* whole = nullptr, const std::string& name = "");

 private:
  const Context& context_;
  const Shape shape_;
  const std::string format_;
  bool wrong_ = false;
  bool chosen_ = false;
  Fields fields_;
  std::vector<std::vector<std::string>> rows_;  // Of a table.
  std::vector<std::string> json_;               // Of a whole.
  bool headed_ = false;
};

}  // namespace klantbeeld::cli
