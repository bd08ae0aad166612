// What each adapter makes of bytes that nobody meant. One program for all: the
// format is its build's KLANTBEELD_FUZZ_FORMAT.
#include <cstdint>
#include <string>
#include <variant>

#include "clients/adapters/formats.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/file.h"

namespace {

namespace adapters = klantbeeld::adapters;

constexpr char kMapping[] = KLANTBEELD_FUZZ_MAPPING;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const klantbeeld::File file(data, size);
  adapters::Options options;
  options.mapping = kMapping;
  auto opened = adapters::FindFormat(KLANTBEELD_FUZZ_FORMAT)->open(file.path(), options);
  auto* adapter = std::get_if<std::unique_ptr<adapters::Adapter>>(&opened);
  if (adapter == nullptr) return 0;
  std::string kept = (*adapter)->RejectedHeader();
  for (;;) {
    const auto item = (*adapter)->Next();
    if (!item.ok() || item->kind == adapters::Item::Kind::kEnd) break;
    if (item->kind == adapters::Item::Kind::kRejected) {
      kept += (*adapter)->RejectedLine(*item, "field", "reason");
    }
    // An event names itself, or the server could not tell it from another.
    klantbeeld::Require(item->kind != adapters::Item::Kind::kEvent || !KLANTBEELD_FUZZ_NAMED ||
                        !item->event.source().empty());
  }
  return 0;
}
