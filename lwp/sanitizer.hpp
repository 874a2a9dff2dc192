// SPDX-License-Identifier: BSL-1.0
// What ThreadSanitizer must be told. Inside the core section the runtime's own state is ordered by
// permits, locks and membarriers that TSan cannot see (in solo there is nothing to see), so core is
// hidden from it: accesses are ignored there and create no ordering. What the *user* may rely on
// is then said explicitly: release() where a primitive publishes, acquire() where it receives. So
// TSan reports a race between two fibers of one LWP, which no kernel thread would ever have had.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define WEFT_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__) && \
    !defined(WEFT_SIM)  // there it is the simulated world that hears
#define WEFT_TSAN 1
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WEFT_ASAN 1
#endif
#if __has_feature(thread_sanitizer) && !defined(WEFT_SIM)
#define WEFT_TSAN 1
#endif
#endif

#ifdef WEFT_TSAN
#include <sanitizer/tsan_interface.h>
extern "C" {
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
void AnnotateIgnoreWritesBegin(const char* file, int line);
void AnnotateIgnoreWritesEnd(const char* file, int line);
void AnnotateIgnoreSyncBegin(const char* file, int line);
void AnnotateIgnoreSyncEnd(const char* file, int line);
}
#endif

#ifdef WEFT_SIM
#include "lwp/sim/point.hpp"
#endif

/// For functions that touch thread-locals: to TSan each fiber is a thread, and they share them.
#if defined(WEFT_TSAN) || (defined(WEFT_SIM) && defined(__SANITIZE_THREAD__))
#define WEFT_NO_TSAN __attribute__((no_sanitize("thread"), noinline))
#else
#define WEFT_NO_TSAN
#endif

namespace weft::lwp::sanitizer {

#ifdef WEFT_TSAN
inline void enter_core() {
  AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
  AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
  AnnotateIgnoreSyncBegin(__FILE__, __LINE__);
}
inline void leave_core() {
  AnnotateIgnoreSyncEnd(__FILE__, __LINE__);
  AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
  AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
}
/// REQUIRES core, which hides synchronisation, these annotations too: they step out for a moment.
inline void acquire(const void* object) {
  AnnotateIgnoreSyncEnd(__FILE__, __LINE__);
  __tsan_acquire(const_cast<void*>(object));
  AnnotateIgnoreSyncBegin(__FILE__, __LINE__);
}
inline void release(const void* object) {
  AnnotateIgnoreSyncEnd(__FILE__, __LINE__);
  __tsan_release(const_cast<void*>(object));
  AnnotateIgnoreSyncBegin(__FILE__, __LINE__);
}
#elif defined(WEFT_SIM)
inline void enter_core() {
  sim::hide(1);
}
inline void leave_core() {
  sim::hide(-1);
}
inline void acquire(const void* object) {
  sim::acquire(object);
}
inline void release(const void* object) {
  sim::release(object);
}
#else
inline void enter_core() {}
inline void leave_core() {}
inline void acquire(const void*) {}
inline void release(const void*) {}
#endif

/// Hides what the runtime does outside core: who holds which permit is changed there and in core.
class Hidden {
 public:
  Hidden() { enter_core(); }
  ~Hidden() { leave_core(); }
  Hidden(const Hidden&) = delete;
};

#ifdef WEFT_TSAN
/// Hides accesses, not what they order.
class Unseen {
 public:
  Unseen() {
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
  }
  ~Unseen() {
    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
  }
  Unseen(const Unseen&) = delete;
};
#endif

}  // namespace weft::lwp::sanitizer
