#include "clients/adapters/mapping.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <toml++/toml.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace klantbeeld::adapters {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Kind = MappingFault::Kind;
using MaybeFault = std::optional<MappingFault>;

constexpr char kDefaultZone[] = "Europe/Amsterdam";

int LineOf(const toml::node& node) { return static_cast<int>(node.source().begin.line); }

// Text with places for columns: "{branch}-{ticket}".
struct Template {
  struct Piece {
    std::string text;  // Literal, or the column's name.
    bool column = false;
    size_t index = 0;  // Of the column, once bound.
  };
  std::vector<Piece> pieces;
  bool from_columns = false;

  static Template Of(const std::string& text) {
    Template made;
    std::string literal;
    for (size_t at = 0; at < text.size();) {
      const size_t close = text[at] == '{' ? text.find('}', at) : std::string::npos;
      if (text.compare(at, 2, "{{") == 0) {
        literal += '{';
        at += 2;
      } else if (close != std::string::npos) {
        if (!literal.empty()) made.pieces.push_back({std::exchange(literal, {})});
        made.pieces.push_back({text.substr(at + 1, close - at - 1), true});
        made.from_columns = true;
        at = close + 1;
      } else {
        literal += text[at++];
      }
    }
    if (!literal.empty()) made.pieces.push_back({literal});
    return made;
  }
  static Template OfColumn(const std::string& name) {
    Template made;
    made.pieces.push_back({name, true});
    made.from_columns = true;
    return made;
  }
  // Empty when one of its columns is empty: half an id is none.
  std::string Fill(const std::vector<std::string>& cells) const {
    std::string text;
    for (const Piece& piece : pieces) {
      const std::string& part = piece.column ? cells[piece.index] : piece.text;
      if (piece.column && part.empty()) return "";
      text += part;
    }
    return text;
  }
  std::string Name() const {
    std::vector<std::string> columns;
    for (const Piece& piece : pieces) {
      if (piece.column) columns.push_back(piece.text);
    }
    return absl::StrJoin(columns, "+");
  }
};

// A field of a message and what fills it: a value, or fields of its own. Of a
// repeated message there is one for each element.
struct Node {
  const FieldDescriptor* field = nullptr;
  int line = 0;
  Template value;
  Reading reading;
  char split = 0;
  bool leave_out = false;
  std::vector<Node> fields;  // Of a message.
};

bool IsPlain(const FieldDescriptor& field) {
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return true;
  const Descriptor* type = field.message_type();
  return type == google::protobuf::Timestamp::descriptor() ||
         type == google::protobuf::Duration::descriptor() || type == v1::PartialDate::descriptor();
}

std::string FieldsOf(const Descriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.field_count(); ++i) names.push_back(type.field(i)->name());
  return absl::StrJoin(names, ", ");
}

// Turns tables into nodes; stops at the first fault.
class Compiler {
 public:
  explicit Compiler(absl::TimeZone zone, std::vector<std::string> formats, int years)
      : zone_(zone), formats_(std::move(formats)), years_(years) {}

  std::vector<Node> Fields(const toml::table& table, const Descriptor& type) {
    std::vector<Node> nodes;
    for (const auto& [key, value] : table) {
      if (fault) break;
      const std::string name(key.str());
      const FieldDescriptor* field = type.FindFieldByName(name);
      if (field == nullptr) {
        Fail(Kind::kUnknownField, value, name, FieldsOf(type));
        break;
      }
      Add(value, *field, nodes);
    }
    return nodes;
  }

  MaybeFault fault;

 private:
  void Fail(Kind kind, const toml::node& at, std::string what, std::string allowed = "") {
    if (!fault) fault = MappingFault{kind, LineOf(at), std::move(what), std::move(allowed)};
  }

  void Add(const toml::node& value, const FieldDescriptor& field, std::vector<Node>& nodes) {
    const toml::table* table = value.as_table();
    const toml::array* array = value.as_array();
    if (array != nullptr && field.is_repeated()) {
      for (const toml::node& element : *array) Add(element, field, nodes);
      return;
    }
    const bool plain = IsPlain(field);
    // A partial date may also be given by fields of its own.
    const bool spec =
        plain && (table == nullptr || table->contains("column") || table->contains("value"));
    Node node;
    node.field = &field;
    node.line = LineOf(value);
    if (spec) {
      Value(value, node);
    } else if (table != nullptr && field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      node.fields = Fields(*table, *field.message_type());
    } else if (plain) {
      Fail(Kind::kWrongType, value, field.name(), "\"{column}\", { column = \"…\" }");
    } else {
      Fail(Kind::kWrongType, value, field.name(), FieldsOf(*field.message_type()));
    }
    nodes.push_back(std::move(node));
  }

  void Value(const toml::node& value, Node& node) {
    node.reading.zone = zone_;
    node.reading.years = years_;
    if (node.field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
        node.field->message_type() == google::protobuf::Timestamp::descriptor()) {
      node.reading.formats = formats_;
    }
    if (const toml::table* table = value.as_table()) {
      for (const auto& [key, option] : *table) Option(std::string(key.str()), option, node);
    } else if (const auto text = value.value<std::string>()) {
      node.value = Template::Of(*text);
    } else if (const auto yes = value.value<bool>()) {
      node.value = Template::Of(*yes ? "ja" : "nee");
    } else if (const auto number = value.value<int64_t>()) {
      node.value = Template::Of(absl::StrCat(*number));
    } else {
      Fail(Kind::kWrongType, value, node.field->name(), "\"{column}\", { column = \"…\" }");
    }
    CheckConstant(value, node);
  }

  // What no row changes is right or wrong at once.
  void CheckConstant(const toml::node& at, const Node& node) {
    const auto* type = node.field->enum_type();
    if (type == nullptr || node.value.from_columns || !node.reading.words.empty()) return;
    const std::string word = node.value.Fill({});
    if (EnumValue(*type, word) < 0) Fail(Kind::kBadWord, at, word, EnumValues(*type));
  }

  void Option(const std::string& name, const toml::node& option, Node& node) {
    const auto text = option.value<std::string>();
    if (name == "column" && text) {
      node.value = Template::OfColumn(*text);
    } else if (name == "value" && text) {
      node.value = Template::Of(*text);
    } else if (name == "words" && option.is_table()) {
      Words(*option.as_table(), node);
    } else if (name == "otherwise" && text) {
      node.reading.otherwise = *text;
      CheckWord(option, *text, node);
    } else if (name == "format" && (text || option.is_array())) {
      node.reading.formats = text ? std::vector<std::string>{*text} : Texts(option);
    } else if (name == "zone" && text) {
      if (!absl::LoadTimeZone(*text, &node.reading.zone)) Fail(Kind::kBadZone, option, *text);
    } else if (name == "years" && option.is_integer()) {
      node.reading.years = option.value_or(0);
    } else if (name == "unit" && text && (*text == "ms" || *text == "s" || *text == "min")) {
      node.reading.unit = *text == "ms"  ? absl::Milliseconds(1)
                          : *text == "s" ? absl::Seconds(1)
                                         : absl::Minutes(1);
    } else if (name == "split" && text && text->size() == 1 && node.field->is_repeated()) {
      node.split = text->front();
    } else if (name == "invalid" && text && *text == "leave-out") {
      node.leave_out = true;
    } else {
      Fail(Kind::kUnknownOption, option, name,
           "column, value, words, otherwise, format, zone, years, unit (ms, s, min), split (one "
           "character, of a list), invalid (leave-out)");
    }
  }

  std::vector<std::string> Texts(const toml::node& list) {
    std::vector<std::string> texts;
    for (const toml::node& one : *list.as_array()) texts.push_back(one.value_or(std::string()));
    return texts;
  }

  // An empty word says that the field is not set.
  void CheckWord(const toml::node& at, const std::string& word, const Node& node) {
    const auto* type = node.field->enum_type();
    if (type == nullptr || word.empty() || EnumValue(*type, word) >= 0) return;
    Fail(Kind::kBadWord, at, word, EnumValues(*type));
  }

  void Words(const toml::table& table, Node& node) {
    for (const auto& [key, value] : table) {
      const auto ours = value.value<std::string>();
      const std::string theirs(key.str());
      if (!ours) return Fail(Kind::kWrongType, value, theirs, "\"…\"");
      CheckWord(value, *ours, node);
      const auto [at, is_new] = node.reading.words.try_emplace(Folded(theirs), *ours);
      if (!is_new && at->second != *ours) Fail(Kind::kAmbiguousWord, value, theirs);
    }
  }

  const absl::TimeZone zone_;
  const std::vector<std::string> formats_;
  const int years_;
};

// Calls `each` for every place of a column.
template <typename Each>
void ForColumns(std::vector<Node>& nodes, const Each& each) {
  for (Node& node : nodes) {
    for (Template::Piece& piece : node.value.pieces) {
      if (piece.column) each(node, piece);
    }
    ForColumns(node.fields, each);
  }
}

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
      std::unique_ptr<Message> sub(
          access.GetMessageFactory()->GetPrototype(node.field->message_type())->New());
      if (!Fill(node.fields, *sub) || !FitsItsType(node, *sub)) return false;
      if (node.field->is_repeated()) {
        access.AddAllocatedMessage(&message, node.field, sub.release());
      } else {
        access.MutableMessage(&message, node.field)->MergeFrom(*sub);
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

  bool SetText(const Node& node, Message& message, const std::string& text) {
    const Set set = SetField(message, *node.field, text, node.reading);
    counts_.doubtful_times += set.doubtful;
    if (set.reason == Reason::kNone) return true;
    if (!node.field->is_repeated()) message.GetReflection()->ClearField(&message, node.field);
    Refuse(node, set.reason);
    return false;
  }

  // An identifier that is marked so is left out when it cannot be one.
  bool FitsItsType(const Node& node, const Message& message) {
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

struct Mapping::Impl {
  std::string encoding;
  char separator = 0;
  std::vector<std::string> drop;
  int drop_line = 0;
  std::vector<Node> nodes;
  std::vector<std::string> unused;

  // Everything beside [event]. An empty name: all is well.
  MaybeFault ReadFileTable(const toml::table& table) {
    for (const auto& [key, value] : table) {
      const std::string name(key.str());
      const auto text = value.value<std::string>();
      if (name == "encoding" && text) {
        encoding = *text;
      } else if (name == "separator" && text && text->size() == 1) {
        separator = text->front();
      } else {
        return MappingFault{Kind::kUnknownOption, LineOf(value), name,
                            "encoding, separator (one character)"};
      }
    }
    return {};
  }
};

Mapping::Mapping(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Mapping::Mapping(Mapping&&) noexcept = default;
Mapping& Mapping::operator=(Mapping&&) noexcept = default;
Mapping::~Mapping() = default;

std::variant<Mapping, MappingFault> Mapping::Read(const std::string& path) {
  toml::table root;
  try {
    root = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    return MappingFault{Kind::kNotToml, static_cast<int>(error.source().begin.line),
                        std::string(error.description())};
  }
  auto impl = std::make_unique<Impl>();
  absl::TimeZone zone;
  absl::LoadTimeZone(kDefaultZone, &zone);
  std::vector<std::string> formats;
  int years = 0;
  const toml::table* event = nullptr;
  for (const auto& [key, value] : root) {
    const std::string name(key.str());
    const toml::array* array = value.as_array();
    if (name == "event" && value.is_table()) {
      event = value.as_table();
    } else if (name == "file" && value.is_table()) {
      if (auto fault = impl->ReadFileTable(*value.as_table())) return *fault;
    } else if (name == "zone" && value.is_string()) {
      const auto text = value.value_or(std::string());
      if (!absl::LoadTimeZone(text, &zone)) {
        return MappingFault{Kind::kBadZone, LineOf(value), text};
      }
    } else if (name == "years" && value.is_integer()) {
      years = value.value_or(0);
    } else if ((name == "times" || name == "drop") && array != nullptr) {
      auto& list = name == "times" ? formats : impl->drop;
      for (const toml::node& one : *array) list.push_back(one.value_or(std::string()));
      if (name == "drop") impl->drop_line = LineOf(value);
    } else {
      return MappingFault{Kind::kUnknownOption, LineOf(value), name,
                          "event, file, zone, times, years, drop"};
    }
  }
  if (event == nullptr) return MappingFault{Kind::kMissing, 0, "[event]"};
  Compiler compiler(zone, formats, years);
  impl->nodes = compiler.Fields(*event, *v1::ContactEvent::descriptor());
  if (compiler.fault) return *compiler.fault;
  for (const char* needed : {"source", "event_id"}) {
    const bool there = std::any_of(impl->nodes.begin(), impl->nodes.end(),
                                   [&](const Node& node) { return node.field->name() == needed; });
    if (!there) {
      return MappingFault{Kind::kMissing, LineOf(*event), absl::StrCat("event.", needed)};
    }
  }
  return Mapping(std::move(impl));
}

std::variant<std::monostate, MappingFault> Mapping::Bind(const std::vector<std::string>& header) {
  MaybeFault fault;
  std::set<std::string> used;
  const std::string all = absl::StrJoin(header, ", ");
  ForColumns(impl_->nodes, [&](const Node& node, Template::Piece& piece) {
    const auto at = std::find(header.begin(), header.end(), piece.text);
    const auto& drop = impl_->drop;
    if (fault) return;
    if (at == header.end()) {
      fault = MappingFault{Kind::kMissingColumn, node.line, piece.text, all};
    } else if (std::find(drop.begin(), drop.end(), piece.text) != drop.end()) {
      fault = MappingFault{Kind::kColumnDropped, node.line, piece.text};
    }
    piece.index = static_cast<size_t>(at - header.begin());
    used.insert(piece.text);
  });
  if (fault) return *fault;
  for (const std::string& column : impl_->drop) {
    if (std::find(header.begin(), header.end(), column) == header.end()) {
      return MappingFault{Kind::kMissingColumn, impl_->drop_line, column, all};
    }
    used.insert(column);
  }
  impl_->unused.clear();
  for (const std::string& column : header) {
    if (!used.contains(column)) impl_->unused.push_back(column);
  }
  return std::monostate();
}

std::vector<std::string> Mapping::unused() const { return impl_->unused; }

std::variant<v1::ContactEvent, RowFault> Mapping::Apply(const std::vector<std::string>& cells,
                                                        MappingCounts& counts) const {
  v1::ContactEvent event;
  Filler filler(cells, counts);
  filler.Fill(impl_->nodes, event);
  if (filler.fault) return *filler.fault;
  if (event.source().empty()) return RowFault{"source", Reason::kMissing};
  if (event.event_id().empty()) return RowFault{"event_id", Reason::kMissing};
  return event;
}

char Mapping::separator() const { return impl_->separator; }
const std::string& Mapping::encoding() const { return impl_->encoding; }

}  // namespace klantbeeld::adapters
