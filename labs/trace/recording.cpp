// SPDX-License-Identifier: BSL-1.0
#include "labs/trace/recording.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <tuple>
#include <unordered_map>

#include "lwp/trace/ring.hpp"

namespace weft::labs::trace {
namespace {

using lwp::trace::Header;
using lwp::trace::kChunkBytes;

// What an event's arguments are, in their order.
struct Shape {
  int numbers = 0;
  bool text = false;
  int string = -1;   // which of the numbers is a string's
  bool ago = false;  // the last number is
};
Shape shape_of(Kind kind) {
  switch (kind) {
    case Kind::none:
    case Kind::yield:
    case Kind::done:
    case Kind::idle:
    case Kind::busy:
    case Kind::away:
    case Kind::gone:
      return {};
    case Kind::run:
    case Kind::born:
    case Kind::notify:
    case Kind::bound:
    case Kind::end:
    case Kind::clock:
      return {.numbers = 1};
    case Kind::name:
      return {.numbers = 2, .text = true};
    case Kind::create:
    case Kind::string:
    case Kind::runtime:
    case Kind::object:
      return {.numbers = 1, .text = true};
    case Kind::park:
    case Kind::acquire:
    case Kind::release:
    case Kind::send:
    case Kind::receive:
    case Kind::begin:
    case Kind::count:
      return {.numbers = 2, .string = 0};
    case Kind::ready:
    case Kind::woken:
    case Kind::permit:
      return {.numbers = 2};
    case Kind::block:
      return {.numbers = 1, .string = 0};
    case Kind::unblock:
      return {.numbers = 1, .ago = true};
    case Kind::note:
    case Kind::fact:
    case Kind::role:
      return {.text = true};
    case Kind::noticed:
    case Kind::seen:
      return {.numbers = 5, .text = true, .string = 2, .ago = true};
    case Kind::awake:
      return {.numbers = 3, .ago = true};
    case Kind::waiting:
    case Kind::owns:
      return {.numbers = 4, .string = 2};
    case Kind::origin:
      return {.numbers = 3, .string = 1};
    case Kind::sched:
      return {.numbers = 3};
  }
  return {};
}

// Reads within bounds; once anything is wrong, `good` is false.
class Bytes {
 public:
  explicit Bytes(std::span<const std::byte> bytes) : bytes_(bytes) {}
  bool good = true;
  bool at_end() const { return at_ >= bytes_.size(); }

  std::uint8_t byte() {
    if (at_end()) good = false;
    return good ? static_cast<std::uint8_t>(bytes_[at_++]) : 0;
  }
  std::uint64_t number() {
    std::uint64_t n = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t b = byte();
      n |= static_cast<std::uint64_t>(b & 0x7f) << shift;
      if (b < 0x80) return n;
    }
    good = false;
    return 0;
  }
  std::string_view text() {
    const std::uint64_t size = number();
    if (size > bytes_.size() - at_) good = false;
    if (!good) return {};
    auto* from = reinterpret_cast<const char*>(bytes_.data() + at_);
    at_ += size;
    return {from, static_cast<std::size_t>(size)};
  }

 private:
  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
};

constexpr Nanos kLongest = Nanos{4'000'000'000'000'000};  // 46 days, of a recording

// A straight line through two points of both clocks.
struct Clock {
  std::uint64_t ticks = 0;
  Nanos nanos = 0;
  double nanos_per_tick = 1;

  static Clock through(std::uint64_t t0, Nanos n0, std::uint64_t t1, Nanos n1, double otherwise) {
    if (t1 <= t0 || n1 < n0) return {t0, n0, otherwise};
    return {t0, n0, static_cast<double>(n1 - n0) / static_cast<double>(t1 - t0)};
  }
  Nanos at(std::uint64_t t) const {
    const double since =
        t >= ticks ? static_cast<double>(t - ticks) : -static_cast<double>(ticks - t);
    // A damaged file's times may be anything; sums of these remain numbers.
    constexpr auto kMost = static_cast<double>(kLongest);
    return nanos + static_cast<Nanos>(std::clamp(since * nanos_per_tick, -kMost, kMost));
  }
};

// One process's side of the file.
struct Source {
  std::vector<const std::byte*> chunks;
  std::map<std::uint64_t, std::uint32_t> strings;  // number → text
  std::uint64_t first_ticks = 0, last_ticks = 0;   // two moments known by both clocks
  Nanos first_nanos = 0, last_nanos = 0;
  bool kept_last = false;  // by a flight recorder
  Nanos forgotten = -1;    // up to then: LWPs' first chunks are gone
  // By thread, which LWP it was from when on: it may be one after another.
  std::map<std::uint32_t, std::vector<std::pair<Nanos, std::uint32_t>>> places;

  void knows(std::uint64_t ticks, Nanos nanos) {
    if (first_ticks == 0 || ticks < first_ticks) first_ticks = ticks, first_nanos = nanos;
    if (ticks > last_ticks) last_ticks = ticks, last_nanos = nanos;
  }
  double speed() const {
    return Clock::through(first_ticks, first_nanos, last_ticks, last_nanos, 1).nanos_per_tick;
  }
};

Header header_of(const std::byte* chunk) {
  Header h;
  std::memcpy(&h, chunk, sizeof h);
  return h;
}

// Nanoseconds since a machine's start.
bool possible(Nanos n) {
  constexpr Nanos kMost = Nanos{1} << 60;
  return n >= 0 && n < kMost;
}

class Reader {
 public:
  void add(std::span<const std::byte> bytes) {
    ++files_;
    if (bytes.size() % kChunkBytes != 0) ++out_.damaged;  // it is cut short
    for (std::size_t at = 0; at + kChunkBytes <= bytes.size(); at += kChunkBytes) {
      const Header h = header_of(bytes.data() + at);
      if (h.magic != lwp::trace::kMagic) continue;
      if (!possible(h.nanos[0]) || !possible(h.nanos[1])) continue;
      Source& s = sources_[{files_, h.process}];
      s.chunks.push_back(bytes.data() + at);
      s.knows(h.ticks[0], h.nanos[0]);
      if (h.nanos[1] != 0) s.knows(h.ticks[1], h.nanos[1]);
    }
  }

  Recording finish() {
    text("");
    leave_out_strays();
    for (auto& [where, source] : sources_) {
      process_ = out_.processes.size();
      out_.processes.emplace_back().number = where.second;
      // In the order of each ring's time, so that equal times keep theirs. A process that has
      // recorded twice has rings of the same numbers, and begins to count again.
      std::stable_sort(source.chunks.begin(), source.chunks.end(), [](auto* a, auto* b) {
        const Header x = header_of(a), y = header_of(b);
        return std::tuple(x.ring, x.nanos[0], x.sequence) <
               std::tuple(y.ring, y.nanos[0], y.sequence);
      });
      for (const auto* chunk : source.chunks) look_for_clocks_and_strings(source, chunk);
      const std::size_t first = out_.events.size();
      for (std::size_t i = 0; i < source.chunks.size(); ++i) {
        read_chunk(source, source.chunks[i]);
        const bool more = i + 1 < source.chunks.size();
        look_for_losses(source, i == 0 ? nullptr : source.chunks[i - 1], source.chunks[i],
                        more ? source.chunks[i + 1] : nullptr);
      }
      out_.dropped += out_.processes.back().dropped;
      for (std::size_t i = first; i < out_.events.size(); ++i) {
        Event& e = out_.events[i];
        if (is_of_thread(e.kind)) e.place = place_of(source, e);
        if (source.kept_last) e.at = std::max(e.at, source.forgotten);
      }
    }
    std::stable_sort(out_.events.begin(), out_.events.end(),
                     [](const Event& a, const Event& b) { return a.at < b.at; });
    if (!out_.events.empty()) {
      out_.began = out_.events.front().at;
      out_.ended = out_.events.back().at;
    }
    return std::move(out_);
  }

 private:
  // Chunks whose time is that of no other: a damaged file's.
  void leave_out_strays() {
    std::vector<Nanos> times;
    for (const auto& [where, source] : sources_) {
      for (const auto* chunk : source.chunks) times.push_back(header_of(chunk).nanos[0]);
    }
    if (times.empty()) return;
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    const auto stray = [now = *middle](Nanos t) {
      return t < now - kLongest || t > now + kLongest;
    };
    for (auto& [where, source] : sources_) {
      out_.damaged += std::erase_if(source.chunks, [&](const std::byte* chunk) {
        const Header h = header_of(chunk);
        return stray(h.nanos[0]) || (h.nanos[1] != 0 && stray(h.nanos[1]));
      });
    }
  }

  std::uint32_t text(std::string_view t) {
    auto [at, fresh] =
        texts_.try_emplace(std::string(t), static_cast<std::uint32_t>(out_.texts.size()));
    if (fresh) out_.texts.emplace_back(t);
    return at->second;
  }

  // Calls `visit(kind, ticks, numbers, text)` for each event; false if the chunk is damaged.
  template <class Visit>
  static bool each_event(const std::byte* chunk, const Header& h, Visit&& visit) {
    Bytes bytes({chunk + sizeof(Header), kChunkBytes - sizeof(Header)});
    std::uint64_t ticks = h.ticks[0];
    while (!bytes.at_end()) {
      const std::uint8_t kind = bytes.byte();
      if (kind == 0) return true;
      if (kind >= lwp::trace::kEvents) return false;
      const Shape shape = shape_of(static_cast<Kind>(kind));
      ticks += bytes.number();
      std::array<std::uint64_t, 5> numbers{};
      for (int i = 0; i < shape.numbers; ++i) numbers[static_cast<std::size_t>(i)] = bytes.number();
      const std::string_view own = shape.text ? bytes.text() : std::string_view();
      if (!bytes.good) return false;
      visit(static_cast<Kind>(kind), ticks, shape, numbers, own);
    }
    return true;
  }

  void look_for_clocks_and_strings(Source& source, const std::byte* chunk) {
    const Header h = header_of(chunk);
    Process& process = out_.processes[process_];
    each_event(chunk, h,
               [&](Kind kind, std::uint64_t ticks, const Shape&, const auto& numbers,
                   std::string_view own) {
                 if (kind == Kind::clock && possible(static_cast<Nanos>(numbers[0]))) {
                   source.knows(ticks, static_cast<Nanos>(numbers[0]));
                 }
                 if (kind == Kind::string) source.strings[numbers[0]] = text(own);
                 if (kind == Kind::runtime)
                   process.runtimes.emplace_back(static_cast<std::uint32_t>(numbers[0]), own);
                 if (kind == Kind::fact && own == lwp::trace::kClockOfSteps) out_.steps = true;
                 if (kind == Kind::fact && own == lwp::trace::kKeptLast) source.kept_last = true;
                 if (kind == Kind::fact) learn(process, own);
               });
  }
  static void learn(Process& process, std::string_view fact) {
    const std::string_view key = fact.substr(0, fact.find('='));
    const std::string value(fact.substr(std::min(key.size() + 1, fact.size())));
    if (key == "command") {
      process.command = value;
      if (fact.size() >= lwp::trace::Ring::kMostText) process.command += "…";  // it was cut
    }
    if (key == "outcome") process.outcome = value;
    if (key == "event_ns") {
      const double cost = std::atof(value.c_str());
      if (cost >= 0 && cost < 1e6) process.event_ns = cost;
    }
    if (key == "processors") process.processors = std::strtoul(value.c_str(), nullptr, 10);
  }

  void read_chunk(Source& source, const std::byte* chunk) {
    const Header h = header_of(chunk);
    const Clock clock = h.nanos[1] == 0 ? Clock{h.ticks[0], h.nanos[0], source.speed()}
                                        : Clock::through(h.ticks[0], h.nanos[0], h.ticks[1],
                                                         h.nanos[1], source.speed());
    const std::uint32_t place = place_of(h);
    if (h.lwp != 0) source.places[h.thread].emplace_back(h.nanos[0], place);
    std::uint64_t count = 0;
    const bool whole = each_event(
        chunk, h,
        [&](Kind kind, std::uint64_t ticks, const Shape& shape, const auto& numbers,
            std::string_view own) {
          ++count;
          if (kind == Kind::string || kind == Kind::clock || kind == Kind::runtime) return;
          Event e{.at = clock.at(ticks), .place = place, .kind = kind};
          auto left = static_cast<std::size_t>(shape.numbers);
          if (shape.ago) {
            const auto ago = static_cast<Nanos>(numbers[--left]);
            if (possible(ago)) e.ago = ago;
          }
          std::uint64_t* to[] = {&e.first, &e.second, &e.third};
          std::size_t next = 0;
          for (std::size_t i = 0; i < left; ++i) {
            if (static_cast<int>(i) == shape.string) {
              auto found = source.strings.find(numbers[i]);
              if (found != source.strings.end()) e.text = found->second;
            } else if (next < std::size(to)) {
              *to[next++] = numbers[i];
            }
          }
          if (shape.text) {
            // Of a call that was noticed: its name and what it reads, apart by a blank.
            e.text = e.text == 0 || own.empty() ? std::max(e.text, text(own))
                                                : text(out_.texts[e.text] + " " + std::string(own));
          }
          learn(out_.processes[process_], e);
          out_.events.push_back(e);
        });
    out_.processes[process_].events += count;
    if (!whole) ++out_.damaged;
  }

  // Between chunks of a ring, of which one has just been read. A flight recorder takes the oldest
  // chunks for new ones.
  void look_for_losses(Source& source, const std::byte* before, const std::byte* chunk,
                       const std::byte* after) {
    const Header h = header_of(chunk);
    Header last, next;
    if (before != nullptr) last = header_of(before);
    if (after != nullptr) next = header_of(after);
    const bool first = before == nullptr || last.ring != h.ring || last.sequence >= h.sequence;
    const Nanos ended = out_.events.empty() ? h.nanos[0] : out_.events.back().at;
    if (first && h.sequence > 1 && h.lwp != 0) {
      const Nanos until = source.forgotten;
      source.forgotten = until < 0 ? h.nanos[0] : std::min(until, h.nanos[0]);
    }
    out_.processes[process_].dropped += h.dropped_after + (first ? h.dropped : 0);
    const bool gap = after != nullptr && next.ring == h.ring && next.sequence > h.sequence + 1;
    if (gap && !source.kept_last) ++out_.damaged;
    if (gap || h.dropped_after > 0) {
      out_.events.push_back({.at = std::max(ended, h.nanos[0]), .place = place_of(h)});
    }
  }

  void learn(Process& process, const Event& e) const {
    process.began = process.began < 0 ? e.at : std::min(process.began, e.at);
    if (e.kind == Kind::born) process.parent = static_cast<std::uint32_t>(e.first);
    if (e.kind == Kind::role) process.role = out_.texts[e.text];
    if (e.kind == Kind::gone) process.ended = e.at;
  }

  std::uint32_t place_of(const Header& h) {
    const Place place{static_cast<std::uint32_t>(process_), h.runtime, h.lwp, h.thread};
    const auto key = std::tuple(place.process, place.runtime, place.lwp, h.lwp == 0 ? h.thread : 0);
    auto [at, fresh] = places_.try_emplace(key, static_cast<std::uint32_t>(out_.places.size()));
    if (fresh) out_.places.push_back(place);
    return at->second;
  }

  // Where the thread was that this look from outside is about.
  static bool is_of_thread(Kind kind) {
    return kind == Kind::sched || kind == Kind::seen || kind == Kind::awake;
  }
  static std::uint32_t place_of(const Source& source, const Event& look) {
    std::uint32_t place = look.place;
    Nanos latest = 0;
    auto found = source.places.find(static_cast<std::uint32_t>(look.first));
    if (found == source.places.end()) return place;
    for (const auto& [since, there] : found->second) {
      if (since <= look.at && since >= latest) latest = since, place = there;
    }
    return place;
  }

  Recording out_;
  // By file and process: two recordings may have processes of one number.
  std::map<std::pair<std::uint32_t, std::uint32_t>, Source> sources_;
  std::uint32_t files_ = 0;
  std::size_t process_ = 0;
  std::unordered_map<std::string, std::uint32_t> texts_;
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>, std::uint32_t>
      places_;
};

}  // namespace

void leave_out_after(Recording& r, Nanos time) {
  if (r.events.empty() || r.ended <= time || time < r.began) return;
  const auto after = std::upper_bound(r.events.begin(), r.events.end(), time,
                                      [](Nanos t, const Event& e) { return t < e.at; });
  r.events.erase(after, r.events.end());
  r.ended = time;
}

void leave_out(Recording& r, const std::function<bool(const Process&)>& which) {
  std::vector<std::uint32_t> now(r.processes.size());
  std::uint32_t kept = 0;
  for (std::size_t i = 0; i < now.size(); ++i) now[i] = which(r.processes[i]) ? ~0u : kept++;
  std::erase_if(r.events, [&](const Event& e) { return now[r.places[e.place].process] == ~0u; });
  std::erase_if(r.processes, which);
  for (Place& p : r.places) p.process = now[p.process];
}

Recording read(std::span<const std::byte> bytes) {
  Reader reader;
  reader.add(bytes);
  return reader.finish();
}

std::variant<Recording, Refusal> read(const std::vector<std::string>& files, const Say& say) {
  std::vector<std::vector<char>> contents;
  Reader reader;
  for (const auto& file : files) {
    std::error_code none;
    if (std::filesystem::is_directory(file, none)) {
      return Refusal{say("trace.is_folder", {{"path", file}})};
    }
    std::ifstream in(file, std::ios::binary);
    contents.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    if (!in) return Refusal{say("trace.cannot_read", {{"path", file}})};
    const auto bytes = std::as_bytes(std::span(contents.back()));
    bool any = false;
    for (std::size_t at = 0; at + kChunkBytes <= bytes.size(); at += kChunkBytes) {
      any = any || header_of(bytes.data() + at).magic == lwp::trace::kMagic;
    }
    if (!any) {
      Header first;
      if (!bytes.empty()) {
        std::memcpy(&first, bytes.data(), std::min(bytes.size(), sizeof first));
      }
      const bool cut_off = bytes.size() < kChunkBytes && first.magic == lwp::trace::kMagic;
      return Refusal{say(cut_off ? MessageId("trace.cut_off") : MessageId("trace.no_recording"),
                         {{"path", file}})};
    }
    reader.add(bytes);
  }
  return reader.finish();
}

}  // namespace weft::labs::trace
