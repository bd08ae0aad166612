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
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"

namespace klantbeeld::adapters {
namespace {

constexpr size_t kBlockBytes = 64 << 10;
constexpr int kIdleMs = 200;
constexpr size_t kMarkBytes = 4;

constexpr absl::string_view kGzipMark = "\x1F\x8B";
constexpr absl::string_view kZstdMark = "\x28\xB5\x2F\xFD";

absl::Status Broken(absl::string_view packing) {
  return absl::DataLossError(absl::StrCat(packing, ": the file is damaged or cut off"));
}

// Unpacks a stream of bytes in steps of bounded size, since a small file can
// hold a very large one.
class Packing {
 public:
  virtual ~Packing() = default;
  // Takes from the front of `in` and gives what that unpacks to, at most what
  // `space` holds. A full space: there may be more, even without more input.
  virtual absl::StatusOr<size_t> Step(absl::string_view& in, absl::Span<char> space) = 0;
  // At the end of the input: an error where the stream goes on.
  virtual absl::Status End() const = 0;
};

class Plain : public Packing {
 public:
  absl::StatusOr<size_t> Step(absl::string_view& in, absl::Span<char> space) override {
    const size_t size = std::min(in.size(), space.size());
    std::copy_n(in.data(), size, space.data());
    in.remove_prefix(size);
    return size;
  }
  absl::Status End() const override { return absl::OkStatus(); }
};

class Gzip : public Packing {
 public:
  Gzip() { ready_ = inflateInit2(&stream_, 15 + 16) == Z_OK; }
  ~Gzip() override { inflateEnd(&stream_); }
  absl::StatusOr<size_t> Step(absl::string_view& in, absl::Span<char> space) override {
    // Files are often several streams, one behind the other.
    if (!in.empty() && std::exchange(ended_, false)) inflateReset(&stream_);
    if (!ready_ || ended_) return 0;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = reinterpret_cast<Bytef*>(space.data());
    stream_.avail_out = static_cast<uInt>(space.size());
    const int code = inflate(&stream_, Z_NO_FLUSH);
    // Z_BUF_ERROR: there was nothing more to give after all.
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) return Broken("gzip");
    in.remove_prefix(in.size() - stream_.avail_in);
    ended_ = code == Z_STREAM_END;
    return space.size() - stream_.avail_out;
  }
  absl::Status End() const override { return ended_ ? absl::OkStatus() : Broken("gzip"); }

 private:
  z_stream stream_{};
  bool ready_ = false;
  bool ended_ = false;
};

class Zstd : public Packing {
 public:
  absl::StatusOr<size_t> Step(absl::string_view& in, absl::Span<char> space) override {
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    ZSTD_outBuffer output{space.data(), space.size(), 0};
    const size_t left = ZSTD_decompressStream(stream_.get(), &output, &input);
    if (ZSTD_isError(left)) return Broken("zstd");
    // A call that did nothing asks for the head of a next frame.
    if (input.pos > 0 || output.pos > 0) left_ = left;
    in.remove_prefix(input.pos);
    return output.pos;
  }
  absl::Status End() const override { return left_ == 0 ? absl::OkStatus() : Broken("zstd"); }

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
  bool file_ended = false, decided = false, ended = false;
  bool held = false;  // The block in `text` was looked at and not taken.
  std::unique_ptr<Packing> packing;
  std::optional<ToUtf8> converter;
  std::string raw = std::string(kBlockBytes, '\0');
  absl::string_view packed;  // Of `raw` or `head`, not yet unpacked.
  std::string head;          // First bytes, until it is known what they are.
  bool more = false;         // The unpacked block was full.
  std::string unpacked = std::string(kBlockBytes, '\0');
  std::string mark;  // First unpacked bytes, until the character set is known.
  std::string text;

  ~Impl() {
    if (fd > STDIN_FILENO) close(fd);
  }

  // False: nothing came for a while, or a signal did.
  absl::StatusOr<bool> Read() {
    pollfd waiting{fd, POLLIN, 0};
    if (poll(&waiting, 1, kIdleMs) <= 0) return false;
    const ssize_t got = read(fd, raw.data(), raw.size());
    if (got < 0 && errno == EINTR) return false;
    if (got < 0) return absl::NotFoundError(std::strerror(errno));
    taken += static_cast<uint64_t>(got);
    file_ended = got == 0;
    packed = absl::string_view(raw.data(), static_cast<size_t>(got));
    if (packing == nullptr) {
      head.append(packed.data(), packed.size());
      packed = {};
      if (head.size() >= kMarkBytes || file_ended) Begin();
    }
    return true;
  }

  void Begin() {
    if (absl::StartsWith(head, kGzipMark)) {
      packing = std::make_unique<Gzip>();
    } else if (absl::StartsWith(head, kZstdMark)) {
      packing = std::make_unique<Zstd>();
    } else {
      packing = std::make_unique<Plain>();
    }
    packed = head;
  }

  // What was stated gives way to a mark that leaves no doubt.
  void Decide() {
    if (absl::StartsWith(mark, kUtf8Mark)) {
      encoding.clear();
      mark.erase(0, kUtf8Mark.size());
    } else if (absl::StartsWith(mark, "\xFF\xFE") || absl::StartsWith(mark, "\xFE\xFF")) {
      encoding = mark.front() == '\xFF' ? "UTF-16LE" : "UTF-16BE";
      mark.erase(0, 2);
    }
    if (!encoding.empty()) converter = ToUtf8::From(encoding);
    decided = true;
  }

  void Decode(absl::string_view bytes) {
    text.clear();
    std::string first;
    if (!decided) {
      mark.append(bytes.data(), bytes.size());
      if (mark.size() < kMarkBytes && !ended) return;
      Decide();
      first = std::exchange(mark, {});
      bytes = first;
    }
    if (converter) {
      converter->Add(bytes, ended, text);
    } else {
      text.assign(bytes.data(), bytes.size());
    }
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
  if (std::exchange(impl.held, false)) {
    block = impl.text;
    return Got::kBlock;
  }
  while (!impl.ended) {
    if (impl.packed.empty() && !impl.more && !impl.file_ended) {
      const auto came = impl.Read();
      if (!came.ok()) return came.status();
      if (!*came) return Got::kIdle;
      if (impl.packing == nullptr) continue;
    }
    const absl::Span<char> space(impl.unpacked.data(), impl.unpacked.size());
    const auto size = impl.packing->Step(impl.packed, space);
    if (!size.ok()) return size.status();
    impl.more = *size == space.size();
    impl.ended = impl.file_ended && impl.packed.empty() && !impl.more;
    if (impl.ended) {
      if (const absl::Status status = impl.packing->End(); !status.ok()) return status;
    }
    impl.Decode({impl.unpacked.data(), *size});
    if (impl.text.empty()) continue;
    block = impl.text;
    return Got::kBlock;
  }
  return Got::kEnd;
}

absl::StatusOr<char> Source::First() {
  absl::string_view block;
  for (;;) {
    const auto got = Next(block);
    if (!got.ok()) return got.status();
    if (*got == Got::kEnd) return '\0';
    if (*got == Got::kBlock) break;
  }
  impl_->held = true;
  block = absl::StripLeadingAsciiWhitespace(block);
  return block.empty() ? '\0' : block.front();
}

uint64_t Source::bytes_read() const { return impl_->taken; }
uint64_t Source::bytes_total() const { return impl_->total; }
unsigned Source::mode() const { return impl_->mode; }

}  // namespace klantbeeld::adapters
