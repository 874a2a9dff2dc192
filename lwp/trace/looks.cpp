// SPDX-License-Identifier: BSL-1.0
#include "lwp/trace/looks.hpp"

namespace weft::lwp::trace {
namespace {

// Falling asleep takes some CPU time after the kernel already shows it; coming back takes more.
constexpr os::Nanos kSameSleep = 10 * os::kMicrosecond;

}  // namespace

void Looks::note_awake(Seen& seen) {
  seen.before = seen.now;
  seen.now = {os::now(), os::thread_cpu_of(seen.moment.thread), seen.moment.carries, false};
  seen.asleep = false;
}

// It has used `cpu` since `before`, and has slept since. Where a fiber was on it all the time it
// ran on until then; from idleness it came with its latest event, at the latest. A thread that has
// just begun came to that event by computing.
os::Nanos Looks::fell_asleep(const Seen& seen) {
  const Used& before = seen.before;
  os::Nanos cpu = seen.now.cpu - before.cpu;
  if (before.opening) cpu -= std::max<os::Nanos>(seen.moment.latest - before.at, 0);
  cpu = std::max<os::Nanos>(cpu, 0);
  const os::Nanos since = before.carries ? before.at : seen.moment.latest;
  return std::clamp(since + cpu, std::min(seen.moment.latest, seen.now.at), seen.now.at);
}

Look Looks::judged(Seen& seen, const os::ThreadLook& look) {
  const bool asleep = look.state == 'S' || look.state == 'D';
  if (seen.asleep) seen.before = seen.now;
  seen.now = {os::now(), os::thread_cpu_of(seen.moment.thread), true, false};
  const os::Nanos at = seen.now.at, used = seen.now.cpu - seen.before.cpu;
  Look out;
  if (seen.asleep && (!asleep || used > kSameSleep)) {
    out.awake_ago = std::clamp<os::Nanos>(used, 0, at - seen.before.at);
    seen.asleep = false;
    if (asleep) out.asleep_ago = 0;  // again: it is not known when, now at the latest
  } else if (asleep && !seen.asleep) {
    out.asleep_ago = at - fell_asleep(seen);
  }
  if (out.asleep_ago >= 0) {
    seen.asleep = true;
    out.call = look.call;
    out.descriptor = look.descriptor;
    if (look.descriptor >= 0) {
      auto path = os::descriptor_path(look.descriptor, std::span(out.path).first(95));
      out.path[path.size()] = '\0';
    }
  }
  if (!asleep) seen.before = seen.now;
  return out;
}

}  // namespace weft::lwp::trace
