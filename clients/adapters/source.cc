#include "clients/adapters/source.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unicode/ucnv.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace klantbeeld::adapters {
namespace {

constexpr size_t kBlockBytes = 64 << 10;
constexpr int kIdleMs = 200;
constexpr size_t kMarkBytes = 4;

constexpr absl::string_view kUtf8Mark = "\xEF\xBB\xBF";
constexpr absl::string_view kGzipMark = "\x1F\x8B";
constexpr absl::string_view kZstdMark = "\x28\xB5\x2F\xFD";

absl::Status Broken(absl::string_view packing) {
  return absl::DataLossError(absl::StrCat(packing, ": the file is damaged or cut off"));
}

// Unpacks a stream of bytes. `Add` appends what `in` gives to `out`; `Finish`
// says whether the stream ended where it should.
class Packing {
 public:
  virtual ~Packing() = default;
  virtual absl::Status Add(absl::string_view in, std::string& out) = 0;
  virtual absl::Status Finish() = 0;
};

class Gzip : public Packing {
 public:
  Gzip() { ready_ = inflateInit2(&stream_, 15 + 16) == Z_OK; }
  ~Gzip() override { inflateEnd(&stream_); }
  absl::Status Add(absl::string_view in, std::string& out) override {
    std::array<Bytef, kBlockBytes> space;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(in.size());
    while (ready_ && stream_.avail_in > 0) {
      // Files are often several streams, one behind the other.
      if (std::exchange(ended_, false)) inflateReset(&stream_);
      stream_.next_out = space.data();
      stream_.avail_out = static_cast<uInt>(space.size());
      const int code = inflate(&stream_, Z_NO_FLUSH);
      if (code != Z_OK && code != Z_STREAM_END) return Broken("gzip");
      out.append(reinterpret_cast<char*>(space.data()), space.size() - stream_.avail_out);
      ended_ = code == Z_STREAM_END;
    }
    return absl::OkStatus();
  }
  absl::Status Finish() override { return ended_ ? absl::OkStatus() : Broken("gzip"); }

 private:
  z_stream stream_{};
  bool ready_ = false;
  bool ended_ = false;
};

class Zstd : public Packing {
 public:
  absl::Status Add(absl::string_view in, std::string& out) override {
    std::array<char, kBlockBytes> space;
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    for (bool more = true; more;) {
      ZSTD_outBuffer output{space.data(), space.size(), 0};
      const size_t before = input.pos;
      const size_t left = ZSTD_decompressStream(stream_.get(), &output, &input);
      if (ZSTD_isError(left)) return Broken("zstd");
      // A call that did nothing asks for the head of a next frame.
      if (input.pos > before || output.pos > 0) left_ = left;
      out.append(space.data(), output.pos);
      more = input.pos < input.size || output.pos == space.size();
    }
    return absl::OkStatus();
  }
  absl::Status Finish() override { return left_ == 0 ? absl::OkStatus() : Broken("zstd"); }

 private:
  struct Free {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };
  std::unique_ptr<ZSTD_DStream, Free> stream_{ZSTD_createDStream()};
  size_t left_ = 0;
};

struct CloseConverter {
  void operator()(UConverter* converter) const { ucnv_close(converter); }
};
using Converter = std::unique_ptr<UConverter, CloseConverter>;

// From one character set into UTF-8; what cannot be read becomes U+FFFD.
class ToUtf8 {
 public:
  static std::optional<ToUtf8> From(const std::string& encoding) {
    UErrorCode error = U_ZERO_ERROR;
    Converter from(ucnv_open(encoding.c_str(), &error));
    Converter to(ucnv_open("UTF-8", &error));
    if (U_FAILURE(error)) return std::nullopt;
    return ToUtf8(std::move(from), std::move(to));
  }
  void Add(absl::string_view in, bool end, std::string& out) {
    std::array<char, kBlockBytes> space;
    const char* at = in.data();
    for (;;) {
      char* target = space.data();
      UErrorCode error = U_ZERO_ERROR;
      ucnv_convertEx(to_.get(), from_.get(), &target, space.data() + space.size(), &at,
                     in.data() + in.size(), pivot_->data(), &pivot_from_, &pivot_to_,
                     pivot_->data() + pivot_->size(), 0, end, &error);
      out.append(space.data(), static_cast<size_t>(target - space.data()));
      if (error != U_BUFFER_OVERFLOW_ERROR) return;
    }
  }

 private:
  using Pivot = std::array<UChar, 4096>;
  ToUtf8(Converter from, Converter to) : from_(std::move(from)), to_(std::move(to)) {}
  Converter from_, to_;
  std::unique_ptr<Pivot> pivot_ = std::make_unique<Pivot>();
  UChar* pivot_from_ = pivot_->data();
  UChar* pivot_to_ = pivot_->data();
};

}  // namespace

struct Source::Impl {
  int fd = -1;
  std::string encoding;
  uint64_t total = 0, taken = 0;
  unsigned mode = 0600;
  bool begun = false, ended = false;
  std::unique_ptr<Packing> packing;
  std::optional<ToUtf8> converter;
  std::string raw = std::string(kBlockBytes, '\0');
  std::string head;      // First bytes, until it is known what they are.
  std::string unpacked;  // Of this block.
  std::string text;

  ~Impl() {
    if (fd > STDIN_FILENO) close(fd);
  }

  // Bytes read; 0 at the end, -1 when nothing came.
  absl::StatusOr<ssize_t> Read() {
    pollfd waiting{fd, POLLIN, 0};
    if (poll(&waiting, 1, kIdleMs) == 0) return -1;
    const ssize_t got = read(fd, raw.data(), raw.size());
    if (got < 0) return absl::NotFoundError(std::strerror(errno));
    taken += static_cast<uint64_t>(got);
    return got;
  }

  absl::Status Unpack(absl::string_view bytes, bool end) {
    unpacked.clear();
    if (packing == nullptr) {
      unpacked.assign(bytes.data(), bytes.size());
      return absl::OkStatus();
    }
    const absl::Status status = packing->Add(bytes, unpacked);
    return status.ok() && end ? packing->Finish() : status;
  }

  void Begin() {
    const absl::string_view bytes = head;
    if (absl::StartsWith(bytes, kGzipMark)) packing = std::make_unique<Gzip>();
    if (absl::StartsWith(bytes, kZstdMark)) packing = std::make_unique<Zstd>();
    begun = true;
  }

  bool decided = false;
  std::string mark;  // First unpacked bytes, until the character set is known.

  void Decide() {
    if (encoding.empty() && absl::StartsWith(mark, "\xFF\xFE")) encoding = "UTF-16LE";
    if (encoding.empty() && absl::StartsWith(mark, "\xFE\xFF")) encoding = "UTF-16BE";
    if (encoding == "UTF-16LE" || encoding == "UTF-16BE") {
      if (absl::StartsWith(mark, "\xFF\xFE") || absl::StartsWith(mark, "\xFE\xFF")) {
        mark.erase(0, 2);
      }
    }
    if (absl::StartsWith(mark, kUtf8Mark)) mark.erase(0, kUtf8Mark.size());
    if (!encoding.empty()) converter = ToUtf8::From(encoding);
    decided = true;
  }

  void Decode(bool end) {
    text.clear();
    absl::string_view bytes = unpacked;
    if (!decided) {
      mark += unpacked;
      if (mark.size() < kMarkBytes && !end) return;
      Decide();
      bytes = mark;
    }
    if (converter) {
      converter->Add(bytes, end, text);
    } else {
      text.assign(bytes.data(), bytes.size());
    }
    if (!mark.empty()) mark.clear();
  }
};

Source::Source(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Source::~Source() = default;

absl::StatusOr<std::unique_ptr<Source>> Source::Open(const std::string& path,
                                                     const std::string& encoding) {
  auto impl = std::make_unique<Impl>();
  if (!encoding.empty() && !ToUtf8::From(encoding)) {
    return absl::InvalidArgumentError(absl::StrCat("no character set is named ", encoding));
  }
  impl->encoding = encoding;
  impl->fd = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat file {};
  if (impl->fd < 0 || fstat(impl->fd, &file) != 0) return absl::NotFoundError(std::strerror(errno));
  if (S_ISDIR(file.st_mode)) return absl::NotFoundError(std::strerror(EISDIR));
  if (S_ISREG(file.st_mode)) {
    impl->total = static_cast<uint64_t>(file.st_size);
    impl->mode = file.st_mode & 0777;
  }
  return std::unique_ptr<Source>(new Source(std::move(impl)));
}

absl::StatusOr<Source::Got> Source::Next(absl::string_view& block) {
  Impl& impl = *impl_;
  while (!impl.ended) {
    const auto got = impl.Read();
    if (!got.ok()) return got.status();
    if (*got < 0) return Got::kIdle;
    impl.ended = *got == 0;
    absl::string_view bytes(impl.raw.data(), static_cast<size_t>(*got));
    if (!impl.begun) {
      impl.head.append(bytes.data(), bytes.size());
      if (impl.head.size() < kMarkBytes && !impl.ended) continue;
      impl.Begin();
      bytes = impl.head;
    }
    if (const absl::Status status = impl.Unpack(bytes, impl.ended); !status.ok()) return status;
    impl.head.clear();
    impl.Decode(impl.ended);
    if (impl.text.empty()) continue;
    block = impl.text;
    return Got::kBlock;
  }
  return Got::kEnd;
}

uint64_t Source::bytes_read() const { return impl_->taken; }
uint64_t Source::bytes_total() const { return impl_->total; }
unsigned Source::mode() const { return impl_->mode; }

}  // namespace klantbeeld::adapters
