// What a register of persons says, or a gateway before it; and the file that
// stands in for one. The first byte chooses.
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "service/registry/brp_messages.h"
#include "service/registry/file_registry.h"
#include "store/identity/normalise.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/file.h"

namespace {

namespace registry = klantbeeld::registry;
using klantbeeld::Require;

const std::vector<std::string> kAsked = {"999990019", "999990020"};

// Of nobody but those who were asked for, and of each.
void Answers(const std::string& bytes) {
  const auto answers = registry::ReadAnswers(bytes, kAsked);
  if (!answers.ok()) return;
  Require(answers->size() == kAsked.size());
  for (size_t i = 0; i < kAsked.size(); ++i) Require((*answers)[i].bsn == kAsked[i]);
}

void Hits(const std::string& bytes) {
  const auto hits = registry::ReadHits(bytes);
  if (!hits.ok()) return;
  Require(hits->size() <= registry::kHitsMax);
  Require(absl::c_all_of(*hits, klantbeeld::store::PassesElevenTest));
}

// Of what came, at most a code of few letters goes into the message.
void Error(const std::string& bytes) {
  for (const long status : {200L, 302L, 400L, 401L, 429L, 500L, 504L}) {
    const absl::Status error = registry::ReadError(status, bytes, absl::ZeroDuration());
    Require(!error.ok() && error.message().size() < 300);
  }
}

void FromFile(const std::string& bytes) {
  const klantbeeld::File file(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  const auto opened = registry::OpenFileRegistry(file.path());
  Require(opened.ok() || absl::IsInvalidArgument(opened.status()));
}

constexpr std::array kReaders = {&Answers, &Hits, &Error, &FromFile};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  kReaders[data[0] % kReaders.size()](
      std::string(reinterpret_cast<const char*>(data) + 1, size - 1));
  return 0;
}
