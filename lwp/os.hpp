// SPDX-License-Identifier: BSL-1.0
// The second seam to the world: every call into the kernel that any layer makes goes through here
// (a script in the tests checks it). lwp/os/*.cpp implements it on Linux; a simulated world
// implements the same functions. Nothing here knows of fibers.
//
// Unless a line says otherwise, functions are thread-safe, return errno values as Result and retry
// EINTR themselves. Times are nanoseconds.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "lwp/atomic.hpp"
#include "lwp/result.hpp"

namespace weft::lwp::os {

using Nanos = std::int64_t;
inline constexpr Nanos kMicrosecond = 1'000;
inline constexpr Nanos kMillisecond = 1'000'000;
inline constexpr Nanos kSecond = 1'000'000'000;
/// A point in time that never comes.
inline constexpr Nanos kNever = INT64_MAX;

// ---- clocks (os/clock.cpp) ----------------------------------------------------------------

/// CLOCK_MONOTONIC, or the manual clock while one is installed. A step of the wall clock changes
/// nothing here.
Nanos now();
/// Seconds and nanoseconds of the wall clock since 1970, for Date headers.
Nanos wall_now();
/// CPU time this kernel thread has used.
Nanos thread_cpu();
/// CPU time this process has used, all threads, user and system.
Nanos process_cpu();
/// A ManualClock is installed: kernel waits with a deadline then look again every millisecond.
bool clock_is_manual();

/// While one lives, now() returns its time, which moves only by advance(). One at a time, for
/// tests; a kernel wait with a deadline then returns early, each millisecond, to look at it. Alarms
/// that become due ring in advance(), so sleepers that rely on one are woken.
class ManualClock {
 public:
  explicit ManualClock(Nanos start = kSecond);
  ~ManualClock();
  ManualClock(const ManualClock&) = delete;
  void advance(Nanos by);
};

// ---- kernel threads (os/threads.cpp) ------------------------------------------------------

/// Sleeps while `word == expected`, until woken or until `deadline`. May return early.
void futex_wait(const atomic<std::uint32_t>& word, std::uint32_t expected, Nanos deadline = kNever);
void futex_wake(const atomic<std::uint32_t>& word, int count);
/// Yields the CPU to another kernel thread.
void yield_cpu();
/// Sleeps this kernel thread (really: it blocks).
void sleep_until(Nanos deadline);
int thread_id();

/// What the kernel shows of a thread of this process. Reads /proc without allocating.
struct ThreadLook {
  char state = '?';            ///< R running or ready, S asleep, D in an uninterruptible wait
  const char* call = nullptr;  ///< the system call it sleeps in, null if none or not shown
  long first_argument = 0;     ///< often the descriptor
  int descriptor = -1;         ///< the first argument, where it is one
};
ThreadLook look_at_thread(int thread_id);
/// Calls `visit` for each thread of this process, with its name. Allocates nothing.
void each_thread(void (*visit)(int thread_id, std::string_view name, void* context), void* context);

/// Interrupts: a thread that has called let_interrupt() stops what it does and calls `handler`, on
/// its alternate stack if it has one. By SIGURG, which harms nobody who does not expect it.
void on_interrupt(void (*handler)());
void let_interrupt();
void interrupt(int thread_id);

/// The same thread, looked at again and again: its file stays open. Without proc_syscall the state
/// alone is seen. Not thread-safe; watch() allocates nothing.
class ThreadWatch {
 public:
  ThreadWatch() = default;
  ~ThreadWatch();
  ThreadWatch(const ThreadWatch&) = delete;
  void watch(int thread_id);  ///< again, if the slot's thread is another one by now
  int thread_id() const { return thread_id_; }
  ThreadLook look() const;

 private:
  int thread_id_ = 0;
  int fd_ = -1;  // of /proc/…/syscall, else of /proc/…/stat
};

/// CPU time another thread of this process has used so far; 0 once it has ended.
Nanos thread_cpu_of(int thread_id);
/// The path behind a descriptor ("/etc/passwd", "pipe:[7]"), cut to `into`; "" if it has none.
std::string_view descriptor_path(int fd, std::span<char> into);
/// How long a thread of this process has run so far, and has waited for a CPU although it could
/// run; 0 where the kernel does not tell, or the thread has ended. Allocates nothing.
struct ScheduleTimes {
  Nanos ran = 0;
  Nanos waited = 0;
};
ScheduleTimes schedule_times(int thread_id);
/// Writes all of it to a descriptor, ignoring errors; usable anywhere.
void write_out(int fd, std::string_view text);
inline constexpr int kStandardError = 2;

/// A kernel thread, every signal blocked but its own faults; joined by join() or the destructor.
class Thread {
 public:
  Thread() = default;
  /// `name` is cut to 15 bytes. `stack_bytes` 0 takes the system's default. Throws
  /// std::system_error when the kernel gives no thread.
  Thread(std::string_view name, std::function<void()> body, std::size_t stack_bytes = 0);
  Thread(Thread&& other) noexcept;
  Thread& operator=(Thread&& other) noexcept;
  ~Thread();
  void join();
  bool joinable() const { return impl_ != nullptr; }

 private:
  struct Impl;
  Impl* impl_ = nullptr;
};

/// Memory for a stack, its lowest page a guard that faults when touched (madvise
/// MADV_GUARD_INSTALL, else mprotect). Pages are taken from the system when first touched. `bytes`
/// is rounded up to whole pages; the guard comes on top, below the address returned.
Result<void*> map_stack(std::size_t bytes);
void unmap_stack(void* stack, std::size_t bytes);
std::size_t page_size();
/// The calling thread's own stack, without its guard; empty for the process's first thread, whose
/// stack grows. Not in core: it allocates.
std::span<const std::byte> own_stack();

/// CPUs this process may use, ascending.
std::vector<int> allowed_cpus();
/// Confines the calling thread, and threads and processes it starts later.
Result<void> confine_to(std::span<const int> cpus);
/// Lets the calling thread run only when its CPU would be idle (SCHED_IDLE). It cannot be undone,
/// and threads it starts inherit it. False if the kernel refuses.
bool run_only_when_idle();
/// Makes timer wake-ups of this thread as exact as the kernel can (timer slack 1 ns).
void exact_timers();
/// membarrier(PRIVATE_EXPEDITED): every other thread of the process has passed a full fence when
/// this returns. False where the kernel has none.
bool membarrier();

// ---- when does the whole process sleep? (os/idle_meter.cpp) ---------------------------------

/// What the meter saw since the process began to be metered.
struct IdleReport {
  Nanos idle = 0;                   ///< no thread of this process was awake
  Nanos idle_while_waiting = 0;     ///< of that, the part that began while somebody could have run
  Nanos longest_while_waiting = 0;  ///< since the last idle_report()
  std::uint64_t times_while_waiting = 0;
};
/// Starts the meter. From now on each sleep in the kernel through this seam is counted; when the
/// last awake thread goes to sleep it asks `waiting` how many requests or fibers could run now: it
/// may not sleep itself. Called again it replaces `waiting`; an empty one says nobody waits.
/// Threads that exist only to watch call not_metered() first.
void meter_idle(std::function<std::size_t()> waiting);
IdleReport idle_report();
void not_metered();

/// Brackets a sleep in the kernel that does not go through a function of this header.
class Asleep {
 public:
  Asleep();
  ~Asleep();
  Asleep(const Asleep&) = delete;
};

// ---- what this kernel has (os/probe.cpp) --------------------------------------------------

/// Kernel features weft can use and can do without. WEFT_WITHOUT=a,b,… hides them by name.
enum class Feature { guard_install, io_uring, openat2, proc_syscall, membarrier, namespaces };
inline constexpr std::array kFeatures = {Feature::guard_install, Feature::io_uring,
                                         Feature::openat2,       Feature::proc_syscall,
                                         Feature::membarrier,    Feature::namespaces};
std::string_view name(Feature f);
/// Probed once, then remembered.
bool has(Feature f);
/// What is lost without it and how the run goes on, one line.
std::string_view without(Feature f);
/// Words of WEFT_WITHOUT that name no feature.
std::vector<std::string> unknown_in_weft_without();

// ---- descriptors (os/files.cpp) -----------------------------------------------------------

/// Owns a descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  ~Fd() { reset(); }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() {
    int fd = fd_;
    fd_ = -1;
    return fd;
  }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

/// Bytes moved. 0 from a read is the end. Blocks if the descriptor does.
Result<std::size_t> read(int fd, std::span<std::byte> into);
Result<std::size_t> write(int fd, std::span<const std::byte> from);
Result<std::size_t> pread(int fd, std::span<std::byte> into, std::uint64_t offset);
/// Reads of bytes that are expected to be there (in the page cache, in a pipe that does not block):
/// not counted as a sleep by the idle meter.
Result<std::size_t> pread_at_hand(int fd, std::span<std::byte> into, std::uint64_t offset);
Result<std::size_t> read_at_hand(int fd, std::span<std::byte> into);
/// The same, but only if all the bytes are in the page cache (preadv2 RWF_NOWAIT): EAGAIN if not,
/// EOPNOTSUPP where the file system cannot tell.
Result<std::size_t> pread_cached(int fd, std::span<std::byte> into, std::uint64_t offset);
/// A pipe: [0] reads, [1] writes; both close on exec.
Result<std::array<Fd, 2>> pipe(bool nonblocking_read_end = false);
Result<void> set_nonblocking(int fd, bool on);

struct FileInfo {
  std::uint64_t size = 0;
  Nanos mtime = 0;  ///< wall clock
  std::uint64_t inode = 0;
  std::uint64_t device = 0;
  bool regular = false;
  bool directory = false;
};
/// Opens a folder to be the root of open_beneath.
Result<Fd> open_directory(const std::string& path);
/// Opens `relative` for reading so that no component, `..` or symlink leads outside `root`
/// (openat2 with RESOLVE_BENEATH; without it component by component with O_NOFOLLOW, which refuses
/// every symlink). Never blocks on a FIFO. EXDEV, ELOOP or EACCES mean "it would leave the root".
Result<Fd> open_beneath(int root, const std::string& relative);
Result<FileInfo> file_info(int fd);
/// Asks the kernel to drop this file's pages from its cache.
void drop_from_cache(int fd);

// ---- recordings (os/trace_file.cpp) ---------------------------------------------------------

/// Opens a file for reading and writing; it is made if there is none, and emptied if `empty`.
Result<Fd> create_file(const std::string& path, bool empty);
/// Appends zero bytes to a file and maps them: what is written there is in the file, however the
/// process ends. Other processes may do so at the same time. `bytes` is whole pages.
Result<std::span<std::byte>> append_mapped(int fd, std::size_t bytes);
void unmap(std::span<std::byte> memory);

// ---- calls that block, for measuring what they do to others (os/blocking.cpp) ------------------

/// Opens a file for reading and writing.
Result<Fd> open_file(const std::string& path);
/// Waits until the file's data are on the disk (fsync).
Result<void> sync_file(int fd);
/// Waits for the file's exclusive lock (flock); it goes with the last copy of this descriptor.
Result<void> lock_file(int fd);
/// Waits for the addresses of a host; false if it has none (getaddrinfo).
bool resolve(const char* host);

/// A lock of the C library (pthread_mutex): its owner is a kernel thread, and it knows no fibers.
class LibraryMutex {
 public:
  LibraryMutex();
  ~LibraryMutex();
  LibraryMutex(const LibraryMutex&) = delete;
  void lock();
  void unlock();

 private:
  struct Impl;
  Impl* const impl_;
};

// ---- sockets (os/sockets.cpp): non-blocking, close-on-exec, TCP_NODELAY ---------------------

/// An IPv4 or IPv6 address and a port, as text: "127.0.0.1", "::1".
struct Address {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
};
/// Listens; port 0 lets the kernel pick. EADDRINUSE, EADDRNOTAVAIL, EINVAL (not an address).
Result<Fd> listen(const Address& at, int backlog = 1024);
/// A connection counts as come only when it has sent something, or after some seconds: so who
/// accepts one has a request, and may end right after it (TCP_DEFER_ACCEPT).
void accept_with_data(int listener, Nanos patience);
/// How many sockets this process was started with (LISTEN_FDS), if they are meant for it
/// (LISTEN_PID); 0 otherwise.
int given_sockets();
/// The first of them, if it is a listening TCP socket; EINVAL if not. Processes begun from now on
/// are not told of any. Not while another thread reads the environment.
Result<Fd> take_given_socket();
/// Another descriptor of the same open file, closed on exec.
Result<Fd> duplicate(int fd);
Result<std::uint16_t> local_port(int fd);
/// That of the other side; ENOTCONN.
Result<std::uint16_t> peer_port(int fd);
/// Connections accepted by the kernel and waiting in this listener's queue; 0 if unknown.
std::size_t waiting_to_be_accepted(int listener);
/// EAGAIN when none waits.
Result<Fd> accept(int listener);
/// Begins a connection; EINPROGRESS is success (wait until writable, then ask connect_error).
Result<Fd> connect(const Address& to);
bool is_connected(int fd);
/// The pending error of a socket, 0 if none.
int socket_error(int fd);
/// EAGAIN when it would block. Never raises SIGPIPE.
Result<std::size_t> receive(int fd, std::span<std::byte> into);
Result<std::size_t> send(int fd, std::span<const std::byte> from);
/// Sends nothing more: the peer reads an end.
void shutdown_send(int fd);
/// Receives nothing more: whoever waits to receive reads an end, after what has already arrived.
void shutdown_receive(int fd);

// ---- readiness (os/poller.cpp) --------------------------------------------------------------

enum Interest : std::uint32_t { kReadable = 1, kWritable = 2 };

/// A set of descriptors to wait for (epoll). Errors and hang-ups are reported as both interests.
class Poller {
 public:
  enum class Trigger { level, edge, oneshot };
  struct Ready {
    void* tag;
    std::uint32_t interest;  ///< what is possible now
  };
  Poller();  ///< throws std::system_error when the kernel gives no descriptor
  Result<void> add(int fd, std::uint32_t interest, Trigger trigger, void* tag);
  Result<void> change(int fd, std::uint32_t interest, Trigger trigger, void* tag);
  void remove(int fd);
  /// Waits until something is ready, the deadline passes or a signal comes (0 then). A deadline in
  /// the past only looks. Many threads may wait; an edge wakes one of them.
  std::size_t wait(std::span<Ready> into, Nanos deadline);
  /// The set itself as a descriptor: readable when any member is ready.
  int fd() const { return fd_.get(); }

 private:
  Fd fd_;
};

/// Waits for one descriptor in the kernel; true if ready, false at the deadline.
bool wait_ready(int fd, std::uint32_t interest, Nanos deadline);

/// Wakes one waiter of a Poller it was added to (eventfd, edge-triggered).
class Bell {
 public:
  Bell();
  void ring();
  void clear();
  int fd() const { return fd_.get(); }

 private:
  Fd fd_;
};

/// Makes a Poller wake one waiter at a point in time (timerfd).
class Alarm {
 public:
  Alarm();
  ~Alarm();
  Alarm(const Alarm&) = delete;
  /// kNever disarms.
  void set(Nanos deadline);
  int fd() const { return fd_.get(); }
  /// ManualClock has moved: every alarm that is due rings. Not in core.
  static void ring_due();

 private:
  void arm(Nanos deadline);

  Fd fd_;
  atomic<Nanos> manual_deadline_{kNever};  // while a ManualClock lives; pairs with ring_due()
  Alarm* next_;                            // of all alarms; under their lock, as is back_
  Alarm** back_;
};

// ---- signals and processes (os/process.cpp) ------------------------------------------------

/// Blocks these signals in the calling thread (and threads it makes later) and makes a descriptor
/// from which they are read one at a time.
Result<Fd> signal_fd(std::span<const int> signals);
/// Undoes the blocking of signal_fd.
void unblock_signals(std::span<const int> signals);
/// Lets these signals do nothing to this process; for a helper that lives as long as its parent.
void ignore_signals(std::span<const int> signals);
/// Takes one pending signal from a signal_fd: its number, 0 if none.
int take_signal(int fd);

struct Exit {
  int code = 0;  ///< exit status, or 128 + signal
  bool signaled = false;
};
/// A child process started by spawn_process. The destructor kills and reaps a child still running.
class Process {
 public:
  Process() = default;
  Process(pid_t pid, Fd out) : pid_(pid), out_(std::move(out)) {}
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  ~Process();
  pid_t pid() const { return pid_; }
  /// What the child writes to its standard output.
  int out() const { return out_.get(); }
  void signal(int number);
  /// Waits for its end; nullopt at the deadline. Once ended, the answer is remembered.
  std::optional<Exit> wait(Nanos deadline = kNever);

 private:
  pid_t pid_ = -1;
  Fd out_;
  std::optional<Exit> exit_;
};
/// Starts a program confined to `cpus` (empty: as the caller), its output readable from out(). The
/// child gets SIGKILL when its parent's thread dies.
Result<Process> spawn_process(const std::vector<std::string>& argv, std::span<const int> cpus = {});
/// Runs a program to its end; it has the caller's terminal, and gets SIGTERM when the caller's
/// thread dies. What the terminal's keys signal is for the program alone.
Result<Exit> run_in_foreground(const std::vector<std::string>& argv);
/// Sets a variable of this process's environment, and of children's begun from now on. Not while
/// another thread reads it.
void set_environment(const std::string& name, const std::string& value);
/// A descriptor that another library made is not inherited by programs begun from now on.
void close_on_exec(int fd);
/// This process.
int process_id();
/// That which has started this one.
int parent_id();
/// With whose rights this process acts, and whose another one is; nothing if there is none.
unsigned user();
std::optional<unsigned> owner_of_process(int process);
/// Its command line, words apart by blanks.
std::string command_line();
/// The path of the running program.
std::string own_program();
/// Forks, signals blocked as they are; REQUIRES that no other thread exists. The child runs `body`
/// and exits with its result. When its parent's thread dies it gets the signal `at_parents_end`.
Result<Process> fork_process(const std::function<int()>& body, std::span<const int> cpus = {},
                             int at_parents_end = 9 /* SIGKILL */);
/// A signal in words, as "Killed".
std::string signal_name(int number);
/// A function of a shared library, which is loaded for good; null, and `why`, if there is none.
void (*library_function(const std::string& path, const char* name, std::string& why))();
/// The code of the program or library that a function belongs to, from where it was loaded on.
std::span<const std::byte> module_of(void (*function)());
/// What that library may write to: its variables.
std::span<std::byte> variables_of(void (*function)());
/// Whether the variable at that address is the calling thread's own (thread_local, errno).
bool is_thread_local(const void* address);
/// From here on this process and its children can write to no file that is not open already, and
/// see nothing in the folders `hidden`. False if the kernel does not let us (user namespaces,
/// mount_setattr), and then perhaps half of it. REQUIRES that no other thread exists.
bool confine(const std::vector<std::string>& hidden);
/// Memory shared with children forked later; zeroed. Never unmapped. nullptr when there is none.
void* shared_memory(std::size_t bytes);
/// Bytes of this process that are in memory now; 0 if the kernel does not tell.
std::size_t resident_bytes();
/// Writes out what standard output still holds in its buffers, but waits for nobody: neither for a
/// thread that has its lock, nor for a reader of a full pipe. Then the text stays where it is.
void flush_output();
/// Ends the process at once: no destructors, no handlers, no buffers flushed.
[[noreturn]] void exit_now(int code);

// ---- faults (os/fault.cpp, os/symbol.cpp) ---------------------------------------------------

/// Memory that must not be touched was: by an instruction at `pc`, or by the kernel on behalf of a
/// call that failed with EFAULT. Null where the architecture is not known.
struct Fault {
  const void* address = nullptr;
  std::size_t bytes = 0;        ///< 1, or the whole range that the kernel was to use
  const void* pc = nullptr;     ///< null if the kernel did it
  const void* frame = nullptr;  ///< the frame pointer, should the function keep one
  bool by_kernel = false;
};
/// True if it has explained the fault: then the default action (a core) follows, else whoever
/// handled SIGSEGV before us has his turn. It may neither allocate nor take a lock.
using FaultHandler = bool (*)(const Fault&);
/// Explains faults of this process from now on, on their own threads. Once; not undone.
void on_fault(FaultHandler handler);
/// `say` is called once when the process is about to end by a fault of its own or by abort(), on
/// the thread that did it, after what on_fault()'s handler has said: it may neither allocate nor
/// lock.
void on_crash(void (*say)());
/// While one lives the calling thread has a stack on which its faults can be explained: its own
/// may be what has overflowed. A Thread makes one itself. Without memory for it, or where there is
/// one, it does nothing.
class AlternateStack {
 public:
  AlternateStack();
  ~AlternateStack();
  AlternateStack(const AlternateStack&) = delete;

 private:
  std::unique_ptr<std::byte[]> memory_;
};
/// For calls of this header that failed with EFAULT. Returns if nobody can explain it.
void refused_by_kernel(const void* memory, std::size_t bytes);
/// The function at an address, "" if unknown. Slow (it reads the program's file), but it neither
/// allocates nor takes a lock.
std::string_view function_at(const void* pc, std::span<char> into);

// ---- the machine (os/machine.cpp) -----------------------------------------------------------

/// Where a CPU's time went since boot (/proc/stat, in steps of 10 ms).
struct CpuTimes {
  Nanos busy = 0;    ///< ran this system's programs or kernel
  Nanos stolen = 0;  ///< the host ran somebody else; 0 on real hardware
};
CpuTimes cpu_times(int cpu);
/// What the processor calls itself, "" if it does not say.
std::string cpu_name();
/// Columns of the terminal behind a descriptor (80 if it will not tell); 0 if it is no terminal.
int terminal_columns(int fd);

}  // namespace weft::lwp::os
