// SPDX-License-Identifier: BSL-1.0
// weft ps: what the fibers and LWPs of processes do now, in the manner of ps. It reads what each
// records of itself, so it sees processes whose every LWP is stuck, and asks nothing of them.
#include <CLI/CLI.hpp>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

#include "labs/commands.hpp"
#include "labs/exit.hpp"
#include "labs/table.hpp"
#include "labs/trace/stacks.hpp"
#include "labs/trace/start.hpp"
#include "labs/trace/summary.hpp"
#include "labs/trace/text.hpp"
#include "lwp/os.hpp"

namespace weft::labs {
namespace {

namespace fs = std::filesystem;
namespace os = lwp::os;
using namespace trace;

constexpr os::Nanos kEvery = os::kSecond / 2;

struct PsFlags {
  std::string pid;
  bool live = false, waits = false, stacks = false;
};

// The recording that a process writes: a file it has mapped that begins like one. "" if none.
std::string recording_of(const fs::path& process) {
  std::ifstream maps(process / "maps");
  std::string last;
  for (std::string line; std::getline(maps, line);) {
    const auto at = line.find(" rw-s ");
    const auto path = line.find('/');
    if (at == line.npos || path == line.npos || line.ends_with(" (deleted)")) continue;
    std::string file = line.substr(path);
    if (file == last || file.starts_with("/dev/")) continue;
    if (has_events(file)) return file;
    last = std::move(file);
  }
  return {};
}

// Its name as the kernel has it, 15 bytes.
std::string program_of(const fs::path& process) {
  std::string name;
  std::getline(std::ifstream(process / "comm"), name);
  return name;
}

std::optional<int> number_of(const std::string& name) {
  int pid = 0;
  const auto read = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (read.ec != std::errc() || read.ptr != name.data() + name.size()) return std::nullopt;
  return pid;
}

// 0 where the kernel does not tell.
int parent_of(const fs::path& process) {
  std::string line;
  std::getline(std::ifstream(process / "stat"), line);
  const auto name_ends = line.rfind(')');  // after it: state, parent
  if (name_ends == line.npos || name_ends + 4 > line.size()) return 0;
  return std::atoi(line.c_str() + name_ends + 4);
}

// It, or the first of its children that records itself: a dashboard's process starts what is asked
// about. `process` if there is none.
int who_records(int process) {
  if (!recording_of("/proc/" + std::to_string(process)).empty()) return process;
  std::optional<int> first;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/proc", none)) {
    const auto pid = number_of(entry.path().filename().string());
    if (pid && (!first || *pid < *first) && parent_of(entry.path()) == process &&
        !recording_of(entry.path()).empty()) {
      first = pid;
    }
  }
  return first.value_or(process);
}

// What a process does now: its part of the file alone.
std::optional<Model> now_of(int pid, const std::string& file, const Say& say) {
  const os::Nanos now = os::now();
  auto recording = read({file}, say);
  auto* r = std::get_if<Recording>(&recording);
  if (r == nullptr) return std::nullopt;
  leave_out_after(*r, now);
  leave_out(*r, [&](const Process& p) { return p.number != static_cast<std::uint32_t>(pid); });
  if (r->processes.empty()) return std::nullopt;
  return model_of(std::move(*r));
}

// The last slice of one that has not ended; null of one that has.
const Slice* present(const Model& m, const Lane& lane) {
  if (lane.slices.empty()) return nullptr;
  const Slice& s = lane.slices.back();
  return s.end >= m.recording.ended && s.state != State::none ? &s : nullptr;
}

// Who keeps a ready fiber from running: the LWPs of its runtime that are blocked, and those on
// them.
std::string behind(const Model& m, const Lane& fiber) {
  std::string text;
  for (std::uint32_t l = 0; l < m.lwps.size(); ++l) {
    const Slice* s = m.lwps[l].runtime == fiber.runtime ? present(m, m.lwps[l]) : nullptr;
    if (s == nullptr || s->state != State::blocked) continue;
    text += (text.empty() ? "" : ", ") + lwp_name(m, l) + " (" + name_of(m, s->who) + ")";
  }
  return text;
}

// What it waits for, who holds that; which call blocks it.
std::string why(const Model& m, const Lane& lane, const Slice& s, bool of_lwp) {
  std::string text;
  if (s.object != kNobody) {
    text = object_name(m, s.object);
  } else if (s.state != State::running && s.state != State::ready) {
    text = m.text(s.what);
  }
  if (s.state == State::ready) text = behind(m, lane);
  const std::uint32_t owner = s.object != kNobody ? m.objects[s.object].owner() : s.owner;
  if (owner != kNobody) text += " (" + name_of(m, owner) + ")";
  if (s.who != kNobody) {
    const std::string who = of_lwp ? name_of(m, s.who) : lwp_name(m, s.who);
    text += text.empty() ? who : ", " + who;
  }
  return text;
}

std::string picture(const Model& m, const std::string& file, const PsFlags& f, const Terminal& t) {
  const Say& say = t.say;
  Table table({say("ps.who"), say("page.state"), say("ps.why"), say("ps.since")});
  auto lines = [&](const std::vector<Lane>& lanes, auto&& name, bool of_lwp) {
    for (std::uint32_t i = 0; i < lanes.size(); ++i) {
      const Slice* s = present(m, lanes[i]);
      if (s == nullptr) continue;
      const bool waits = s->state == State::waits || s->state == State::io ||
                         s->state == State::blocked || s->state == State::ready;
      if (f.waits && (of_lwp || !waits)) continue;
      table.add(
          {name(m, i), words(s->state, say), why(m, lanes[i], *s, of_lwp), duration(s->length())});
    }
  };
  lines(m.lwps, lwp_name, true);
  lines(m.fibers, name_of, false);
  std::string out;
  for (const auto& runtime : m.runtimes) {
    if (!runtime.about.empty()) out += t.bold(printable(runtime.about)) + "\n";
  }
  out += wrap(say("ps.recorded", {{"pid", std::to_string(m.recording.processes.front().number)},
                                  {"path", printable(file)}}),
              kWidth) +
         "\n";
  if (m.recording.dropped > 0) {
    out += wrap(say("found.dropped", {{"n", std::to_string(m.recording.dropped)}}), kWidth) + "\n";
  }
  return out + (table.empty() ? say("page.nobody_waits") + "\n" : table.text(t, 3));
}

int list_all(const Terminal& t) {
  const Say& say = t.say;
  const State states[] = {State::running, State::ready, State::blocked,
                          State::waits,   State::io,    State::asleep};
  Table table({"PID", say("ps.program"), say("report.lwps"), say("report.fibers"),
               say("ps.running"), say("state.ready"), say("state.blocked"), say("ps.on_object"),
               say("ps.on_io"), say("state.asleep")});
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/proc", none)) {
    const auto pid = number_of(entry.path().filename().string());
    if (!pid || *pid == os::process_id()) continue;
    const std::string file = recording_of(entry.path());
    if (file.empty()) continue;
    const auto m = now_of(*pid, file, say);
    if (!m) continue;
    std::array<int, kStates> in{};
    int lwps = 0, fibers = 0;
    for (const auto& lane : m->lwps) lwps += present(*m, lane) != nullptr ? 1 : 0;
    for (const auto& lane : m->fibers) {
      if (const Slice* s = present(*m, lane)) ++fibers, ++in[static_cast<std::size_t>(s->state)];
    }
    const std::string& role = m->recording.processes.front().role;
    std::string program = program_of(entry.path());
    if (!role.empty()) program += " (" + role + ")";
    std::vector<std::string> cells{std::to_string(*pid), printable(program), std::to_string(lwps),
                                   std::to_string(fibers)};
    for (State s : states) cells.push_back(std::to_string(in[static_cast<std::size_t>(s)]));
    table.add(std::move(cells));
  }
  if (table.empty()) {
    std::fprintf(stderr, "%s\n", t.shown(say("ps.nobody")).c_str());
    return kNo;
  }
  std::fputs(t.shown(table.text(t, 2)).c_str(), stdout);
  return kDone;
}

int ps(const PsFlags& f, const Terminal& t) {
  const Say& say = t.say;
  if (f.pid.empty()) {
    const char* alone = f.live ? "--live" : f.waits ? "--waits" : f.stacks ? "--stacks" : nullptr;
    if (alone != nullptr) return refuse(t, "ps", {say("ps.which", {{"flag", alone}})});
    return list_all(t);
  }
  const std::optional<int> number = number_of(f.pid);
  if (!number || *number <= 0) {
    return refuse(t, "ps", {say("ps.no_pid", {{"word", printable(f.pid)}})});
  }
  std::error_code none;
  if (!fs::exists("/proc/" + std::to_string(*number), none)) {
    return refuse(t, "ps", {say("ps.no_process", {{"pid", std::to_string(*number)}})});
  }
  const int recorded = who_records(*number);
  const std::string pid = std::to_string(recorded);
  const fs::path process = "/proc/" + pid;
  if (f.stacks && f.live) return refuse(t, "ps", {say("ps.one_of_both")});
  if (f.stacks) {
    // gdb runs what the program brings along for it, with our rights.
    if (const auto owner = os::owner_of_process(recorded); owner && *owner != os::user()) {
      return refuse(t, "ps", {say("ps.others", {{"pid", pid}}), kMachineLacks});
    }
    auto exit = os::run_in_foreground(gdb_on(recorded, {"weft fibers", "weft bt all"}));
    if (!exit || exit->code == 127) return refuse(t, "ps", {say("ps.no_gdb"), kMachineLacks});
    return exit->code;
  }
  const std::string file = recording_of(process);
  if (file.empty()) return refuse(t, "ps", {say("ps.not_recorded", {{"pid", pid}})});
  constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};
  auto signals = f.live ? os::signal_fd(kSignals) : lwp::Result<os::Fd>::failure(0);
  while (true) {
    const auto m = now_of(recorded, file, say);
    if (!m) return refuse(t, "ps", {say("ps.not_recorded", {{"pid", pid}})});
    const std::string text = t.shown(picture(*m, file, f, t));
    if (!f.live) {
      std::fputs(text.c_str(), stdout);
      return kDone;
    }
    std::fputs(("\x1b[H\x1b[2J" + text).c_str(), stdout);
    std::fflush(stdout);
    if (signals && os::wait_ready(signals->get(), os::kReadable, os::now() + kEvery)) return kDone;
    if (!fs::exists(process, none)) return kDone;
  }
}

}  // namespace

void ps_command(CLI::App& sub, const Terminal& terminal, int& exit_code) {
  auto f = std::make_shared<PsFlags>();
  const Say& say = terminal.say;
  sub.add_option("pid", f->pid, say("ps.help_pid"))->type_name("PID");
  sub.add_flag("--live", f->live, say("ps.help_live"));
  sub.add_flag("--waits", f->waits, say("ps.help_waits"));
  sub.add_flag("--stacks", f->stacks, say("ps.help_stacks"));
  sub.footer(say("ps.footer"));
  sub.callback([f, &terminal, &exit_code] { exit_code = ps(*f, terminal); });
}

}  // namespace weft::labs
