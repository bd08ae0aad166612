#include "clients/adapters/mapping.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/adapters/mapping_file.h"
#include "clients/adapters/mapping_nodes.h"

namespace klantbeeld::adapters {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Kind = MappingFault::Kind;
using MaybeFault = std::optional<MappingFault>;

constexpr char kDefaultZone[] = "Europe/Amsterdam";

int LineOf(const toml::node& node) { return static_cast<int>(node.source().begin.line); }

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
  Compiler(absl::TimeZone zone, std::vector<std::string> formats, int years, absl::Time now)
      : zone_(zone), formats_(std::move(formats)), years_(years), now_(now) {}

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
    if (array != nullptr && array->is_homogeneous(toml::node_type::string)) {
      return AddAlternatives(*array, field, nodes);
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
      node.prototype =
          google::protobuf::MessageFactory::generated_factory()->GetPrototype(field.message_type());
    } else if (plain) {
      Fail(Kind::kWrongType, value, field.name(), "\"{column}\", { column = \"…\" }");
    } else {
      Fail(Kind::kWrongType, value, field.name(), FieldsOf(*field.message_type()));
    }
    nodes.push_back(std::move(node));
  }

  // Of a field that has one value, several templates: the first that is whole.
  void AddAlternatives(const toml::array& array, const FieldDescriptor& field,
                       std::vector<Node>& nodes) {
    Add(*array.get(0), field, nodes);
    Template& first = nodes.back().value;
    for (size_t i = 1; i < array.size(); ++i) {
      const toml::node& one = *array.get(i);
      first.others.push_back(Parsed(one, one.value_or(std::string())));
      first.from_columns = first.from_columns || first.others.back().from_columns;
    }
  }

  void Value(const toml::node& value, Node& node) {
    node.reading.zone = zone_;
    node.reading.years = years_;
    node.reading.now = now_;
    if (node.field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
        node.field->message_type() == google::protobuf::Timestamp::descriptor()) {
      node.reading.formats = formats_;
    }
    if (const toml::table* table = value.as_table()) {
      for (const auto& [key, option] : *table) Option(std::string(key.str()), option, node);
    } else if (const auto text = value.value<std::string>()) {
      node.value = Parsed(value, *text);
    } else if (const auto yes = value.value<bool>()) {
      node.value = Parsed(value, *yes ? "ja" : "nee");
    } else if (const auto number = value.value<int64_t>()) {
      node.value = Parsed(value, absl::StrCat(*number));
    } else {
      Fail(Kind::kWrongType, value, node.field->name(), "\"{column}\", { column = \"…\" }");
    }
    CheckConstant(value, node);
  }

  Template Parsed(const toml::node& at, const std::string& text) {
    auto made = Template::Of(text);
    if (!made) Fail(Kind::kBadTemplate, at, text);
    return made.value_or(Template());
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
      node.value = Parsed(option, *text);
    } else if (name == "words" && option.is_table()) {
      Words(*option.as_table(), node);
    } else if (name == "otherwise" && text) {
      node.reading.otherwise = *text;
      CheckWord(option, *text, node);
    } else if (name == "format" && (text || option.is_array())) {
      node.reading.formats = text ? std::vector<std::string>{*text} : Texts(option);
      CheckFormats(option, node.reading.formats);
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

  // A form that cannot read what it writes reads nothing.
  void CheckFormats(const toml::node& at, const std::vector<std::string>& formats) {
    for (const std::string& format : formats) {
      if (!IsTimeFormat(format)) Fail(Kind::kBadFormat, at, format);
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
  const absl::Time now_;
};

}  // namespace

struct Mapping::Impl {
  std::string encoding;
  char separator = 0;
  std::vector<std::string> drop, optional;
  int drop_line = 0;
  std::vector<Node> nodes;
  std::vector<std::string> unused;
  std::string end_column;  // Of ends that may be left out.

  // Where the mapping says that bad ends may be left out, one before its start is.
  void LeaveOutEnd(v1::ContactEvent& event, MappingCounts& counts) const {
    if (end_column.empty() || !event.data().has_ended_at() || !event.data().has_occurred_at())
      return;
    const auto at = [](const google::protobuf::Timestamp& time) {
      return std::pair(time.seconds(), time.nanos());
    };
    if (at(event.data().ended_at()) >= at(event.data().occurred_at())) return;
    ++counts.left_out[end_column];
    event.mutable_data()->clear_ended_at();
  }
  void FindEndColumn() {
    for (const Node& data : nodes) {
      if (data.field->name() != "data") continue;
      for (const Node& node : data.fields) {
        if (node.field->name() == "ended_at" && node.leave_out) end_column = node.value.Name();
      }
    }
  }

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

std::variant<Mapping, MappingFault> Mapping::Read(const std::string& path, absl::Time now) {
  const auto read = ReadMappingFile(path);
  if (const auto* unread = std::get_if<MappingFault>(&read)) return *unread;
  auto impl = std::make_unique<Impl>();
  absl::TimeZone zone;
  absl::LoadTimeZone(kDefaultZone, &zone);
  std::vector<std::string> formats;
  int years = 0;
  const toml::table* event = nullptr;
  for (const auto& [key, value] : std::get<toml::table>(read)) {
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
    } else if ((name == "times" || name == "drop" || name == "optional") && array != nullptr) {
      auto& list = name == "times" ? formats : name == "drop" ? impl->drop : impl->optional;
      for (const toml::node& one : *array) list.push_back(one.value_or(std::string()));
      if (name == "drop") impl->drop_line = LineOf(value);
      const auto bad = std::find_if_not(formats.begin(), formats.end(), IsTimeFormat);
      if (bad != formats.end()) return MappingFault{Kind::kBadFormat, LineOf(value), *bad};
    } else {
      return MappingFault{Kind::kUnknownOption, LineOf(value), name,
                          "event, file, zone, times, years, drop, optional"};
    }
  }
  if (event == nullptr) return MappingFault{Kind::kMissing, 0, "[event]"};
  Compiler compiler(zone, formats, years, now);
  impl->nodes = compiler.Fields(*event, *v1::ContactEvent::descriptor());
  if (compiler.fault) return *compiler.fault;
  impl->FindEndColumn();
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
  bool known = false;
  ForColumns(impl_->nodes, [&](const Node&, Template::Piece& piece) {
    known = known || std::find(header.begin(), header.end(), piece.text) != header.end();
  });
  // Else it may be the first line of a file without a header: somebody's data.
  const std::string all = known ? absl::StrJoin(header, ", ") : "…";
  ForColumns(impl_->nodes, [&](const Node& node, Template::Piece& piece) {
    const auto at = std::find(header.begin(), header.end(), piece.text);
    const auto& drop = impl_->drop;
    const auto& optional = impl_->optional;
    if (fault) return;
    piece.index = header.size();  // Never there.
    if (at == header.end() &&
        std::find(optional.begin(), optional.end(), piece.text) != optional.end()) {
      return;
    }
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
  if (auto fault = FillEvent(impl_->nodes, cells, event, counts)) return *std::move(fault);
  impl_->LeaveOutEnd(event, counts);
  if (event.source().empty()) return RowFault{"source", Reason::kMissing};
  if (event.event_id().empty()) return RowFault{"event_id", Reason::kMissing};
  return event;
}

char Mapping::separator() const { return impl_->separator; }
const std::string& Mapping::encoding() const { return impl_->encoding; }

}  // namespace klantbeeld::adapters
