#include "store/sealer.h"

#include <zstd.h>

#include <memory>

#include "absl/strings/str_cat.h"

namespace klantbeeld::store {
namespace {

// First byte of sealed bytes.
constexpr char kPlain = 1;
constexpr char kZstd = 2;
// Below this a frame's own overhead eats the gain, and RocksDB's block
// compression sees the neighbours as well.
constexpr size_t kCompressFrom = 1024;
constexpr size_t kOpenedMax = 64 << 20;

struct FreeContexts {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

absl::Status Damaged(const SealedPlace& place, absl::string_view why) {
  return absl::DataLossError(
      absl::StrCat("sealed bytes of section ", place.section, " do not open: ", why));
}

}  // namespace

std::string Seal(const SealedPlace&, absl::string_view plain) {
  std::string sealed(1, kPlain);
  if (plain.size() < kCompressFrom) return sealed.append(plain.data(), plain.size());
  thread_local std::unique_ptr<ZSTD_CCtx, FreeContexts> context(ZSTD_createCCtx());
  sealed.resize(1 + ZSTD_compressBound(plain.size()));
  const size_t size = ZSTD_compressCCtx(context.get(), sealed.data() + 1, sealed.size() - 1,
                                        plain.data(), plain.size(), 1);
  if (ZSTD_isError(size) || size >= plain.size()) {
    sealed.assign(1, kPlain);
    return sealed.append(plain.data(), plain.size());
  }
  sealed.resize(1 + size);
  sealed[0] = kZstd;
  return sealed;
}

absl::StatusOr<absl::string_view> Unseal(const SealedPlace& place, absl::string_view sealed,
                                         std::string& scratch) {
  if (sealed.empty()) return Damaged(place, "empty");
  const absl::string_view body = sealed.substr(1);
  if (sealed[0] == kPlain) return body;
  if (sealed[0] != kZstd) return Damaged(place, "written by a newer version");
  const unsigned long long size = ZSTD_getFrameContentSize(body.data(), body.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > kOpenedMax) {
    return Damaged(place, "bad frame");
  }
  thread_local std::unique_ptr<ZSTD_DCtx, FreeContexts> context(ZSTD_createDCtx());
  scratch.resize(size);
  const size_t got =
      ZSTD_decompressDCtx(context.get(), scratch.data(), size, body.data(), body.size());
  if (ZSTD_isError(got) || got != size) return Damaged(place, "bad frame");
  return absl::string_view(scratch);
}

}  // namespace klantbeeld::store
