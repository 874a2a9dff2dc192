// SPDX-License-Identifier: BSL-1.0
#include "lwp/schedtrace.hpp"

#include <charconv>
#include <cstdlib>
#include <string_view>

#include "lwp/dump.hpp"
#include "lwp/line.hpp"

namespace weft::lwp {
namespace {

constexpr os::Nanos kMost = 3'600'000;

struct Count {
  std::uint64_t lwps = 0, running = 0, idle = 0, blocked = 0;
};

void count_lwp(const Lwp& l, void* context) {
  auto& count = *static_cast<Count*>(context);
  const int id = l.thread_id.load(memory_order_relaxed);
  if (id == 0) return;
  const bool carries = l.running.load(memory_order_relaxed) != nullptr;
  const char state = os::look_at_thread(id).state;
  if (state == '?') return;  // it has ended
  ++count.lwps;
  if (state == 'R') {
    ++count.running;
  } else if (carries && !l.idle.load(memory_order_relaxed)) {
    ++count.blocked;
  } else {
    ++count.idle;
  }
}

struct Trace {
  os::Nanos began;
  // Of the schedulers seen last; few programs have more than one.
  struct Last {
    const Scheduler* scheduler = nullptr;
    std::uint64_t switches = 0;
  };
  std::array<Last, 16> last{};

  std::uint64_t since_last(const Scheduler& s) {
    Last* slot = &last[0];
    for (auto& each : last) {
      if (each.scheduler == &s) slot = &each;
    }
    if (slot->scheduler != &s) {
      for (auto& each : last) {
        if (each.scheduler == nullptr) slot = &each;
      }
      *slot = {&s, 0};
    }
    const std::uint64_t now = s.switches();
    const std::uint64_t before = now < slot->switches ? 0 : slot->switches;  // another at its place
    slot->switches = now;
    return now - before;
  }
};

void print(const Scheduler& s, void* context) {
  auto& trace = *static_cast<Trace*>(context);
  Count count;
  s.each_lwp(count_lwp, &count);
  const auto ms = static_cast<std::uint64_t>((os::now() - trace.began) / os::kMillisecond);
  Line line;
  line.text("SCHED ").number(ms).text("ms: lwps=").number(count.lwps);
  line.text(" running=").number(count.running).text(" idle=").number(count.idle);
  line.text(" blocked=").number(count.blocked).text(" ");
  s.run_queues(line);
  line.text("switches=").number(trace.since_last(s));
  line.end(os::kStandardError);
}

[[noreturn]] void run(os::Nanos period) {
  os::not_metered();
  static Trace trace{os::now()};
  for (os::Nanos next = trace.began + period;; next += period) {
    os::sleep_until(next);
    each_known(print, &trace);
  }
}

bool start() {
  const char* asked = std::getenv("WEFT_SCHEDTRACE");
  if (asked == nullptr) return false;
  std::string_view text = asked;
  os::Nanos ms = 0;
  auto read = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || ms < 1 || ms > kMost) {
    Line line;
    line.text("weft: WEFT_SCHEDTRACE=").text(text.substr(0, 40));
    line.text(" is no number of milliseconds from 1 to 3600000, so nothing is traced; ");
    line.text("say WEFT_SCHEDTRACE=1000").end(os::kStandardError);
    return false;
  }
  // Neither closed nor joined: it works to the very end of the process.
  static auto* thread = new os::Thread("weft-schedtrace", [ms] { run(ms * os::kMillisecond); });
  return thread != nullptr;
}

}  // namespace

void start_schedtrace() {
  static const bool started = start();
  (void)started;
}

}  // namespace weft::lwp
