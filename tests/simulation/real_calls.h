// The system's own calls, beneath those that this program puts over them.
#ifndef KLANTBEELD_TESTS_SIMULATION_REAL_CALLS_H_
#define KLANTBEELD_TESTS_SIMULATION_REAL_CALLS_H_

#include <stdio.h>
#include <sys/statvfs.h>
#include <sys/types.h>

namespace klantbeeld::simulation {

struct RealCalls {
  int (*open)(const char*, int, ...);
  int (*close)(int);
  int (*fclose)(FILE*);
  ssize_t (*write)(int, const void*, size_t);
  ssize_t (*pwrite)(int, const void*, size_t, off_t);
  ssize_t (*pread)(int, void*, size_t, off_t);
  int (*ftruncate)(int, off_t);
  int (*fsync)(int);
  int (*fdatasync)(int);
  int (*sync_file_range)(int, off64_t, off64_t, unsigned int);
  int (*rename)(const char*, const char*);
  int (*unlink)(const char*);
  int (*link)(const char*, const char*);
  int (*statvfs)(const char*, struct statvfs*);
};
const RealCalls& Real();

}  // namespace klantbeeld::simulation

#endif  // KLANTBEELD_TESTS_SIMULATION_REAL_CALLS_H_
