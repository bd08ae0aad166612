#include "service/config.h"

#include <toml++/toml.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>
#include <variant>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace klantbeeld::service {
namespace {

constexpr absl::string_view kSeverities[] = {"debug", "info", "warning", "error"};

using Text = std::function<std::string&(Config&)>;
using List = std::function<absl::btree_set<std::string>&(Config&)>;

// A whole number with its bounds; `scale` is what one of its units holds.
struct Number {
  std::function<int64_t(const Config&)> get;
  std::function<void(Config&, int64_t)> set;
  int64_t min;
  int64_t max;
};

struct Key {
  absl::string_view name;
  std::variant<Text, Number, List> kind;
};

template <typename T>
Number Count(T Limits::*member, int64_t min, int64_t max) {
  return {[member](const Config& c) { return static_cast<int64_t>(c.limits.*member); },
          [member](Config& c, int64_t value) { c.limits.*member = static_cast<T>(value); }, min,
          max};
}

template <typename Part>
Number Millis(Part Config::*part, absl::Duration Part::*member, int64_t min, int64_t max) {
  return {[=](const Config& c) { return absl::ToInt64Milliseconds(c.*part.*member); },
          [=](Config& c, int64_t value) { c.*part.*member = absl::Milliseconds(value); }, min, max};
}

Text Registry(std::string registry::Settings::*member) {
  return [member](Config& c) -> std::string& { return c.registry.*member; };
}

List Nobodys(absl::btree_set<std::string> store::NobodysLists::*member) {
  return [member](Config& c) -> absl::btree_set<std::string>& { return c.nobodys.*member; };
}

template <typename Part, typename T>
Number Store(Part Config::*part, T Part::*member, int64_t scale, int64_t min, int64_t max) {
  return {[=](const Config& c) { return static_cast<int64_t>(c.*part.*member) / scale; },
          [=](Config& c, int64_t value) { c.*part.*member = static_cast<T>(value * scale); }, min,
          max};
}

std::vector<Key> MakeKeys() {
  constexpr int64_t kMiB = 1 << 20;
  constexpr int64_t kDayMs = 86'400'000;
  return {
      {"data", Text([](Config& c) -> std::string& { return c.data; })},
      {"keys", Text([](Config& c) -> std::string& { return c.keys; })},
      {"socket", Text([](Config& c) -> std::string& { return c.socket; })},
      {"socket_group", Text([](Config& c) -> std::string& { return c.socket_group; })},
      {"tcp", Text([](Config& c) -> std::string& { return c.tcp; })},
      {"backups", Text([](Config& c) -> std::string& { return c.backups; })},
      {"metrics", Text([](Config& c) -> std::string& { return c.metrics; })},
      {"limits.connections_max", Count(&Limits::connections_max, 1, 100'000)},
      {"limits.streams_per_connection_max", Count(&Limits::streams_per_connection_max, 1, 100'000)},
      {"limits.reads_in_flight_max", Count(&Limits::reads_in_flight_max, 1, 1'000'000)},
      {"limits.writes_in_flight_max", Count(&Limits::writes_in_flight_max, 1, 1'000'000)},
      {"limits.record_streams_max", Count(&Limits::record_streams_max, 1, 100'000)},
      {"limits.followers_max", Count(&Limits::followers_max, 0, 100'000)},
      {"limits.watchers_max", Count(&Limits::watchers_max, 0, 100'000)},
      {"limits.stream_events_max", Count(&Limits::stream_events_max, 1, 100'000)},
      {"limits.frame_cache_mib",
       Store(&Config::limits, &Limits::frame_cache_bytes_max, kMiB, 0, 1 << 16)},
      {"limits.bookmark_idle_ms", Millis(&Config::limits, &Limits::bookmark_idle, 10, kDayMs)},
      {"limits.follower_stall_ms", Millis(&Config::limits, &Limits::follower_stall_max, 50, kDayMs)},
      {"limits.stream_hold_ms", Millis(&Config::limits, &Limits::stream_hold_max, 0, kDayMs)},
      {"limits.unary_deadline_ms", Millis(&Config::limits, &Limits::unary_deadline, 10, kDayMs)},
      {"limits.drain_ms", Millis(&Config::limits, &Limits::drain_max, 100, 60'000)},
      {"store.memtable_mib",
       Store(&Config::db, &store::Db::Options::memtable_bytes, kMiB, 1, 4096)},
      {"store.block_cache_mib",
       Store(&Config::db, &store::Db::Options::block_cache_bytes, kMiB, 1, 1 << 20)},
      {"store.disk_reserve_mib",
       Store(&Config::db, &store::Db::Options::disk_reserve_bytes, kMiB, 0, 1 << 24)},
      {"store.group_facts_max",
       Store(&Config::sequencer, &store::Sequencer::Limits::group_facts_max, 1, 1, 100'000)},
      {"store.group_kib",
       Store(&Config::sequencer, &store::Sequencer::Limits::group_bytes_max, 1024, 1, 64 << 10)},
      {"store.queue_kib",
       Store(&Config::sequencer, &store::Sequencer::Limits::queue_bytes_max, 1024, 1, 16 << 20)},
      {"registry.file", Registry(&registry::Settings::file)},
      {"registry.url", Registry(&registry::Settings::url)},
      {"registry.key_file", Registry(&registry::Settings::key_file)},
      {"registry.certificate", Registry(&registry::Settings::certificate)},
      {"registry.certificate_key", Registry(&registry::Settings::certificate_key)},
      {"registry.authorities", Registry(&registry::Settings::authorities)},
      {"registry.timeout_ms",
       Millis(&Config::registry, &registry::Settings::timeout, 10, 60'000)},
      {"registry.budget_ms", Millis(&Config::registry, &registry::Settings::budget, 0, 10'000)},
      {"nobodys.phones", Nobodys(&store::NobodysLists::phones)},
      {"nobodys.emails", Nobodys(&store::NobodysLists::emails)},
      {"nobodys.local_parts", Nobodys(&store::NobodysLists::local_parts)},
      {"nobodys.domains", Nobodys(&store::NobodysLists::domains)},
      {"nobodys.values", Nobodys(&store::NobodysLists::values)},
  };
}

const std::vector<Key>& Keys() {
  static const auto* keys = new std::vector<Key>(MakeKeys());
  return *keys;
}

std::string Quoted(absl::string_view text) { return absl::StrCat("\"", text, "\""); }

absl::Status SetLog(Config& config, absl::string_view value) {
  for (int i = 0; i < 4; ++i) {
    if (value == kSeverities[i]) {
      config.log = static_cast<Severity>(i);
      return absl::OkStatus();
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("log = ", Quoted(value), ": must be debug, info, warning or error"));
}

absl::Status SetSync(Config& config, absl::string_view value) {
  if (!absl::SimpleAtob(std::string(value), &config.db.sync)) {
    return absl::InvalidArgumentError(
        absl::StrCat("store.sync = ", Quoted(value), ": must be true or false"));
  }
  return absl::OkStatus();
}

// As values are compared.
std::string Listed(absl::string_view text) {
  return absl::AsciiStrToLower(absl::StripAsciiWhitespace(text));
}

// Sets one key; a number comes as its digits, a list with commas between.
absl::Status Set(Config& config, absl::string_view name, absl::string_view value) {
  if (name == "log") return SetLog(config, value);
  if (name == "store.sync") return SetSync(config, value);
  for (const Key& key : Keys()) {
    if (key.name != name) continue;
    if (const auto* text = std::get_if<Text>(&key.kind)) {
      (*text)(config) = std::string(value);
      return absl::OkStatus();
    }
    if (const auto* list = std::get_if<List>(&key.kind)) {
      auto& values = (*list)(config);
      values.clear();
      for (const absl::string_view one : absl::StrSplit(value, ',', absl::SkipWhitespace())) {
        values.insert(Listed(one));
      }
      return absl::OkStatus();
    }
    const Number& number = std::get<Number>(key.kind);
    int64_t parsed = 0;
    if (!absl::SimpleAtoi(value, &parsed) || parsed < number.min || parsed > number.max) {
      return absl::InvalidArgumentError(absl::StrCat(
          name, " = ", value, ": must be a whole number, ", number.min, "..", number.max));
    }
    number.set(config, parsed);
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(name, ": there is no such key"));
}

const Key* Find(absl::string_view name) {
  for (const Key& key : Keys()) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

absl::Status SetList(const List& list, Config& config, const std::string& name,
                     const toml::node& node) {
  const toml::array* array = node.as_array();
  auto& values = list(config);
  values.clear();
  for (size_t i = 0; array != nullptr && i < array->size(); ++i) {
    const auto* text = array->get(i)->as_string();
    if (text == nullptr) array = nullptr;
    if (text != nullptr) values.insert(Listed(text->get()));
  }
  if (array != nullptr) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(name, ": must be a list of texts in quotes, [\"…\", \"…\"]"));
}

absl::Status SetNode(Config& config, const std::string& name, const toml::node& node) {
  const Key* key = Find(name);
  if (key != nullptr && std::holds_alternative<List>(key->kind)) {
    return SetList(std::get<List>(key->kind), config, name, node);
  }
  const bool is_text =
      name == "log" || (key != nullptr && std::holds_alternative<Text>(key->kind));
  if (const auto* text = node.as_string(); text != nullptr && is_text) {
    return Set(config, name, text->get());
  }
  if (const auto* number = node.as_integer(); number != nullptr && !is_text) {
    return Set(config, name, absl::StrCat(number->get()));
  }
  if (const auto* truth = node.as_boolean(); truth != nullptr && name == "store.sync") {
    return Set(config, name, truth->get() ? "true" : "false");
  }
  const absl::Status known = Set(config, name, "0");
  if (!known.ok() && absl::StrContains(known.message(), "no such key")) return known;
  return absl::InvalidArgumentError(
      absl::StrCat(name, ": must be ", is_text ? "text in quotes" : "a whole number"));
}

absl::Status SetTable(Config& config, const std::string& prefix, const toml::table& table) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    const toml::table* inner = node.as_table();
    const absl::Status status = inner != nullptr && prefix.empty()
                                    ? SetTable(config, name + ".", *inner)
                                    : SetNode(config, name, node);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// "127.0.0.1:9464", "[::1]:9464" or "localhost:9464".
bool IsLoopback(absl::string_view address) {
  const size_t colon = address.rfind(':');
  if (colon == absl::string_view::npos) return false;
  int port = 0;
  if (!absl::SimpleAtoi(address.substr(colon + 1), &port) || port < 0 || port > 65535) return false;
  const absl::string_view host = address.substr(0, colon);
  return host == "127.0.0.1" || host == "[::1]" || host == "localhost";
}

absl::Status CheckLoopback(absl::string_view key, absl::string_view address) {
  if (address.empty() || IsLoopback(address)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      key, " = ", Quoted(address), ": must be an address of this machine itself, 127.0.0.1:PORT"));
}

bool IsInside(const std::string& file, const std::string& directory) {
  std::error_code error;
  const auto outer = std::filesystem::weakly_canonical(directory, error);
  const auto inner = std::filesystem::weakly_canonical(file, error);
  const auto relative = inner.lexically_relative(outer);
  return !relative.empty() && *relative.begin() != "..";
}

}  // namespace

absl::Status Config::ValidatePlaces() const {
  if (data.empty()) return absl::InvalidArgumentError("data: is required, the store's directory");
  if (keys.empty()) return absl::InvalidArgumentError("keys: is required, the key file");
  if (IsInside(keys, data)) {
    return absl::InvalidArgumentError(
        absl::StrCat("keys = ", Quoted(keys), " lies in data = ", Quoted(data),
                     ": keys must lie elsewhere, or whoever copies the data has both"));
  }
  return absl::OkStatus();
}

absl::Status Config::Validate() const {
  if (auto status = ValidatePlaces(); !status.ok()) return status;
  if (socket.empty() && tcp.empty()) {
    return absl::InvalidArgumentError("socket: is required, or tcp for development");
  }
  if (!socket_group.empty() && socket.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("socket_group = ", Quoted(socket_group), ": there is no socket"));
  }
  if (auto status = CheckLoopback("tcp", tcp); !status.ok()) return status;
  if (auto status = CheckLoopback("metrics", metrics); !status.ok()) return status;
  if (!backups.empty() && IsInside(backups, data)) {
    return absl::InvalidArgumentError(
        absl::StrCat("backups = ", Quoted(backups), " lies in data = ", Quoted(data),
                     ": backups must lie elsewhere, or they are lost with the data"));
  }
  if (auto status = registry.Validate(); !status.ok()) return status;
  if (auto status = nobodys.Validate(); !status.ok()) return status;
  if (sequencer.group_bytes_max > sequencer.queue_bytes_max) {
    return absl::InvalidArgumentError(
        absl::StrCat("store.group_kib = ", sequencer.group_bytes_max >> 10,
                     " is more than store.queue_kib = ", sequencer.queue_bytes_max >> 10));
  }
  if (limits.bookmark_idle >= limits.follower_stall_max) {
    return absl::InvalidArgumentError(
        absl::StrCat("limits.bookmark_idle_ms = ", absl::ToInt64Milliseconds(limits.bookmark_idle),
                     " is not less than limits.follower_stall_ms = ",
                     absl::ToInt64Milliseconds(limits.follower_stall_max)));
  }
  return absl::OkStatus();
}

absl::StatusOr<Config> ParseConfig(absl::string_view toml, absl::string_view name,
                                   const std::vector<Override>& settings) {
  Config config;
  try {
    const toml::table table = toml::parse(std::string_view(toml.data(), toml.size()));
    const absl::Status status = SetTable(config, "", table);
    if (!status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(name, ": ", status.message()));
    }
  } catch (const toml::parse_error& error) {
    return absl::InvalidArgumentError(absl::StrCat(name, ", line ", error.source().begin.line, ": ",
                                                   std::string(error.description())));
  }
  for (const auto& [key, value] : settings) {
    if (auto status = Set(config, key, value); !status.ok()) return status;
  }
  return config;
}

absl::StatusOr<Config> LoadConfig(const std::string& path, const std::vector<Override>& settings) {
  if (path.empty()) return ParseConfig("", "", settings);
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return absl::InvalidArgumentError(absl::StrCat(path, ": cannot be read"));
  return ParseConfig(text.str(), path, settings);
}

std::string ShowConfig(const Config& config) {
  toml::table root;
  const auto table_of = [&root](absl::string_view& name) -> toml::table& {
    const size_t dot = name.find('.');
    if (dot == absl::string_view::npos) return root;
    const std::string outer(name.substr(0, dot));
    name.remove_prefix(dot + 1);
    root.insert(outer, toml::table{});
    return *root[outer].as_table();
  };
  Config copy = config;
  for (const Key& key : Keys()) {
    absl::string_view name = key.name;
    toml::table& table = table_of(name);
    if (const auto* text = std::get_if<Text>(&key.kind)) {
      if (!(*text)(copy).empty()) table.insert(std::string(name), (*text)(copy));
    } else if (const auto* list = std::get_if<List>(&key.kind)) {
      toml::array values;
      for (const std::string& value : (*list)(copy)) values.push_back(value);
      table.insert(std::string(name), std::move(values));
    } else {
      table.insert(std::string(name), std::get<Number>(key.kind).get(config));
    }
  }
  root.insert("log", std::string(kSeverities[static_cast<size_t>(config.log)]));
  root["store"].as_table()->insert("sync", config.db.sync);
  std::ostringstream out;
  out << root << "\n";
  return out.str();
}

}  // namespace klantbeeld::service
