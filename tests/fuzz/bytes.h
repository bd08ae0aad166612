// Choices that a fuzzer makes.
#ifndef KLANTBEELD_TESTS_FUZZ_BYTES_H_
#define KLANTBEELD_TESTS_FUZZ_BYTES_H_

#include <cstdint>
#include <cstdlib>

namespace klantbeeld {

class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : at_(data), end_(data + size) {}
  bool empty() const { return at_ == end_; }
  // From 0 to `bound` - 1; 0 when there are no more.
  int Below(int bound) { return empty() ? 0 : *at_++ % bound; }

 private:
  const uint8_t* at_;
  const uint8_t* end_;
};

// What a target found, as libFuzzer sees it.
inline void Require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace klantbeeld

#endif  // KLANTBEELD_TESTS_FUZZ_BYTES_H_
