# Headers of others, and those that protoc makes, are read once for many
# sources: half of what a build takes. Ours are never among them, and a source
# includes what it uses: it builds with CMAKE_DISABLE_PRECOMPILE_HEADERS=ON too.
set(KLANTBEELD_HEADERS
  <algorithm> <functional> <map> <memory> <optional> <set> <string> <unordered_map> <utility> <variant>
  <vector> <absl/status/statusor.h> <absl/strings/ascii.h> <absl/strings/match.h> <absl/strings/str_cat.h>
  <absl/strings/str_join.h> <absl/strings/str_split.h> <absl/synchronization/mutex.h> <absl/time/time.h>
  <klantbeeld/v1/contact.pb.h>)
set(KLANTBEELD_STORE_HEADERS ${KLANTBEELD_HEADERS}
  <absl/container/btree_map.h> <absl/container/flat_hash_map.h> <absl/container/flat_hash_set.h>
  <absl/functional/any_invocable.h> <absl/functional/function_ref.h> <store/format.pb.h>
  <store/identity/model.pb.h>)
set(KLANTBEELD_SERVICE_MESSAGES
  <klantbeeld/v1/citizen_service.pb.h> <klantbeeld/v1/contact_service.pb.h> <klantbeeld/v1/feed_service.pb.h>
  <klantbeeld/v1/history_service.pb.h> <klantbeeld/v1/identity_service.pb.h>)

# klantbeeld_headers(name libs... HEADERS headers...): what many targets share has
# a target of its own, so that one that is built alone needs no other.
file(CONFIGURE OUTPUT empty.cc CONTENT "")
function(klantbeeld_headers name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "HEADERS")
  add_library(${name} OBJECT ${CMAKE_BINARY_DIR}/empty.cc)
  klantbeeld_strict(${name})
  target_link_libraries(${name} PRIVATE ${arg_UNPARSED_ARGUMENTS})
  target_precompile_headers(${name} PRIVATE ${arg_HEADERS})
endfunction()
