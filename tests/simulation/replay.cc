#include "tests/simulation/replay.h"

#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "store/check.h"
#include "store/identity/decide.h"
#include "store/identity/model.h"
#include "store/journal.h"
#include "store/open.h"
#include "store/prepare.h"
#include "store/status_macros.h"
#include "tests/simulation/machine.h"
#include "tests/store/history.h"

namespace klantbeeld::simulation {
namespace {

store::Db::Options Small() {
  store::Db::Options options;
  options.sync = false;
  options.memtable_bytes = 1 << 20;
  options.block_cache_bytes = 1 << 20;
  return options;
}

absl::StatusOr<store::LooseFact> FactOf(const store::Keys& keys, const store::Reader& reader,
                                        const Request& request) {
  if (const auto* event = std::get_if<v1::ContactEvent>(&request.what)) {
    KB_ASSIGN_OR_RETURN(const auto prepared, store::PrepareEvent(keys, *event));
    return store::FactOf(prepared);
  }
  const auto* link = std::get_if<v1::LinkRequest>(&request.what);
  KB_ASSIGN_OR_RETURN(
      auto fact, link != nullptr
                     ? store::ListLink(keys, reader, *link)
                     : store::ListUnlink(keys, store::ShippedModel(), reader,
                                         std::get<v1::UnlinkRequest>(request.what)));
  store::LooseFact loose = store::FactOf(fact);
  // As the store takes it.
  const std::string content = link != nullptr
                                  ? link->SerializeAsString()
                                  : std::get<v1::UnlinkRequest>(request.what).SerializeAsString();
  loose.header.set_content_hash(std::string(store::View(keys.IdOf("content", content))));
  return loose;
}

}  // namespace

absl::Status CheckRows(const std::string& dir, const std::string& scratch) {
  const store::Keys keys = SimulationKeys();
  KB_ASSIGN_OR_RETURN(const auto rows, store::OpenRows(dir, Small(), keys));
  KB_ASSIGN_OR_RETURN(const auto acknowledged,
                      store::Acknowledged::Open(store::AcknowledgedPath(dir)));
  KB_ASSIGN_OR_RETURN(const auto head, store::ReadHead(*rows.db));
  KB_RETURN_IF_ERROR(store::CheckAcknowledged(*rows.db, head, acknowledged->noted()));
  KB_ASSIGN_OR_RETURN(const auto replay, store::Db::Open(scratch, Small(), false));
  KB_ASSIGN_OR_RETURN(const auto result,
                      store::CompareWithReplay(*rows.db, keys, *replay, [](const store::Stride&) {
                        return absl::OkStatus();
                      }));
  if (!result.ok()) return absl::DataLossError(absl::StrJoin(result.first_differences, "; "));
  return rows.db->VerifyChecksums();
}

absl::Status CompareWithFresh(const std::string& dir, const std::vector<const Request*>& facts) {
  const store::Keys keys = SimulationKeys();
  const store::NoRows none;
  store::Batch fresh(&none);
  store::format::Head head;
  for (const Request* request : facts) {
    KB_ASSIGN_OR_RETURN(const auto fact, FactOf(keys, fresh, *request));
    KB_RETURN_IF_ERROR(store::Append(keys, fresh, head, fact));
  }
  KB_ASSIGN_OR_RETURN(const auto rows, store::OpenRows(dir, Small(), keys));
  const std::vector<std::string> got = absl::StrSplit(store::DumpOf(*rows.db), '\n');
  const std::vector<std::string> want = absl::StrSplit(store::DumpOf(fresh), '\n');
  for (size_t i = 0; i < std::max(got.size(), want.size()); ++i) {
    const std::string line = i < got.size() ? got[i] : "(end)";
    const std::string other = i < want.size() ? want[i] : "(end)";
    if (line != other) return absl::DataLossError(absl::StrCat(line, "\nis to be\n", other));
  }
  return absl::OkStatus();
}

}  // namespace klantbeeld::simulation
