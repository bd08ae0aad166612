// Runs a fuzz target without a fuzzer: every file of the directories that it is
// given, and then, for some seconds, changes of them that chance decides.
//   TARGET [-seconds=N] [-keep=FILE] DIRECTORY...
// Chance begins with KLANTBEELD_DAY. FILE holds what is being tried, and is left
// when the target dies of it.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr size_t kBytesMax = 64 << 10;

class Chance {
 public:
  explicit Chance(unsigned seed) : random_(seed) {}
  size_t Below(size_t bound) { return bound == 0 ? 0 : random_() % bound; }

 private:
  std::mt19937 random_;
};

// One to four places of `text`; `other` is what it may take from.
void Change(Chance& chance, const std::string& other, std::string& text) {
  constexpr char kOften[] = {'\0', '\n', '"', '\'', ',', ';', '{', '}', '[', ']', '\\', '\x7f', '\xff'};
  for (size_t times = 1 + chance.Below(4); times > 0; --times) {
    const size_t at = chance.Below(text.size() + 1);
    const size_t some = 1 + chance.Below(8), many = 1 + chance.Below(64);
    switch (chance.Below(7)) {
      case 0: text.insert(at, 1, static_cast<char>(chance.Below(256))); break;
      case 1: text.insert(at, 1, kOften[chance.Below(sizeof(kOften))]); break;
      case 2: text.erase(at, some); break;
      case 3: text.insert(at, text.substr(chance.Below(text.size() + 1), many)); break;
      case 4: text.replace(at, some, other.substr(chance.Below(other.size() + 1), many)); break;
      case 5: text.resize(at); break;
      default:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ 1 << chance.Below(8));
    }
  }
  text.resize(std::min(text.size(), kBytesMax));
}

void Try(const std::string& text) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

void Keep(int file, const std::string& text) {
  if (ftruncate(file, 0) != 0 ||
      pwrite(file, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    std::abort();
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> files;
  int seconds = 0;
  std::string keep;
  for (int i = 1; i < argc; ++i) {
    if (std::sscanf(argv[i], "-seconds=%d", &seconds) == 1) continue;
    if (std::strncmp(argv[i], "-keep=", 6) == 0) {
      keep = argv[i] + 6;
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      std::ifstream in(entry.path(), std::ios::binary);
      files.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
  }
  if (files.empty()) return 1;
  std::sort(files.begin(), files.end());
  for (const std::string& file : files) Try(file);

  const char* day = std::getenv("KLANTBEELD_DAY");
  const unsigned seed = day != nullptr ? static_cast<unsigned>(std::atoi(day)) : 1;
  Chance chance(seed);
  const int kept = keep.empty() ? -1 : open(keep.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  uint64_t changed = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  for (; seconds > 0 && std::chrono::steady_clock::now() < end; ++changed) {
    std::string text = files[chance.Below(files.size())];
    Change(chance, files[chance.Below(files.size())], text);
    if (kept >= 0) Keep(kept, text);
    Try(text);
  }
  if (kept >= 0) unlink(keep.c_str());
  std::printf("%zu files, %ju changes of them (KLANTBEELD_DAY=%u)\n", files.size(),
              static_cast<uintmax_t>(changed), seed);
  return 0;
}
