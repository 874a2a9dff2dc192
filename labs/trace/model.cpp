// SPDX-License-Identifier: BSL-1.0
#include "labs/trace/model.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "labs/trace/collateral.hpp"
#include "labs/trace/tracks.hpp"
#include "lwp/task.hpp"

namespace weft::labs::trace {
namespace {

using lwp::Why;

struct Key {
  std::uint64_t scope, number;
  friend auto operator<=>(const Key&, const Key&) = default;
};
struct HashKey {
  std::size_t operator()(const Key& k) const {
    return static_cast<std::size_t>((k.scope * 0x9e3779b97f4a7c15u) ^
                                    (k.number * 0xff51afd7ed558ccdu));
  }
};

class Builder {
 public:
  explicit Builder(Recording recording) { m_.recording = std::move(recording); }

  Model build() {
    // Runtimes in the order of their processes, whoever was recorded first; the clients behind the
    // servers that they ask.
    for (bool clients : {false, true}) {
      for (std::uint32_t p = 0; p < m_.recording.processes.size(); ++p) {
        const Process& process = m_.recording.processes[p];
        if ((process.role == "client") != clients) continue;
        for (const auto& [number, about] : process.runtimes) {
          runtime_of({.process = p, .runtime = number});
        }
      }
    }
    for (const Event& e : m_.recording.events) take(e);
    finish();
    return std::move(m_);
  }

 private:
  const Place& place(const Event& e) const { return m_.recording.places[e.place]; }
  static std::uint64_t scope(std::uint32_t process, std::uint32_t runtime) {
    return static_cast<std::uint64_t>(process) << 32 | runtime;
  }

  std::uint32_t runtime_of(const Place& p) {
    auto [at, fresh] = runtimes_.try_emplace(Key{p.process, p.runtime},
                                             static_cast<std::uint32_t>(m_.runtimes.size()));
    if (fresh) {
      Runtime r;
      r.process = p.process;
      r.number = p.runtime;
      for (const auto& [number, about] : m_.recording.processes[p.process].runtimes) {
        if (number == p.runtime) r.about = about;
      }
      r.shares_lwps = !r.about.starts_with("one-to-one");
      m_.runtimes.push_back(r);
      collateral_.emplace_back(m_.recording.processes[p.process].processors);
    }
    return at->second;
  }

  std::uint32_t fiber(const Place& p, std::uint64_t number) {
    if (number == 0) return kNobody;
    auto [at, fresh] = fiber_index_.try_emplace(Key{scope(p.process, p.runtime), number},
                                                static_cast<std::uint32_t>(fibers_.size()));
    if (fresh) {
      FiberTrack& f = fibers_.emplace_back();
      f.number = number;
      f.runtime = runtime_of(p);
    }
    return at->second;
  }

  // Null for a place that is no LWP.
  LwpTrack* lwp(const Place& p, std::uint64_t number) {
    if (number == 0) return nullptr;
    auto [at, fresh] = lwp_index_.try_emplace(Key{scope(p.process, p.runtime), number},
                                              static_cast<std::uint32_t>(lwps_.size()));
    if (fresh) {
      LwpTrack& l = lwps_.emplace_back();
      l.number = number;
      l.runtime = runtime_of(p);
    }
    return &lwps_[at->second];
  }
  std::uint32_t number(const LwpTrack& l) const {
    return static_cast<std::uint32_t>(&l - lwps_.data());
  }

  // What it is, of what waiting for it is called: "channel" of "channel receive".
  static std::string_view kind_of(std::string_view reason) {
    if (reason.ends_with(" fd")) return "fd";
    for (std::string_view use : {" receive", " send"}) {
      if (reason.ends_with(use)) reason.remove_suffix(use.size());
    }
    return reason;
  }
  std::uint32_t object(const Place& p, std::uint32_t reason, std::uint64_t address) {
    const std::string_view kind = kind_of(m_.text(reason));
    auto [at, fresh] = object_index_.try_emplace(Key{p.process, address}, 0);
    // A place in memory may be one object's after another's.
    if (!fresh && !kind.empty() && !m_.objects[at->second].kind.empty()) {
      fresh = m_.objects[at->second].kind != kind;
    }
    if (fresh) {
      at->second = static_cast<std::uint32_t>(m_.objects.size());
      Object& o = m_.objects.emplace_back();
      o.process = p.process;
      o.address = address;
      holders_.emplace_back();
    }
    Object& o = m_.objects[at->second];
    if (o.kind.empty()) o.kind = kind;
    return at->second;
  }

  // ---- what others lose while an LWP is blocked ----
  auto charge() {
    return [this](std::uint32_t lwp, Nanos time) {
      if (lwps_[lwp].call != LwpTrack::kNoCall) m_.calls[lwps_[lwp].call].collateral += time;
    };
  }
  void set(std::uint32_t fiber, Nanos at, const Slice& next) {
    FiberTrack& f = fibers_[fiber];
    count(f.runtime, at, f.state(), next.state);
    f.set(at, next);
  }
  void count(std::uint32_t runtime, Nanos at, State was, State will) {
    collateral_[runtime].changes(at, was, will, charge());
  }
  void keeps_others_waiting(LwpTrack& l, Nanos at, bool does) {
    if (!m_.runtimes[l.runtime].shares_lwps) return;
    collateral_[l.runtime].blocked(at, number(l), does, charge());
  }

  // ---- LWPs and fibers ----
  void runs(LwpTrack& l, std::uint32_t f, Nanos at) {
    end_call(l, at);
    l.permit = true;
    l.fiber = f;
    l.set(at, {.state = State::running, .who = f});
    fibers_[f].told = false;
    set(f, at, {.state = State::running, .who = number(l)});
  }

  // What it did from then on is not recorded: whom it ran, whom it woke, what they let go of.
  void loses(LwpTrack& l, Nanos at) {
    const std::uint32_t on = l.fiber;
    leaves(l, at);
    const Runtime& runtime = m_.runtimes[l.runtime];
    std::erase_if(open_flows_, [&](auto& open) {
      if (open.first.scope != scope(runtime.process, runtime.number)) return false;
      for (const std::size_t s : open.second) stays_open(m_.spans[s], at);
      return true;
    });
    for (std::uint32_t f = 0; f < fibers_.size(); ++f) {
      FiberTrack& track = fibers_[f];
      const bool elsewhere =
          f != on && (track.state() == State::running || track.state() == State::blocked);
      if (track.runtime != l.runtime || track.ended || elsewhere) continue;
      while (!track.held.empty()) lets_go(f, track.held.back(), at);
      if (track.began()) set(f, at, {.state = State::none});
      for (const std::size_t s : track.spans) stays_open(m_.spans[s], at);
      track.spans.clear();
    }
  }
  static void stays_open(Span& s, Nanos at) {
    s.end = at;
    s.open = true;
  }

  void leaves(LwpTrack& l, Nanos at) {
    end_call(l, at);
    l.fiber = kNobody;
    l.set(at, {.state = State::none});
  }

  // A fiber's wait for a reason: for whom or what.
  Slice waiting(const Place& p, std::uint32_t reason, std::uint64_t address) {
    Slice s{.state = State::waits, .what = reason};
    const std::string& why = m_.text(reason);
    if (why.ends_with(" fd")) {
      s.state = State::io;
      if (why != "any fd") s.object = object(p, reason, address);
    } else if (why == "sleep") {
      s.state = State::asleep;
    } else if (why.ends_with(" fiber")) {
      s.owner = fiber(p, address);
    } else if (address != 0) {
      s.object = object(p, reason, address);
      s.owner = m_.objects[s.object].owner();
    }
    return s;
  }

  // What was said again, because its beginning may be forgotten: it counts where nothing is known.
  void said_again(const Event& e) {
    const Place of{.process = place(e).process, .runtime = static_cast<std::uint32_t>(e.second)};
    const std::uint32_t f = fiber(of, e.first);
    if (f == kNobody || fibers_[f].ended) return;
    if (e.kind == Kind::waiting) {
      if (fibers_[f].state() == State::none) set(f, e.at, waiting(of, e.text, e.third));
    } else if (const std::uint32_t o = object(of, e.text, e.third); holders_[o].empty()) {
      acquires(f, o, e.at);
    }
  }

  void parks(const Event& e, LwpTrack* l) {
    const std::uint32_t f = l != nullptr ? l->fiber : kNobody;
    if (l != nullptr) leaves(*l, e.at);
    if (f == kNobody) return;
    // The LWP of one fiber alone has nothing else to do.
    if (!m_.runtimes[l->runtime].shares_lwps) l->set(e.at, {.state = State::idle});
    Slice s = waiting(place(e), e.text, e.first);
    FiberTrack& track = fibers_[f];
    if (std::exchange(track.told, false)) {
      s.waker = track.teller;  // did not wait after all
      set(f, e.at, s);
      ready(f, e.at, track.teller);
    } else {
      set(f, e.at, s);
    }
  }

  void ready(std::uint32_t f, Nanos at, std::uint32_t by) {
    FiberTrack& track = fibers_[f];
    switch (track.state()) {
      case State::waits:
      case State::io:
      case State::asleep:
        if (track.now().waker == kNobody) track.now().waker = by;
        break;
      case State::running:
      case State::blocked:
        // Seen before the wait itself, which another thread is about to record.
        track.told = true;
        track.teller = by;
        return;
      case State::ready:
        return;
      default:
        break;
    }
    set(f, at, {.state = State::ready});
  }

  // ---- calls ----
  void begin_call(LwpTrack& l, std::uint32_t f, Nanos at, const Event& e, Known known,
                  std::uint64_t descriptor = 0) {
    if (l.state() == State::blocked) {  // seen once more
      if (l.call == LwpTrack::kNoCall) return;
      Call& open = m_.calls[l.call];
      if (open.known == Known::announced && open.seen == 0 && known != Known::announced) {
        open.seen = e.text;
        open.descriptor = static_cast<std::int64_t>(descriptor) - 1;
      }
      return;
    }
    at = std::max(at, l.began() ? l.now().begin : at);
    Call call{.lwp = number(l), .fiber = f, .begin = at, .what = e.text, .known = known};
    call.descriptor = static_cast<std::int64_t>(descriptor) - 1;
    l.call = m_.calls.size();
    m_.calls.push_back(call);
    l.set(at, {.state = State::blocked, .known = known, .who = f, .what = e.text});
    set(f, at, {.state = State::blocked, .known = known, .who = number(l), .what = e.text});
    if (l.permit) keeps_others_waiting(l, at, true);
    for (std::uint32_t o : fibers_[f].held) ++m_.objects[o].held_while_blocked;
  }
  void end_call(LwpTrack& l, Nanos at) {
    if (l.call == LwpTrack::kNoCall) return;
    keeps_others_waiting(l, at, false);
    m_.calls[l.call].end = at;
    l.call = LwpTrack::kNoCall;
  }
  // It is learnt late when a call that was noticed ended.
  void unblocked(LwpTrack& l, Nanos at, Nanos ended) {
    const std::uint32_t f = l.fiber;
    end_call(l, at);
    for (auto c = m_.calls.rbegin(); c != m_.calls.rend(); ++c) {
      if (c->lwp != number(l)) continue;
      if (ended > c->begin && ended < c->end) c->end = ended;
      break;
    }
    if (f == kNobody) return;
    const bool now = l.state() == State::blocked;
    l.ended_blocked(ended, now ? State::running : State::unpermitted);
    const State was = fibers_[f].state();
    fibers_[f].ended_blocked(ended, State::running);
    count(fibers_[f].runtime, at, was, fibers_[f].state());
    if (now && l.state() == State::blocked) l.set(at, {.state = State::running, .who = f});
    if (fibers_[f].state() == State::blocked) {
      set(f, at, {.state = State::running, .who = number(l)});
    }
  }

  // Whether the LWP itself has recorded it, so that it is awake.
  static bool is_own(Kind kind) {
    return kind != Kind::none && kind != Kind::seen && kind != Kind::awake && kind != Kind::sched &&
           kind != Kind::unblock && kind != Kind::bound && kind != Kind::block;
  }

  void take(const Event& e) {
    const Place& p = place(e);
    LwpTrack* l = lwp(p, p.lwp);
    if (l != nullptr && l->call != LwpTrack::kNoCall && is_own(e.kind) &&
        m_.calls[l->call].known != Known::announced) {
      unblocked(*l, e.at, e.at);  // what was noticed from outside has ended unnoticed
    }
    const std::uint32_t here = l != nullptr ? l->fiber : kNobody;
    switch (e.kind) {
      case Kind::create:
        if (auto f = fiber(p, e.first); f != kNobody) {
          fibers_[f].name = m_.text(e.text);
          fibers_[f].parent = here;
        }
        break;
      case Kind::name:
        // Told by a thread of no runtime, of the one it names.
        if (auto f = fiber({.process = p.process, .runtime = static_cast<std::uint32_t>(e.second)},
                           e.first);
            f != kNobody) {
          fibers_[f].name = m_.text(e.text);
        }
        break;
      case Kind::origin:
        if (auto f = fiber(p, e.first); f != kNobody) {
          const std::string& file = m_.text(e.text);
          fibers_[f].origin = file.substr(file.rfind('/') + 1) + ":" + std::to_string(e.second);
        }
        break;
      case Kind::run:
        if (auto f = fiber(p, e.first); f != kNobody && l != nullptr) runs(*l, f, e.at);
        break;
      case Kind::park:
        parks(e, l);
        break;
      case Kind::yield:
        if (l == nullptr || here == kNobody) break;
        leaves(*l, e.at);
        set(here, e.at, {.state = State::ready});
        break;
      case Kind::done:
        if (l == nullptr || here == kNobody) break;
        leaves(*l, e.at);
        set(here, e.at, {.state = State::none});
        fibers_[here].ended = true;
        break;
      case Kind::ready:
      case Kind::woken:
        if (auto f = fiber(p, e.first); f != kNobody && static_cast<Why>(e.second) != Why::stolen) {
          ready(f, e.at, e.kind == Kind::ready ? here : kNobody);
        }
        break;
      case Kind::notify:
        if (auto f = fiber(p, e.first); f != kNobody) {
          fibers_[f].teller = here;
          if (fibers_[f].state() == State::waits) fibers_[f].now().waker = here;
        }
        break;
      case Kind::acquire:
      case Kind::release:
      case Kind::send:
      case Kind::receive:
        uses(e, here);
        break;
      case Kind::block:
        if (l != nullptr && here != kNobody) begin_call(*l, here, e.at, e, Known::announced);
        break;
      case Kind::noticed: {
        LwpTrack* of = lwp(p, e.first);
        const std::uint32_t f = fiber(p, e.second);
        if (of != nullptr && of->fiber == f && f != kNobody) {
          begin_call(*of, f, e.at - e.ago, e, Known::sentinel, e.third);
        }
        break;
      }
      case Kind::seen:
        if (l != nullptr && here != kNobody && here == fiber(p, e.second)) {
          begin_call(*l, here, e.at - e.ago, e, Known::look, e.third);
        }
        break;
      case Kind::awake:
        if (l != nullptr && l->call != LwpTrack::kNoCall &&
            m_.calls[l->call].known != Known::announced) {
          unblocked(*l, e.at, e.at - e.ago);
        }
        break;
      case Kind::unblock:
        if (l != nullptr) unblocked(*l, e.at, e.at - e.ago);
        break;
      case Kind::bound:
        if (l == nullptr || here == kNobody) break;
        end_call(*l, e.at);
        l->permit = false;
        l->set(e.at, {.state = State::unpermitted, .who = here});
        set(here, e.at, {.state = State::ready});
        break;
      case Kind::permit:
        permit_moves(e);
        break;
      case Kind::idle:
        if (l != nullptr) l->set(e.at, {.state = State::idle});
        break;
      case Kind::busy:
        if (l != nullptr) l->set(e.at, {.state = State::none});
        break;
      case Kind::away:
        if (l == nullptr) break;
        leaves(*l, e.at);
        break;
      case Kind::begin:
        if (here == kNobody) break;
        if (e.first != 0) {
          open_flows_[flow(p, e.first)].push_back(m_.spans.size());
        } else {
          fibers_[here].spans.push_back(m_.spans.size());
        }
        m_.spans.push_back(
            {.fiber = here, .what = e.text, .begin = e.at, .end = 0, .flow = e.first});
        break;
      case Kind::end:
        end_span(e, here);
        break;
      case Kind::note:
        m_.notes.push_back({.at = e.at, .fiber = here, .text = e.text});
        break;
      case Kind::count: {
        auto [at, fresh] = series_.try_emplace(Key{p.process, e.text}, m_.series.size());
        if (fresh) {
          m_.series.emplace_back();
          m_.series.back().name = m_.text(e.text);
          m_.series.back().process = p.process;
        }
        m_.series[at->second].points.push_back({e.at, static_cast<double>(e.first)});
        break;
      }
      case Kind::sched:
        sched(e, l);
        break;
      case Kind::object:
        m_.objects[object(p, 0, e.first)].name = m_.text(e.text);
        break;
      case Kind::none:
        if (l != nullptr) loses(*l, e.at);
        break;
      case Kind::waiting:
      case Kind::owns:
        said_again(e);
        break;
      case Kind::clock:
      case Kind::string:
      case Kind::runtime:
      case Kind::fact:
      case Kind::born:
      case Kind::role:
      case Kind::gone:
        break;
    }
  }

  void permit_moves(const Event& e) {
    if (LwpTrack* from = lwp(place(e), e.first)) {
      from->permit = false;
      if (from->state() == State::blocked) {
        keeps_others_waiting(*from, e.at, false);
        if (from->call != LwpTrack::kNoCall && !m_.calls[from->call].handed_off) {
          m_.calls[from->call].handed_off = true;
          m_.calls[from->call].kept_until = e.at;
        }
      } else if (from->state() != State::unpermitted) {
        from->set(e.at, {.state = State::unpermitted, .who = from->fiber});
      }
    }
    LwpTrack* to = lwp(place(e), e.second);
    if (to == nullptr) return;
    to->permit = true;
    if (to->state() == State::none || to->state() == State::unpermitted) {
      to->set(e.at, {.state = State::none});
    }
  }

  void uses(const Event& e, std::uint32_t here) {
    const std::uint32_t o = object(place(e), e.text, e.first);
    ++m_.objects[o].uses;
    if (e.kind == Kind::acquire && here != kNobody) {
      acquires(here, o, e.at);
    } else if (e.kind == Kind::release && !holders_[o].empty()) {
      // Shared, it has other holders; if not, whoever lets go of it had it handed over.
      const auto& all = holders_[o];
      const bool holds = std::find(all.begin(), all.end(), here) != all.end();
      if (holds || all.size() == 1) lets_go(holds ? here : all.back(), o, e.at);
    }
  }
  void acquires(std::uint32_t fiber, std::uint32_t o, Nanos at) {
    holders_[o].push_back(fiber);
    fibers_[fiber].held.push_back(o);
    note_owner(o, at);
  }
  static void erase_last(std::vector<std::uint32_t>& all, std::uint32_t one) {
    const auto at = std::find(all.rbegin(), all.rend(), one);
    if (at != all.rend()) all.erase(std::next(at).base());
  }
  void lets_go(std::uint32_t fiber, std::uint32_t o, Nanos at) {
    erase_last(holders_[o], fiber);
    erase_last(fibers_[fiber].held, o);
    note_owner(o, at);
  }
  void note_owner(std::uint32_t o, Nanos at) {
    const std::uint32_t owner = holders_[o].empty() ? kNobody : holders_[o].back();
    if (m_.objects[o].owner() != owner) m_.objects[o].held.push_back({at, owner});
  }

  // A client and its server may be one process.
  static Key flow(const Place& p, std::uint64_t number) {
    return {scope(p.process, p.runtime), number};
  }
  // That of a flow ends wherever it is, others where they began, the innermost first.
  void end_span(const Event& e, std::uint32_t here) {
    if (e.first != 0) {
      auto open = open_flows_.find(flow(place(e), e.first));
      if (open == open_flows_.end()) return;
      m_.spans[open->second.back()].end = e.at;
      open->second.pop_back();
      if (open->second.empty()) open_flows_.erase(open);
    } else if (here != kNobody && !fibers_[here].spans.empty()) {
      m_.spans[fibers_[here].spans.back()].end = e.at;
      fibers_[here].spans.pop_back();
    }
  }

  void sched(const Event& e, LwpTrack* l) {
    if (l == nullptr) return;
    if (l->looked != 0 && e.second >= l->ran && e.third >= l->waited) {
      m_.off.push_back({.lwp = number(*l),
                        .begin = l->looked,
                        .end = e.at,
                        .waited = static_cast<Nanos>(e.third - l->waited),
                        .ran = static_cast<Nanos>(e.second - l->ran)});
    }
    l->looked = e.at;
    l->ran = e.second;
    l->waited = e.third;
  }

  // ---- the end ----
  void finish() {
    const Nanos end = m_.recording.ended;
    for (auto& l : lwps_) {
      end_call(l, end);
      if (l.began()) l.now().end = end;
    }
    for (auto& f : fibers_) {
      if (f.ended) {
        f.slices.pop_back();
      } else if (f.began()) {
        f.now().end = end;
      }
    }
    for (auto& s : m_.spans) {
      if (s.end == 0) stays_open(s, end);
    }
    const auto lwp_now = order(lwps_), fiber_now = order(fibers_);
    m_.lwps.resize(lwps_.size());
    m_.fibers.resize(fibers_.size());
    auto renamed = [](const std::vector<std::uint32_t>& now, std::uint32_t& i) {
      if (i != kNobody) i = now[i];
    };
    for (std::size_t i = 0; i < lwps_.size(); ++i) {
      Lane& lane = m_.lwps[lwp_now[i]];
      lane.number = lwps_[i].number;
      lane.runtime = lwps_[i].runtime;
      lane.slices = std::move(lwps_[i].slices);
      for (auto& s : lane.slices) renamed(fiber_now, s.who);
    }
    std::map<std::pair<std::uint32_t, std::string>, int> named;
    for (const auto& f : fibers_) ++named[{f.runtime, f.name}];
    for (std::size_t i = 0; i < fibers_.size(); ++i) {
      Lane& lane = m_.fibers[fiber_now[i]];
      lane.has_namesake = named[{fibers_[i].runtime, fibers_[i].name}] > 1;
      lane.name = std::move(fibers_[i].name);
      lane.origin = std::move(fibers_[i].origin);
      lane.number = fibers_[i].number;
      lane.runtime = fibers_[i].runtime;
      lane.parent = fibers_[i].parent;
      renamed(fiber_now, lane.parent);
      lane.slices = std::move(fibers_[i].slices);
      for (auto& s : lane.slices) {
        renamed(lwp_now, s.who);
        renamed(fiber_now, s.owner);
        renamed(fiber_now, s.waker);
        count_wait(s);
      }
    }
    for (auto& c : m_.calls) {
      renamed(lwp_now, c.lwp);
      renamed(fiber_now, c.fiber);
    }
    for (auto& s : m_.spans) renamed(fiber_now, s.fiber);
    for (auto& n : m_.notes) renamed(fiber_now, n.fiber);
    for (auto& o : m_.off) renamed(lwp_now, o.lwp);
    for (auto& o : m_.objects) {
      for (auto& h : o.held) renamed(fiber_now, h.owner);
    }
  }

  void count_wait(const Slice& s) {
    if (s.object == kNobody || s.state != State::waits) return;
    Object& o = m_.objects[s.object];
    ++o.waits;
    o.waited += s.length();
    if (s.length() > o.longest) {
      o.longest = s.length();
      o.longest_at = s.begin;
    }
  }

  // Where each comes, by runtime and number.
  template <class Tracks>
  static std::vector<std::uint32_t> order(const Tracks& tracks) {
    std::vector<std::uint32_t> sorted(tracks.size()), place(tracks.size());
    for (std::uint32_t i = 0; i < sorted.size(); ++i) sorted[i] = i;
    std::sort(sorted.begin(), sorted.end(), [&](std::uint32_t a, std::uint32_t b) {
      return std::pair(tracks[a].runtime, tracks[a].number) <
             std::pair(tracks[b].runtime, tracks[b].number);
    });
    for (std::uint32_t i = 0; i < sorted.size(); ++i) place[sorted[i]] = i;
    return place;
  }

  Model m_;
  std::vector<LwpTrack> lwps_;
  std::vector<FiberTrack> fibers_;
  std::vector<Collateral> collateral_;  // by runtime
  std::map<Key, std::uint32_t> runtimes_;
  std::unordered_map<Key, std::uint32_t, HashKey> lwp_index_, fiber_index_, object_index_;
  std::map<Key, std::size_t> series_;
  // By runtime: in Model::spans, those that lie within others behind them.
  std::unordered_map<Key, std::vector<std::size_t>, HashKey> open_flows_;
  std::vector<std::vector<std::uint32_t>> holders_;  // by object: fibers, the latest last
};

}  // namespace

Model model_of(Recording recording) {
  return Builder(std::move(recording)).build();
}

}  // namespace weft::labs::trace
