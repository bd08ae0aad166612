#include "store/db_pace.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/options.h>
#include <rocksdb/rate_limiter.h>
#include <rocksdb/sst_file_reader.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"

namespace klantbeeld::store {
namespace {

// The reads of one file, each at its pace.
class PacedFile : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  PacedFile(std::unique_ptr<rocksdb::FSRandomAccessFile> file, uint64_t size, Pace& pace)
      : FSRandomAccessFileOwnerWrapper(std::move(file)), size_(size), pace_(pace) {}

  rocksdb::IOStatus Read(uint64_t offset, size_t n, const rocksdb::IOOptions& options,
                         rocksdb::Slice* result, char* scratch,
                         rocksdb::IODebugContext* debug) const override {
    if (!Take(offset, n).ok()) return rocksdb::IOStatus::Aborted("stopped");
    return FSRandomAccessFileWrapper::Read(offset, n, options, result, scratch, debug);
  }
  rocksdb::IOStatus MultiRead(rocksdb::FSReadRequest* requests, size_t count,
                              const rocksdb::IOOptions& options,
                              rocksdb::IODebugContext* debug) override {
    for (size_t i = 0; i < count; ++i) {
      if (!Take(requests[i].offset, requests[i].len).ok()) {
        return rocksdb::IOStatus::Aborted("stopped");
      }
    }
    return FSRandomAccessFileWrapper::MultiRead(requests, count, options, debug);
  }
  // Would fill the kernel's cache unpaced; RocksDB then reads ahead by Read.
  rocksdb::IOStatus Prefetch(uint64_t, size_t, const rocksdb::IOOptions&,
                             rocksdb::IODebugContext*) override {
    return rocksdb::IOStatus::NotSupported("paced");
  }

 private:
  // Who reads ahead asks for more than there is.
  absl::Status Take(uint64_t offset, size_t n) const {
    return pace_.Take(std::min<uint64_t>(n, size_ - std::min(offset, size_)));
  }

  const uint64_t size_;
  Pace& pace_;
};

class PacedFiles : public rocksdb::FileSystemWrapper {
 public:
  explicit PacedFiles(Pace& pace)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), pace_(pace) {}
  const char* Name() const override { return "klantbeeld.paced"; }

  rocksdb::IOStatus NewRandomAccessFile(const std::string& name,
                                        const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                        rocksdb::IODebugContext* debug) override {
    rocksdb::FileOptions direct = options;
    direct.use_direct_reads = true;
    rocksdb::IOStatus opened = target()->NewRandomAccessFile(name, direct, file, debug);
    // File systems in memory have no other way than the cache.
    if (!opened.ok()) opened = target()->NewRandomAccessFile(name, options, file, debug);
    uint64_t size = 0;
    if (opened.ok()) opened = target()->GetFileSize(name, options.io_options, &size, debug);
    if (opened.ok()) *file = std::make_unique<PacedFile>(std::move(*file), size, pace_);
    return opened;
  }

 private:
  Pace& pace_;
};

}  // namespace

struct Pace::Impl {
  std::unique_ptr<rocksdb::RateLimiter> limiter;
  size_t piece = 0;  // Taken at once, at most.
  std::atomic<bool> stopped{false};
  std::unique_ptr<rocksdb::Env> env;
};

Pace::Pace(int64_t bytes_per_second) : impl_(std::make_unique<Impl>()) {
  constexpr int64_t kRefillMicros = 100'000;
  constexpr int32_t kFairness = 10;
  impl_->limiter.reset(rocksdb::NewGenericRateLimiter(bytes_per_second, kRefillMicros, kFairness,
                                                      rocksdb::RateLimiter::Mode::kAllIo));
  impl_->piece = static_cast<size_t>(std::max<int64_t>(impl_->limiter->GetSingleBurstBytes(), 1));
  impl_->env = rocksdb::NewCompositeEnv(std::make_shared<PacedFiles>(*this));
}

Pace::~Pace() = default;

absl::Status Pace::Take(size_t bytes) {
  while (bytes > 0 && !impl_->stopped) {
    const size_t part = std::min(bytes, impl_->piece);
    impl_->limiter->Request(static_cast<int64_t>(part), rocksdb::Env::IO_LOW, nullptr);
    bytes -= part;
  }
  return impl_->stopped ? absl::CancelledError("it was told to stop") : absl::OkStatus();
}

void Pace::Stop() {
  impl_->stopped = true;
  // So high that who waits now goes on at the next refill.
  impl_->limiter->SetBytesPerSecond(std::numeric_limits<int32_t>::max());
}

bool Pace::stopped() const { return impl_->stopped; }
int64_t Pace::bytes() const { return impl_->limiter->GetTotalBytesThrough(); }
rocksdb::Env* Pace::env() { return impl_->env.get(); }

absl::Status VerifyTable(const std::string& file, Pace& pace) {
  rocksdb::Options options;
  options.env = pace.env();
  rocksdb::SstFileReader reader(options);
  rocksdb::Status read = reader.Open(file);
  if (read.ok()) read = reader.VerifyChecksum();
  if (pace.stopped()) return absl::CancelledError("it was told to stop");
  if (read.ok()) return absl::OkStatus();
  const std::string message = absl::StrCat(file, ": ", read.ToString());
  return read.IsCorruption() ? absl::DataLossError(message) : absl::InternalError(message);
}

}  // namespace klantbeeld::store
