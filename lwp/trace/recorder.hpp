// SPDX-License-Identifier: BSL-1.0
// The recording of a process: its file, and the chunks that its rings write to.
//
// A service thread keeps some chunks ready ahead of the rings, mapped and in memory, so that who
// records neither waits for the disk nor takes a page fault. If it falls behind, events are dropped
// and counted. As a flight recorder the file has a fixed size (four chunks a thread at least), and
// the oldest chunk is overwritten: then it always has the last seconds, even if the process is
// killed.
#pragma once

#include <string>
#include <string_view>

#include "lwp/scheduler.hpp"
#include "lwp/trace/ring.hpp"

namespace weft::lwp::trace {

struct Options {
  std::string file;
  bool followed = false;       ///< by somebody who keeps nothing: it is of no use later
  bool flight = false;         ///< keep the last `most_bytes` instead of the first
  std::size_t most_bytes = 0;  ///< of the file; 0: 1 GiB, or 16 MiB as a flight recorder
};

/// Begins to record this process: its threads that become LWPs from now on. Appends to the file,
/// which other processes may do as well. Fails with an errno, and with EALREADY while it records.
/// Not in core.
Result<void> start(const Options& options);
/// Ends it. REQUIRES that no runtime runs and nothing else is traced. Not in core.
void stop();
/// A file; or "flight:" and a file, "flight=4M:" and a file of so many MiB; "followed" likewise,
/// with Options::followed. Whatever else it is, it is a file.
Options options_of(std::string_view asked);
/// As start() with what WEFT_TRACE says (options_of). Once in a process; does nothing if it is not
/// set. Not in core.
void start_from_environment();
bool is_on();

/// What recording has cost so far.
struct Cost {
  std::uint64_t events = 0, dropped = 0;
  std::uint64_t bytes = 0;  ///< of chunks that are closed
};
Cost cost();

/// Gives the calling thread, which is `l` from now on, a ring. Does nothing if nothing is recorded.
/// A thread that is no LWP records in its outsider().
void open(Lwp& l, const Scheduler* of = nullptr);
/// The thread will record nothing more there.
void close(Lwp& l);

/// The calling thread, which is no LWP, records while one lives.
class Open {
 public:
  Open(Lwp& l, const Scheduler* of) : lwp_(l) { open(l, of); }
  ~Open() { close(lwp_); }
  Open(const Open&) = delete;

 private:
  Lwp& lwp_;
};

/// The calling thread, which is no runtime's, records while one lives as if it were a runtime of
/// one LWP that carries one fiber of that name. Spans, notes and counts (fibers/trace.hpp) are then
/// that fiber's. Does nothing if nothing is recorded, or inside another. Not in core.
class Alone {
 public:
  explicit Alone(std::string_view name);
  ~Alone();
  Alone(const Alone&) = delete;
  /// It begins to wait for something to do, or has it.
  void idle(bool begins);
  /// It calls what may block; `call` is a literal.
  void blocks(const char* call);
  void unblocked();

 private:
  Ring* ring_ = nullptr;
};

/// The number of a string that lives on. The same in all rings. 0 if there are too many.
std::uint32_t number_of(const char* text);

/// A runtime begins: what it says of itself, and `more` of that.
void runtime_begins(const Scheduler& s, std::string_view more = {});
/// What this process is for, "server": 31 bytes are kept, whether or not anything is recorded now.
/// A child that is forked has it, too, until it says otherwise.
void set_role(std::string_view role);
/// A fact about the process, for the report: "command", "./weft serve …".
void fact(std::string_view key, std::string_view value);
/// The name of an object, shown instead of its address, whether or not anything is recorded now.
/// The first 1024 are kept.
void name_object(const void* object, std::string_view name);
/// Says on a descriptor where what has happened so far can be seen; nothing if it is not recorded,
/// or if it is Options::followed. Allocates nothing, takes no lock.
void say_where(int fd);
/// Writes the names of all fibers that live. For a flight recorder, before the process ends; from
/// any thread, even if LWPs are stuck.
void name_all(const Scheduler& s);

}  // namespace weft::lwp::trace
