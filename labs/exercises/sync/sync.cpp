// SPDX-License-Identifier: BSL-1.0
// Three primitives on park() and unpark(). sync.hpp says what each promises and what is given.
#include "sync.hpp"

namespace lab {

void Mutex::lock() {
  // TODO: take it if nobody has it; else join the queue and park until you are told.
}

bool Mutex::try_lock() {
  return false;  // TODO
}

void Mutex::unlock() {
  // TODO: if somebody waits, who gets it now? And who tells it?
}

void Semaphore::acquire() {
  // TODO
}

void Semaphore::release() {
  // TODO
}

void ConditionVariable::wait(Mutex& mutex) {
  mutex.unlock();
  // TODO: a notify that comes here is lost. What must have happened before the unlock?
  mutex.lock();
}

void ConditionVariable::notify_one() {
  // TODO
}

void ConditionVariable::notify_all() {
  // TODO
}

}  // namespace lab
