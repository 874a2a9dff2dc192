// SPDX-License-Identifier: BSL-1.0
#include "labs/policy/rules.hpp"

#include <algorithm>
#include <cstring>
#include <deque>

#include "labs/random.hpp"
#include "lwp/dump.hpp"

namespace weft::labs {
namespace {

using namespace lwp;

constexpr int kTasks = 5;
constexpr int kSequences = 400;
constexpr int kLongest = 60;

// What happens next. One that cannot happen now is passed over, so that any part of a sequence is
// a sequence, too.
struct Event {
  enum Kind { wakes, runs, yields, parks, ends, changes, is_stolen } kind;
  int task = 0;
};
using Sequence = std::vector<Event>;

class Actor final : public Task {
 public:
  explicit Actor(int number) {
    set_identity(static_cast<std::uint64_t>(number + 1), std::string(1, letter(number)));
    set_wishes({.priority = 10 * number,
                .tickets = static_cast<unsigned>(100 * (number + 1)),
                .deadline = 1000 - number});
  }
  Left run(Lwp&) override { broken("a task of the rules is never run"); }
  static char letter(int number) { return static_cast<char>('A' + number); }

  enum State { unborn, asleep, queued, running } state = unborn;
};

std::string name_of(const Task* task) {
  if (task == nullptr) return "";
  std::array<char, Task::kNameBytes> name;
  return std::string(task->name(name));
}

// One policy and its tasks, through one sequence.
class Play {
 public:
  Play(const PolicyType& type, char* progress, std::size_t room)
      : type_(type), progress_(progress), room_(room) {
    for (int i = 0; i < (type.traits.scope == Scope::permit ? 2 : 1); ++i) {
      auto checked = std::make_unique<CheckedPolicy>(type.make(1), type);
      checked->context = this;
      checked->on_fault = [](const PolicyFault& fault, CheckedPolicy&, void* self) {
        auto& play = *static_cast<Play*>(self);
        if (!play.broken_) play.broken_ = BrokenRule{fault.rule, name_of(fault.task), {}};
      };
      policies_.push_back(std::move(checked));
    }
    for (int i = 0; i < kTasks; ++i) actors_.emplace_back(i);
  }

  std::optional<BrokenRule> through(const Sequence& sequence) {
    for (const Event& e : sequence) {
      happens(e);
      if (broken_) break;
    }
    // In the end everybody who is ready must come out.
    for (int i = 0; i <= kTasks && !broken_; ++i) next(*policies_[0]);
    if (broken_) broken_->story = std::move(story_);
    return broken_;
  }

 private:
  void happens(const Event& e) {
    Actor& task = actors_[static_cast<std::size_t>(e.task)];
    now_ += 700'000;
    switch (e.kind) {
      case Event::wakes:
        if (task.state == Actor::asleep || task.state == Actor::unborn) {
          ready(*policies_[0], task, task.state == Actor::unborn ? Why::created : Why::woken);
        }
        return;
      case Event::runs:
        next(*policies_[0]);
        return;
      case Event::yields:
        leaves(task, How::yielded);
        return;
      case Event::parks:
        leaves(task, How::parked);
        return;
      case Event::ends:
        leaves(task, How::done);
        return;
      case Event::changes:
        if (task.state != Actor::queued) return;
        task.set_wishes({.priority = (task.priority() + 17) % Task::kPriorities,
                         .tickets = task.tickets() % 400 + 50,
                         .deadline = task.deadline() / 2});
        tell(std::string("changed(") + name_of(&task) + ")");
        if (type_.hooks.changed) policies_[0]->changed(task);
        return;
      case Event::is_stolen:
        steal();
        return;
    }
  }

  void ready(CheckedPolicy& policy, Actor& task, Why why) {
    static constexpr const char* kWhy[] = {"created",   "woken",    "yielded", "slice_used",
                                           "preempted", "returned", "stolen"};
    tell("ready(" + name_of(&task) + ", " + kWhy[static_cast<int>(why)] + ")");
    task.note_ready(why, now_);
    task.state = Actor::queued;
    policy.ready(task, why);
  }

  void next(CheckedPolicy& policy) {
    if (type_.hooks.tick) policy.tick(now_);
    tell("next()");
    Task* task = policy.next();
    add(task == nullptr ? " returns nothing"
        : broken_       ? " returns " + known(task)
                        : " returns " + name_of(task));
    if (task != nullptr && !broken_) static_cast<Actor*>(task)->state = Actor::running;
  }

  void leaves(Actor& task, How how) {
    if (task.state != Actor::running) return;
    task.note_ran(700'000);
    if (type_.hooks.stopped) {
      static constexpr const char* kHow[] = {"done", "yielded", "parked"};
      tell("stopped(" + name_of(&task) + ", " + kHow[static_cast<int>(how)] + ")");
      policies_[0]->stopped(task, how, 700'000);
    }
    task.note_burst_end(how);
    task.state = how == How::done ? Actor::unborn : Actor::asleep;
    if (how == How::yielded) ready(*policies_[0], task, Why::yielded);
  }

  // Another permit takes one and gives it back: both ways of moving.
  void steal() {
    if (policies_.size() < 2) return;
    for (auto [from, to] : {std::pair{0, 1}, std::pair{1, 0}}) {
      tell("steal()");
      Task* task = policies_[static_cast<std::size_t>(to)]->steal(
          *policies_[static_cast<std::size_t>(from)]);
      add(task == nullptr ? " finds nothing" : " takes " + known(task));
      if (task == nullptr || broken_) return;
      ready(*policies_[static_cast<std::size_t>(to)], *static_cast<Actor*>(task), Why::stolen);
    }
  }

  // A policy that breaks rules may return anything.
  std::string known(const Task* task) {
    for (const auto& a : actors_) {
      if (&a == task) return name_of(task);
    }
    return "a task that there is not";
  }

  void tell(std::string line) {
    write(line + "\n");
    story_.push_back(std::move(line));
  }
  void add(const std::string& text) {
    written_ -= written_ > 0 ? 1 : 0;  // the end of the line
    write(text + "\n");
    story_.back() += text;
  }
  // What is too long is cut.
  void write(const std::string& text) {
    if (progress_ == nullptr || written_ + text.size() >= room_) return;
    std::memcpy(progress_ + written_, text.c_str(), text.size() + 1);
    written_ += text.size();
  }

  const PolicyType& type_;
  char* const progress_;
  const std::size_t room_;
  std::vector<std::unique_ptr<CheckedPolicy>> policies_;
  std::deque<Actor> actors_;
  Nanos now_ = 1;
  std::optional<BrokenRule> broken_;
  std::vector<std::string> story_;
  std::size_t written_ = 0;  // of progress_
};

// Everybody is there and takes turns for ever: what starves somebody shows here.
Sequence all_yield() {
  Sequence s;
  for (int i = 0; i < kTasks; ++i) s.push_back({Event::wakes, i});
  for (int turn = 0; turn < 300; ++turn) {
    s.push_back({Event::runs});
    for (int i = 0; i < kTasks; ++i) s.push_back({Event::yields, i});
  }
  return s;
}

// Two wake each other while the others wait for their turn.
Sequence ping_pong() {
  Sequence s;
  for (int i = 0; i < kTasks; ++i) s.push_back({Event::wakes, i});
  for (int turn = 0; turn < 150; ++turn) {
    s.push_back({Event::runs});
    for (int i = 0; i < 2; ++i) s.push_back({Event::parks, i});
    for (int i = 2; i < kTasks; ++i) s.push_back({Event::yields, i});
    for (int i = 0; i < 2; ++i) s.push_back({Event::wakes, i});
  }
  return s;
}

Sequence by_chance(Random& random, int length) {
  Sequence s;
  for (int i = 0; i < length; ++i) {
    static constexpr Event::Kind kKinds[] = {Event::wakes, Event::wakes,   Event::runs,
                                             Event::runs,  Event::yields,  Event::parks,
                                             Event::ends,  Event::changes, Event::is_stolen};
    s.push_back({kKinds[random.below(std::size(kKinds))], static_cast<int>(random.below(kTasks))});
  }
  return s;
}

Sequence by_appearance(Sequence s) {
  std::array<int, kTasks> letter;
  letter.fill(-1);
  int seen = 0;
  for (Event& e : s) {
    if (e.kind == Event::runs || e.kind == Event::is_stolen) continue;
    int& l = letter[static_cast<std::size_t>(e.task)];
    if (l < 0) l = seen++;
    e.task = l;
  }
  return s;
}

}  // namespace

std::optional<BrokenRule> first_broken_rule(const PolicyType& type, char* progress,
                                            std::size_t room) {
  auto play = [&](const Sequence& s) { return Play(type, progress, room).through(s); };
  Random random(1);
  for (int i = 0; i < kSequences; ++i) {
    // Short ones first: what they show is easiest to understand.
    Sequence sequence = i == kSequences - 1   ? ping_pong()
                        : i == kSequences - 2 ? all_yield()
                                              : by_chance(random, 3 + i * kLongest / kSequences);
    auto broken = play(sequence);
    if (!broken) continue;
    // Leave out, from large parts to single events, whatever is not needed to break that rule.
    for (std::size_t part = std::max<std::size_t>(sequence.size() / 2, 1); part > 0; part /= 2) {
      for (std::size_t at = 0; at + part <= sequence.size();) {
        Sequence shorter = sequence;
        shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(at),
                      shorter.begin() + static_cast<std::ptrdiff_t>(at + part));
        auto still = play(shorter);
        if (still && still->rule == broken->rule) {
          sequence = std::move(shorter);
          broken = std::move(still);
        } else {
          at += part;
        }
      }
    }
    // The first to appear is A, and so on; unless it breaks in another way then.
    auto renamed = play(by_appearance(sequence));
    return renamed && renamed->rule == broken->rule ? renamed : broken;
  }
  return std::nullopt;
}

}  // namespace weft::labs
