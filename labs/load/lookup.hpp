// SPDX-License-Identifier: BSL-1.0
// Looks up again, while a run lasts, who serves under its name: one question at a time, on the
// run's own poller, so that nobody waits for it. Where no name is given it does nothing.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "labs/load/endpoints.hpp"
#include "servers/names_client.hpp"

namespace weft::labs::load {

/// A name, and the names server that knows it.
struct Named {
  lwp::os::Address server;
  std::string name;
};

class Lookup {
 public:
  Lookup(const std::optional<Named>& named, lwp::os::Poller& poller, Endpoints& endpoints)
      : named_(named), poller_(poller), endpoints_(endpoints) {}
  ~Lookup() { end(); }
  Lookup(const Lookup&) = delete;

  /// Asks, unless it has asked just before.
  void ask(lwp::os::Nanos t);
  /// The poller's word, which comes with this object for a tag.
  void ready();

 private:
  void end();

  const std::optional<Named>& named_;
  lwp::os::Poller& poller_;
  Endpoints& endpoints_;
  std::unique_ptr<servers::NamesQuestion> question_;  // on its way
  lwp::os::Nanos not_before_ = 0;
};

}  // namespace weft::labs::load
