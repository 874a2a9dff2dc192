// SPDX-License-Identifier: BSL-1.0
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lwp/os/kernel.hpp"

namespace weft::lwp::os {
namespace {

// In the child: die with the parent, run where the parent asked.
void begin_child(pid_t parent, std::span<const int> cpus, int at_parents_end = SIGKILL) {
  ::prctl(PR_SET_PDEATHSIG, at_parents_end, 0, 0, 0);
  if (::getppid() != parent) ::_exit(128 + at_parents_end);  // it ended before the line above
  if (!cpus.empty()) (void)confine_to(cpus).error();
}

}  // namespace

Result<Fd> signal_fd(std::span<const int> signals) {
  sigset_t set;
  ::sigemptyset(&set);
  for (int s : signals) ::sigaddset(&set, s);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  Fd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  return fd ? Result<Fd>(std::move(fd)) : Result<Fd>::failure(errno);
}

void unblock_signals(std::span<const int> signals) {
  sigset_t set;
  ::sigemptyset(&set);
  for (int s : signals) ::sigaddset(&set, s);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void ignore_signals(std::span<const int> signals) {
  for (int s : signals) ::signal(s, SIG_IGN);
}

int take_signal(int fd) {
  signalfd_siginfo info;
  return ::read(fd, &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), out_(std::move(other.out_)), exit_(other.exit_) {}
Process& Process::operator=(Process&& other) noexcept {
  if (this != &other) {
    this->~Process();
    new (this) Process(std::move(other));
  }
  return *this;
}
Process::~Process() {
  if (pid_ <= 0 || exit_) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}
void Process::signal(int number) {
  if (pid_ > 0 && !exit_) ::kill(pid_, number);
}

std::optional<Exit> Process::wait(Nanos deadline) {
  if (exit_ || pid_ <= 0) return exit_;
  if (deadline != kNever) {
    // A pidfd becomes readable when the process ends.
    Fd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    if (handle && !wait_ready(handle.get(), kReadable, deadline)) return std::nullopt;
  }
  int status = 0;
  Asleep asleep;
  if (retry([&] { return ::waitpid(pid_, &status, 0); }) != pid_) return std::nullopt;
  exit_ = WIFSIGNALED(status) ? Exit{128 + WTERMSIG(status), true} : Exit{WEXITSTATUS(status)};
  return exit_;
}

Result<Process> spawn_process(const std::vector<std::string>& argv, std::span<const int> cpus) {
  auto out = pipe();
  auto failed = pipe();
  if (!out || !failed) return Result<Process>::failure(errno);
  std::vector<char*> arguments;
  for (const auto& a : argv) arguments.push_back(const_cast<char*>(a.c_str()));
  arguments.push_back(nullptr);
  pid_t parent = ::getpid();
  pid_t pid = ::fork();
  if (pid < 0) return Result<Process>::failure(errno);
  if (pid == 0) {
    begin_child(parent, cpus);
    sigset_t none;  // another program expects no signal to be blocked
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::dup2((*out)[1].get(), STDOUT_FILENO);
    ::execvp(arguments[0], arguments.data());
    int error = errno;
    [[maybe_unused]] auto n = ::write((*failed)[1].get(), &error, sizeof error);
    ::_exit(127);
  }
  (*failed)[1].reset();
  Process child(pid, std::move((*out)[0]));
  int error = 0;  // the pipe closes unread when exec succeeds
  if (retry([&] { return ::read((*failed)[0].get(), &error, sizeof error); }) == sizeof error) {
    (void)child.wait();
    return Result<Process>::failure(error);
  }
  return Result<Process>(std::move(child));
}

void close_on_exec(int fd) {
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void set_environment(const std::string& name, const std::string& value) {
  (void)::setenv(name.c_str(), value.c_str(), 1);
}

Result<Exit> run_in_foreground(const std::vector<std::string>& argv) {
  auto failed = pipe();
  if (!failed) return Result<Exit>::failure(errno);
  std::vector<char*> arguments;
  for (const auto& a : argv) arguments.push_back(const_cast<char*>(a.c_str()));
  arguments.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return Result<Exit>::failure(errno);
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(1);
    ::execvp(arguments[0], arguments.data());
    int error = errno;
    [[maybe_unused]] auto n = ::write((*failed)[1].get(), &error, sizeof error);
    ::_exit(127);
  }
  (*failed)[1].reset();
  // The terminal's keys reach the child, too; what they mean is for it to say.
  auto interrupt = ::signal(SIGINT, SIG_IGN), quit = ::signal(SIGQUIT, SIG_IGN);
  Process child(pid, Fd());
  int error = 0;
  if (retry([&] { return ::read((*failed)[0].get(), &error, sizeof error); }) != sizeof error) {
    error = 0;
  }
  const auto exit = child.wait();
  ::signal(SIGINT, interrupt);
  ::signal(SIGQUIT, quit);
  return error != 0 || !exit ? Result<Exit>::failure(error) : Result<Exit>(*exit);
}

std::string own_program() {
  std::string path(4096, '\0');
  auto n = ::readlink("/proc/self/exe", path.data(), path.size());
  path.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
  return path;
}

Result<Process> fork_process(const std::function<int()>& body, std::span<const int> cpus,
                             int at_parents_end) {
  pid_t parent = ::getpid();
  pid_t pid = ::fork();
  if (pid < 0) return Result<Process>::failure(errno);
  if (pid == 0) {
    begin_child(parent, cpus, at_parents_end);
    // What the parent does about its own crash is not for the child.
    for (int crash : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) ::signal(crash, SIG_DFL);
    ::_exit(body());
  }
  return Result<Process>(Process(pid, Fd()));
}

std::string signal_name(int number) {
  const char* words = ::sigdescr_np(number);
  return words != nullptr ? words : "unknown";
}

int process_id() {
  return ::getpid();
}

int parent_id() {
  return ::getppid();
}

unsigned user() {
  return ::geteuid();
}

std::optional<unsigned> owner_of_process(int process) {
  struct stat about;
  const std::string folder = "/proc/" + std::to_string(process);
  if (::stat(folder.c_str(), &about) != 0) return std::nullopt;
  return about.st_uid;
}

std::string command_line() {
  Fd fd(::open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC));
  char text[1024];
  const ssize_t n = fd ? ::read(fd.get(), text, sizeof text) : 0;
  std::string words(text, n > 0 ? static_cast<std::size_t>(n) - 1 : 0);
  std::replace(words.begin(), words.end(), '\0', ' ');
  return words;
}

void* shared_memory(std::size_t bytes) {
  void* at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return at == MAP_FAILED ? nullptr : at;
}

std::size_t resident_bytes() {
  Fd statm(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  char text[128] = {};
  if (!statm || ::read(statm.get(), text, sizeof text - 1) <= 0) return 0;
  unsigned long total = 0, resident = 0;
  if (std::sscanf(text, "%lu %lu", &total, &resident) != 2) return 0;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

void exit_now(int code) {
  ::syscall(SYS_exit_group, code);  // not _exit: ThreadSanitizer would first have its say
  __builtin_unreachable();
}

}  // namespace weft::lwp::os
