// SPDX-License-Identifier: BSL-1.0
// Fiber-local storage: what thread_local is to a kernel thread. A thread_local variable belongs to
// the LWP, which the fibers of that LWP share and a fiber changes at any wait; a Local<T> belongs
// to the fiber and goes where it goes.
//
//   Local<Session> session;           // a static, as a rule: one for all fibers
//   session->user = "ada";            // this fiber's own, made at its first use
//
// Values are destroyed at the end of their fiber, the last made first, on its own stack; their
// destructors may use locals and wait. A fiber's values are a list, searched from the last made:
// meant for a handful.
#pragma once

#include <functional>

#include "fibers/engine.hpp"

namespace weft::fibers {

/// A value in its fiber's list.
struct LocalValue {
  std::uint64_t key;
  void (*destroy)(LocalValue*);
  LocalValue* before = nullptr;  ///< the one made before
};

template <class T>
class Local {
 public:
  Local() : Local([] { return T(); }) {}
  /// `make` is called for each fiber, at its first use.
  explicit Local(std::function<T()> make) : make_(std::move(make)), key_(new_local_key()) {}
  Local(const Local&) = delete;

  T& get() {
    ControlBlock& self = current_block();
    for (LocalValue* v = self.locals; v != nullptr; v = v->before) {
      if (v->key == key_) return static_cast<Held*>(v)->value;
    }
    auto* made = new Held(key_, make_());
    made->before = self.locals;
    self.locals = made;
    return made->value;
  }
  T& operator*() { return get(); }
  T* operator->() { return &get(); }

 private:
  struct Held : LocalValue {
    Held(std::uint64_t key, T&& v)
        : LocalValue{key, [](LocalValue* me) { delete static_cast<Held*>(me); }},
          value(std::move(v)) {}
    T value;
  };

  const std::function<T()> make_;
  const std::uint64_t key_;  // never used again: a value may outlive its Local
};

}  // namespace weft::fibers
