// For builds with the thread sanitizer only. Debian's Abseil is not built with
// it, so the sanitizer does not see that absl::Mutex orders anything and
// reports every guarded member. The linker (--wrap) puts these in front of the
// library's functions; they tell the sanitizer what happens and call on. Nothing
// is suppressed: a race is reported whoever's function stands on top.
#include <sanitizer/tsan_interface.h>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

// The names are the linker's: __wrap_ and __real_ with the mangled name of the
// function, this pointer first.
#define KB_LOCK _ZN4absl7debian35Mutex4LockEv
#define KB_UNLOCK _ZN4absl7debian35Mutex6UnlockEv
#define KB_READER_LOCK _ZN4absl7debian35Mutex10ReaderLockEv
#define KB_READER_UNLOCK _ZN4absl7debian35Mutex12ReaderUnlockEv
#define KB_AWAIT _ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE
#define KB_AWAIT_TIMEOUT _ZN4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE
#define KB_AWAIT_DEADLINE _ZN4absl7debian35Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE
#define KB_CV_WAIT _ZN4absl7debian37CondVar4WaitEPNS0_5MutexE
#define KB_CV_DEADLINE _ZN4absl7debian37CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE
#define KB_NOTIFY _ZN4absl7debian312Notification6NotifyEv
#define KB_WAITED _ZNK4absl7debian312Notification19WaitForNotificationEv
#define KB_WAITED_TIMEOUT \
  _ZNK4absl7debian312Notification30WaitForNotificationWithTimeoutENS0_8DurationE
#define KB_JOIN(a, b) a##b
#define KB_NAME(prefix, name) KB_JOIN(prefix, name)
#define WRAP(name) KB_NAME(__wrap_, name)
#define REAL(name) KB_NAME(__real_, name)

extern "C" {

void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
void AnnotateIgnoreWritesBegin(const char* file, int line);
void AnnotateIgnoreWritesEnd(const char* file, int line);

void REAL(KB_LOCK)(absl::Mutex* mutex);
void REAL(KB_UNLOCK)(absl::Mutex* mutex);
void REAL(KB_READER_LOCK)(absl::Mutex* mutex);
void REAL(KB_READER_UNLOCK)(absl::Mutex* mutex);
void REAL(KB_AWAIT)(absl::Mutex* mutex, const absl::Condition& condition);
bool REAL(KB_AWAIT_TIMEOUT)(absl::Mutex* mutex, const absl::Condition& condition,
                            absl::Duration timeout);
bool REAL(KB_AWAIT_DEADLINE)(absl::Mutex* mutex, const absl::Condition& condition,
                             absl::Time deadline);
void REAL(KB_CV_WAIT)(absl::CondVar* variable, absl::Mutex* mutex);
bool REAL(KB_CV_DEADLINE)(absl::CondVar* variable, absl::Mutex* mutex, absl::Time deadline);
void REAL(KB_NOTIFY)(absl::Notification* notification);
void REAL(KB_WAITED)(const absl::Notification* notification);
bool REAL(KB_WAITED_TIMEOUT)(const absl::Notification* notification, absl::Duration timeout);

}  // extern "C"

namespace {

// While the library runs, it may evaluate another thread's condition under a
// lock that the sanitizer believes free already.
class Inside {
 public:
  Inside() {
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
  }
  ~Inside() {
    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
  }
};

void Locked(absl::Mutex* mutex, unsigned flags) {
  __tsan_mutex_pre_lock(mutex, flags);
  __tsan_mutex_post_lock(mutex, flags, 0);
}

void Unlocking(absl::Mutex* mutex, unsigned flags) {
  __tsan_mutex_pre_unlock(mutex, flags);
  __tsan_mutex_post_unlock(mutex, flags);
}

constexpr unsigned kWrite = __tsan_mutex_linker_init;
constexpr unsigned kRead = __tsan_mutex_linker_init | __tsan_mutex_read_lock;

// Waiting gives the mutex up and takes it again.
template <typename Wait>
auto GivenUp(absl::Mutex* mutex, Wait&& wait) {
  Unlocking(mutex, kWrite);
  struct Again {
    absl::Mutex* mutex;
    ~Again() { Locked(mutex, kWrite); }
  } again{mutex};
  Inside inside;
  return wait();
}

}  // namespace

extern "C" {

// However a program is started. What libraries do that are not built with the
// sanitizer is not looked at; what they call of ours is.
const char* __tsan_default_options() {
  return "ignore_noninstrumented_modules=1:halt_on_error=1";
}

void WRAP(KB_LOCK)(absl::Mutex* mutex) {
  {
    Inside inside;
    REAL(KB_LOCK)(mutex);
  }
  Locked(mutex, kWrite);
}

void WRAP(KB_UNLOCK)(absl::Mutex* mutex) {
  Unlocking(mutex, kWrite);
  Inside inside;
  REAL(KB_UNLOCK)(mutex);
}

void WRAP(KB_READER_LOCK)(absl::Mutex* mutex) {
  {
    Inside inside;
    REAL(KB_READER_LOCK)(mutex);
  }
  Locked(mutex, kRead);
}

void WRAP(KB_READER_UNLOCK)(absl::Mutex* mutex) {
  Unlocking(mutex, kRead);
  Inside inside;
  REAL(KB_READER_UNLOCK)(mutex);
}

void WRAP(KB_AWAIT)(absl::Mutex* mutex, const absl::Condition& condition) {
  GivenUp(mutex, [&] { REAL(KB_AWAIT)(mutex, condition); });
}

bool WRAP(KB_AWAIT_TIMEOUT)(absl::Mutex* mutex, const absl::Condition& condition,
                            absl::Duration timeout) {
  return GivenUp(mutex, [&] { return REAL(KB_AWAIT_TIMEOUT)(mutex, condition, timeout); });
}

bool WRAP(KB_AWAIT_DEADLINE)(absl::Mutex* mutex, const absl::Condition& condition,
                             absl::Time deadline) {
  return GivenUp(mutex, [&] { return REAL(KB_AWAIT_DEADLINE)(mutex, condition, deadline); });
}

void WRAP(KB_CV_WAIT)(absl::CondVar* variable, absl::Mutex* mutex) {
  GivenUp(mutex, [&] { REAL(KB_CV_WAIT)(variable, mutex); });
}

bool WRAP(KB_CV_DEADLINE)(absl::CondVar* variable, absl::Mutex* mutex, absl::Time deadline) {
  return GivenUp(mutex, [&] { return REAL(KB_CV_DEADLINE)(variable, mutex, deadline); });
}

void WRAP(KB_NOTIFY)(absl::Notification* notification) {
  __tsan_release(notification);
  REAL(KB_NOTIFY)(notification);
}

void WRAP(KB_WAITED)(const absl::Notification* notification) {
  REAL(KB_WAITED)(notification);
  __tsan_acquire(const_cast<absl::Notification*>(notification));
}

bool WRAP(KB_WAITED_TIMEOUT)(const absl::Notification* notification, absl::Duration timeout) {
  const bool notified = REAL(KB_WAITED_TIMEOUT)(notification, timeout);
  if (notified) __tsan_acquire(const_cast<absl::Notification*>(notification));
  return notified;
}

}  // extern "C"
