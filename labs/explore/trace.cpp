// SPDX-License-Identifier: BSL-1.0
#include "labs/explore/trace.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "labs/trace/writer.hpp"
#include "lwp/task.hpp"

namespace weft::labs::explore {
namespace {

using trace::Writer;
using Event = Writer::Event;
using Nanos = Writer::Nanos;

constexpr std::string_view kWaits = "waits for ", kWakes = "wakes ", kStarts = "starts ",
                           kBlocks = "blocks its LWP in ";

// Turns lines of the story, which tell only of steps that the program's source has, into events
// without gaps: who runs where, and who must have left since.
class Player {
 public:
  Player(Writer& to, const Story& story, const std::string& about, const Say& say)
      : to_(to), story_(story), say_(say), runtime_(to.runtime(about)) {
    actors_.resize(story.actors.size());
    for (std::size_t i = 0; i < actors_.size(); ++i) actors_[i].number = i + 1;
  }

  void play() {
    for (const StoryLine& line : story_.lines) play(line);
  }
  /// The last thing that was done lasts a step, as any other; a call that never came back, long
  /// enough to be seen.
  Nanos end() const {
    const bool blocked =
        std::any_of(actors_.begin(), actors_.end(), [](const Actor& a) { return a.blocked; });
    return blocked ? end_ + end_ / 10 : end_;
  }

 private:
  struct Actor {
    std::uint64_t number = 0;
    bool made = false, ended = false;
    bool blocked = false;  // in the kernel, and its LWP with it
    int lwp = 0;           // that it runs on; 0: none
  };
  struct Lwp {
    std::size_t place = 0;
    std::size_t actor = kNone;  // on it
  };
  static constexpr std::size_t kNone = ~std::size_t{0};

  // A kernel thread of the program's own has an LWP for itself.
  static int lwp_of(const StoryLine& line) {
    constexpr int kOwnThreads = 100;
    return line.lwp > 0 ? line.lwp : kOwnThreads + static_cast<int>(line.column);
  }
  Lwp& lwp(int number) {
    auto [at, fresh] = lwps_.try_emplace(number);
    if (fresh) at->second.place = to_.place(runtime_, static_cast<std::uint32_t>(number));
    return at->second;
  }

  void play(const StoryLine& line) {
    const auto begin = static_cast<Nanos>(line.step);
    const Nanos last = std::max(begin, static_cast<Nanos>(line.last));
    end_ = last + 1;
    Actor& actor = actors_[line.column];
    const int number = lwp_of(line);
    Lwp& on = lwp(number);
    make(line.column, on.place, begin);
    if (on.actor != line.column) {
      leave(on, begin, Event::yield);
      if (actor.lwp != 0) leave(lwp(actor.lwp), begin, Event::yield);
      to_.write(on.place, begin, Event::run, {actor.number});
      on.actor = line.column;
      actor.lwp = number;
    }
    if (std::exchange(actor.blocked, false)) to_.write(on.place, begin, Event::unblock, {0});
    to_.write(on.place, begin, Event::note, {}, in_words(line));
    for (const auto& effect : line.effects) act(effect, line.column, on, last);
  }

  void make(std::size_t actor, std::size_t place, Nanos at) {
    Actor& a = actors_[actor];
    if (std::exchange(a.made, true)) return;
    to_.write(place, at, Event::create, {a.number}, story_.actors[actor]);
  }
  void leave(Lwp& lwp, Nanos at, Event how) {
    if (lwp.actor == kNone) return;
    to_.write(lwp.place, at, how);
    actors_[std::exchange(lwp.actor, kNone)].lwp = 0;
  }

  void act(const std::string& effect, std::size_t who, Lwp& on, Nanos at) {
    if (on.actor != who) return;  // it has left
    if (effect.starts_with(kWaits)) {
      to_.write(on.place, at, Event::park, {to_.string(effect.substr(kWaits.size())), 0});
      actors_[std::exchange(on.actor, kNone)].lwp = 0;
    } else if (effect.starts_with(kBlocks)) {
      to_.write(on.place, at, Event::block, {to_.string(effect.substr(kBlocks.size()))});
      actors_[who].blocked = true;
    } else if (effect == "ends") {
      leave(on, at, Event::done);
    } else if (effect.starts_with(kWakes)) {
      tell(effect.substr(kWakes.size()), on, at, lwp::Why::woken);
    } else if (effect.starts_with(kStarts)) {
      tell(effect.substr(kStarts.size()), on, at, lwp::Why::created);
    }
  }
  void tell(const std::string& name, Lwp& on, Nanos at, lwp::Why why) {
    const auto found = std::find(story_.actors.begin(), story_.actors.end(), name);
    std::uint64_t number;
    if (found != story_.actors.end()) {
      const auto other = static_cast<std::size_t>(found - story_.actors.begin());
      make(other, on.place, at);
      number = actors_[other].number;
    } else {  // it never did anything
      auto [silent, fresh] = silent_.try_emplace(name, actors_.size() + silent_.size() + 1);
      number = silent->second;
      if (fresh) to_.write(on.place, at, Event::create, {number}, name);
    }
    to_.write(on.place, at, Event::ready, {number, static_cast<std::uint64_t>(why)});
  }

  std::string in_words(const StoryLine& line) const {
    std::string text =
        line.line == 0 ? line.source : std::to_string(line.line) + ": " + line.source;
    std::string effects;
    for (const auto& e : line.effects) {
      effects += (effects.empty() ? "" : ", ") + explore::in_words(e, say_);
    }
    if (!effects.empty()) text += (text.empty() ? "» " : "  » ") + effects;
    return text;
  }

  Writer& to_;
  const Story& story_;
  const Say& say_;
  const std::uint32_t runtime_;
  std::vector<Actor> actors_;
  std::map<std::string, std::uint64_t> silent_;  // fibers that have no column
  std::map<int, Lwp> lwps_;
  Nanos end_ = 0;
};

}  // namespace

std::string to_recording(const Story& story, const std::string& what, const std::string& about,
                         const std::string& outcome, const Say& say) {
  Writer to("weft explore " + what);
  to.fact(lwp::trace::kClockOfSteps);
  Player player(to, story, about, say);
  player.play();
  to.fact("outcome=" + outcome, player.end());
  return to.bytes();
}

}  // namespace weft::labs::explore
