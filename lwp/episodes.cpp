// SPDX-License-Identifier: BSL-1.0
#include "lwp/episodes.hpp"

#include <algorithm>
#include <mutex>

#include "lwp/scheduler.hpp"

namespace weft::lwp {
namespace {

// How far the list of all tasks is searched for victims: the sentinel must not stay long.
constexpr int kMostLooks = 1000;

void begin_common(Episode& e, const Lwp& l, const Task& task, std::size_t ready) {
  e = {};
  e.task = task.id();
  task.name(e.name);
  e.lwp = l.index;
  e.began = os::now();
  e.ready_at_begin = static_cast<std::uint32_t>(ready);
}

bool is_carried(const Scheduler& s, const Task& task) {
  struct Search {
    const Task* task;
    bool found;
  } search{&task, false};
  s.each_lwp(
      [](const Lwp& l, void* context) {
        auto& at = *static_cast<Search*>(context);
        if (l.running.load(memory_order_relaxed) == at.task) at.found = true;
      },
      &search);
  return search.found;
}

void note_victims(Episode& e, const Scheduler& s) {
  std::size_t n = 0;
  int looks = 0;
  for (const Task* t = s.all_tasks(); t != nullptr && n < e.victims.size(); t = t->all_next) {
    if (++looks > kMostLooks) return;
    if (!t->live.load(memory_order_relaxed)) continue;
    if (t->token.load(memory_order_relaxed) == Task::kParked || is_carried(s, *t)) continue;
    e.victims[n++] = t->id();
  }
}

}  // namespace

void Episodes::begin(OpenEpisode& slot, const Lwp& l, const Task& task, const char* what,
                     std::size_t ready) {
  std::lock_guard lock(slot.lock);
  begin_common(slot.episode, l, task, ready);
  slot.episode.announced = what;
  slot.open = true;
  slot.sampled = false;
}

void Episodes::end(OpenEpisode& slot, os::Nanos returned) {
  std::lock_guard lock(slot.lock);
  Episode& e = slot.episode;
  if (!slot.open) return;
  e.length = returned - e.began;
  if (!slot.sampled && !e.handed_off) {
    e.collateral = static_cast<os::Nanos>(e.ready_at_begin) * e.length;
  }
  close(slot);
}

bool Episodes::notice(OpenEpisode& slot, const Lwp& l, const Task& task, const os::ThreadLook& look,
                      std::size_t ready, const Scheduler& scheduler) {
  std::lock_guard lock(slot.lock);
  const bool fresh = !slot.open;
  Episode& e = slot.episode;
  if (fresh) {
    begin_common(e, l, task, ready);
    slot.cpu_before = os::thread_cpu_of(l.thread_id.load(memory_order_relaxed));
    slot.open = true;
    slot.sampled = false;
  }
  if (!slot.sampled) {
    slot.sampled = true;
    e.call = look.call;
    e.descriptor = look.descriptor;
    if (e.descriptor >= 0) {
      auto path = os::descriptor_path(e.descriptor, std::span(e.path).first(e.path.size() - 1));
      e.path[path.size()] = '\0';
    }
    if (ready > 0) note_victims(e, scheduler);
    std::lock_guard total(lock_);
    ++totals_.noticed;
  }
  return fresh;
}

void Episodes::charge(OpenEpisode& slot, os::Nanos waiting) {
  std::lock_guard lock(slot.lock);
  if (slot.open && !slot.episode.handed_off) slot.episode.collateral += waiting;
}

void Episodes::handed_off(OpenEpisode& slot) {
  std::lock_guard lock(slot.lock);
  if (slot.open) slot.episode.handed_off = true;
}

os::Nanos Episodes::came_back(OpenEpisode& slot, os::Nanos asked) {
  std::lock_guard lock(slot.lock);
  Episode& e = slot.episode;
  if (!slot.open) return 0;
  e.waited_for_permit += os::now() - asked;
  if (e.announced != nullptr) return 0;  // its end() comes
  // It left the kernel when it began to use CPU again. The first few instructions before the
  // sentinel's look are counted, too.
  os::Nanos used = os::thread_cpu() - slot.cpu_before;
  e.length = std::max<os::Nanos>(asked - used - e.began, 0);
  if (e.handed_off) e.unpermitted = used;
  const os::Nanos left_kernel = e.began + e.length;
  close(slot);
  return left_kernel;
}

// REQUIRES slot.lock.
void Episodes::close(OpenEpisode& slot) {
  slot.open = false;
  const Episode& e = slot.episode;
  std::lock_guard lock(lock_);
  ring_[totals_.count % kKept] = e;
  ++totals_.count;
  totals_.unannounced += e.announced == nullptr;
  totals_.handed_off += e.handed_off;
  totals_.length += e.length;
  totals_.collateral += e.collateral;
  totals_.unpermitted += e.unpermitted;
  totals_.waited_for_permit += e.waited_for_permit;
}

std::vector<Episode> Episodes::list() const {
  std::vector<Episode> out;
  out.reserve(kKept);
  Uninterrupted here(*current());
  std::lock_guard lock(lock_);
  std::uint64_t first = totals_.count > kKept ? totals_.count - kKept : 0;
  for (std::uint64_t i = first; i < totals_.count; ++i) out.push_back(ring_[i % kKept]);
  return out;
}

Episodes::Totals Episodes::totals() const {
  Uninterrupted here(*current());
  std::lock_guard lock(lock_);
  return totals_;
}

}  // namespace weft::lwp
