#include "clients/cli/standard_files.h"

#include <fcntl.h>
#include <stdio_ext.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>

namespace klantbeeld::cli {
namespace {

// Of the first write that failed.
std::atomic<int> print_errno{0};

void Failed() {
  int none = 0;
  print_errno.compare_exchange_strong(none, errno != 0 ? errno : EIO);
}

}  // namespace

void OpenStandardFiles() {
  // From the lowest on, as open gives the lowest that is free. The wrong way
  // round for input and output: using them is to fail.
  for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(file, F_GETFD) < 0)
      static_cast<void>(open("/dev/null", file == STDOUT_FILENO ? O_RDONLY : O_WRONLY));
}

void Print(const std::string& text) {
  if (print_errno != 0) return;
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) Failed();
}

void Complain(const std::string& text) {
  FlushPrinted();
  std::fwrite(text.data(), 1, text.size(), stderr);
}

int FlushPrinted() {
  if (print_errno == 0 && std::fflush(stdout) != 0) Failed();
  return print_errno;
}

void DropPrinted() {
  __fpurge(stdout);
  std::clearerr(stdout);
  print_errno = 0;
}

}  // namespace klantbeeld::cli
