// SPDX-License-Identifier: BSL-1.0
// What the seam can only show in a process of its own:
//   program_kernel SCENARIO
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "lwp/os.hpp"

using namespace weft::lwp;

namespace {

// Which kernel features there are.
int features() {
  for (auto f : os::kFeatures) {
    std::printf("%s %s\n", std::string(os::name(f)).c_str(), os::has(f) ? "yes" : "no");
  }
  for (const auto& word : os::unknown_in_weft_without()) std::printf("unknown %s\n", word.c_str());
  std::printf("membarrier() %s\n", os::membarrier() ? "yes" : "no");
  return 0;
}

// Touches a stack from its top to the given distance from its bottom, then `beyond` below it.
int guard(bool beyond) {
  constexpr std::size_t kBytes = 64 * 1024 + 100;  // rounded up
  auto* stack = static_cast<volatile char*>(os::map_stack(kBytes).value());
  for (std::size_t i = 0; i < kBytes; ++i) stack[i] = 1;
  os::write_out(1, "touched\n");
  if (beyond) stack[-1] = 1;
  os::unmap_stack(const_cast<char*>(stack), kBytes);
  os::write_out(1, "unmapped\n");
  return 0;
}

// The idle meter: what it counts is printed in milliseconds.
int meter() {
  atomic<std::size_t> waiting{0};
  os::meter_idle([&] { return waiting.load(); });
  auto print = [](const char* what) {
    static os::IdleReport before;
    os::IdleReport r = os::idle_report();
    std::printf(
        "%s idle %lld waiting %lld times %llu\n", what,
        static_cast<long long>((r.idle - before.idle) / os::kMillisecond),
        static_cast<long long>((r.idle_while_waiting - before.idle_while_waiting) /
                               os::kMillisecond),
        static_cast<unsigned long long>(r.times_while_waiting - before.times_while_waiting));
    before = r;
  };
  auto nap = [] { os::sleep_until(os::now() + 20 * os::kMillisecond); };
  nap();
  print("alone");
  waiting.store(2);
  nap();
  print("others-wait");
  {
    atomic<bool> stop{false};
    os::Thread busy("busy", [&] {
      while (!stop.load()) {
      }
    });
    nap();
    stop.store(true);
    os::Nanos began = os::now();
    busy.join();
    if (os::now() - began > 5 * os::kMillisecond) std::printf("(a slow machine)\n");
  }
  print("one-computes");
  {
    auto pipe = std::move(os::pipe()).value();
    os::Thread sleeper("sleeper", [&] {
      std::byte one[1];
      (void)os::read(pipe[0].get(), one).error();
    });
    nap();
    nap();
    std::byte one[1]{};
    (void)os::write(pipe[1].get(), one).error();
  }
  print("both-sleep");
  {
    atomic<bool> stop{false};
    os::Thread watcher("watcher", [&] {
      os::not_metered();
      while (!stop.load()) {
      }
    });
    nap();
    stop.store(true);
  }
  print("a-watcher-computes");
  waiting.store(0);
  nap();
  print("nobody-waits");
  return 0;
}

// Writes and reads before and after.
int confine() {
  const std::string temporary = std::filesystem::temp_directory_path();
  std::string folder = temporary + "/weft-confine-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) return 2;
  const std::string file = folder + "/file";
  std::ofstream open_before(file);
  const bool can = os::confine({folder, "/nowhere/at/all"});
  std::printf("confined %s\n", can ? "yes" : "no");
  if (can) {
    std::printf("hidden %s\n", std::ifstream(file) ? "no" : "yes");
    std::printf("writes %s\n", std::ofstream(temporary + "/weft-confine") ? "yes" : "no");
    std::printf("reads %s\n", std::ifstream("/etc/passwd") ? "yes" : "no");
    std::printf("open %s\n", open_before << "text" << std::flush ? "yes" : "no");
    return 0;
  }
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::string_view scenario = argc == 2 ? argv[1] : "";
  if (scenario == "features") return features();
  if (scenario == "stack") return guard(false);
  if (scenario == "guard") return guard(true);
  if (scenario == "meter") return meter();
  if (scenario == "confine") return confine();
  if (scenario == "exit-7") os::exit_now(7);
  if (scenario == "abort") std::abort();
  return 2;
}
