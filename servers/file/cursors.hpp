// SPDX-License-Identifier: BSL-1.0
// Where clients stand in files that they read piece by piece, kept at the server: state that dies
// with it. With a lease a cursor is soft state: whoever does not use it for so long loses it, so it
// needs no closing, and its client must know its own place to open another. Without one it
// stays until it is closed, also when its client has long gone; that is why there is a bound.
#pragma once

#include <memory>

#include "servers/file/id_table.hpp"
#include "servers/file/response.hpp"
#include "servers/spin_lock.hpp"

namespace weft::servers::file {

/// Of one service. Thread-safe.
class Cursors {
 public:
  Cursors(std::size_t most, const Ids& ids);

  /// Its id; 0 if as many are open as may be. `lease` 0: until it is closed.
  std::uint64_t open(const EntityTag& tag, std::uint64_t at, os::Nanos lease, os::Nanos now);

  struct Piece {
    enum class Kind {
      bytes,    ///< first to end, which may be empty: the end of the file
      gone,     ///< no such cursor
      expired,  ///< its `lease` ran out
      changed,  ///< it was opened on another state of the file, or on another file
    };
    Kind kind = Kind::gone;
    std::uint64_t first = 0, end = 0;
    os::Nanos lease = 0;
  };
  /// Moves it over the next `bytes` of the file that is `tag` now; that renews its lease.
  Piece take(std::uint64_t id, const EntityTag& tag, std::uint64_t size, std::uint64_t bytes,
             os::Nanos now);

  /// False if there is none.
  bool close(std::uint64_t id);

  std::size_t most() const { return most_; }

 private:
  struct Cursor : Identified {
    Cursor* next = nullptr;  ///< in the table, or of those that are free
    EntityTag tag;
    std::uint64_t at = 0;
    os::Nanos lease = 0, until = 0;
  };
  void forget(Cursor& c);
  void forget_expired(os::Nanos now);

  const std::size_t most_;
  const Ids& ids_;
  SpinLock lock_;
  // Guarded by lock_:
  std::unique_ptr<Cursor[]> all_;
  Cursor* free_ = nullptr;
  IdTable<Cursor> open_;
};

}  // namespace weft::servers::file
