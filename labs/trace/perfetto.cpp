// SPDX-License-Identifier: BSL-1.0
#include "labs/trace/perfetto.hpp"

#include <map>
#include <span>

#include "labs/trace/text.hpp"

namespace weft::labs::trace {
namespace {

// A protobuf message, as far as a trace needs it.
class Message {
 public:
  Message& number(int field, std::uint64_t value) {
    varint(static_cast<std::uint64_t>(field) << 3);
    varint(value);
    return *this;
  }
  Message& fixed(int field, std::uint64_t value) {
    varint(static_cast<std::uint64_t>(field) << 3 | 1);
    for (int shift = 0; shift < 64; shift += 8) bytes_ += static_cast<char>(value >> shift & 0xff);
    return *this;
  }
  Message& text(int field, std::string_view value) {
    varint(static_cast<std::uint64_t>(field) << 3 | 2);
    varint(value.size());
    bytes_ += value;
    return *this;
  }
  Message& message(int field, const Message& value) { return text(field, value.bytes_); }
  const std::string& bytes() const { return bytes_; }

 private:
  void varint(std::uint64_t n) {
    for (; n >= 0x80; n >>= 7) bytes_ += static_cast<char>(n | 0x80);
    bytes_ += static_cast<char>(n);
  }
  std::string bytes_;
};

namespace packet {
constexpr int kTimestamp = 8, kSequence = 10, kTrackEvent = 11, kFlags = 13, kTrackDescriptor = 60;
}
namespace event {
constexpr int kType = 9, kTrack = 11, kCategory = 22, kName = 23, kFlow = 47;
constexpr int kBegin = 1, kEnd = 2, kInstant = 3;
}  // namespace event
namespace track {
constexpr int kUuid = 1, kName = 2, kProcess = 3, kParent = 5;
}
namespace process {
constexpr int kPid = 1, kName = 6;
}

class PacketWriter {
 public:
  explicit PacketWriter(const Model& m) : m_(m) {}

  std::string write() {
    for (std::uint32_t r = 0; r < m_.runtimes.size(); ++r) {
      const Process& process = m_.recording.processes[m_.runtimes[r].process];
      const std::string about = std::to_string(m_.runtimes[r].number) + " " + m_.runtimes[r].about +
                                ", " + (process.role.empty() ? "" : process.role + " ") +
                                std::to_string(process.number);
      folder(lwps_of(r), "LWPs of runtime " + about);
      folder(fibers_of(r), "fibers of runtime " + about);
    }
    std::map<std::uint32_t, std::vector<const Note*>> notes;
    for (const Note& n : m_.notes) notes[n.fiber].push_back(&n);
    for (std::uint32_t i = 0; i < m_.lwps.size(); ++i) {
      lane(m_.lwps[i], kLanes + i, lwps_of(m_.lwps[i].runtime), lwp_name(m_, i), {}, true);
    }
    for (std::uint32_t i = 0; i < m_.fibers.size(); ++i) {
      lane(m_.fibers[i], fiber_track(i), fibers_of(m_.fibers[i].runtime), name_of(m_, i), notes[i],
           false);
    }
    spans();
    return std::move(out_);
  }

 private:
  static constexpr std::uint64_t kLanes = 1u << 20;  // tracks below are runtimes
  static std::uint64_t lwps_of(std::uint32_t runtime) { return 2 * (runtime + 1); }
  static std::uint64_t fibers_of(std::uint32_t runtime) { return 2 * (runtime + 1) + 1; }
  std::uint64_t fiber_track(std::uint32_t i) const { return kLanes + m_.lwps.size() + i; }

  void packet(const Message& p) { out_ += Message().message(1, p).bytes(); }
  void describe(const Message& track) {
    Message p;
    p.message(packet::kTrackDescriptor, track).number(packet::kSequence, 1);
    if (out_.empty()) p.number(packet::kFlags, 1);  // nothing was said before
    packet(p);
  }
  // Perfetto groups tracks by process: ours have numbers of no process.
  void folder(std::uint64_t uuid, const std::string& name) {
    Message p;
    p.number(process::kPid, 1'000'000 + uuid).text(process::kName, name);
    describe(Message().number(track::kUuid, uuid).message(track::kProcess, p));
  }
  void happens(int type, Nanos at, std::uint64_t on, std::string_view name,
               std::string_view category = {}, std::uint64_t flow = 0) {
    Message e;
    e.number(event::kType, static_cast<std::uint64_t>(type)).number(event::kTrack, on);
    if (!category.empty()) e.text(event::kCategory, category);
    if (!name.empty()) e.text(event::kName, name);
    if (flow != 0) e.fixed(event::kFlow, flow);
    packet(Message()
               .number(packet::kTimestamp, static_cast<std::uint64_t>(at))
               .number(packet::kSequence, 1)
               .message(packet::kTrackEvent, e));
  }
  void lane(const Lane& lane, std::uint64_t uuid, std::uint64_t parent, const std::string& name,
            std::span<const Note* const> notes, bool of_lwp) {
    describe(Message()
                 .number(track::kUuid, uuid)
                 .text(track::kName, name)
                 .number(track::kParent, parent));
    auto note_until = [&](Nanos at) {
      for (; !notes.empty() && notes.front()->at < at; notes = notes.subspan(1)) {
        happens(event::kInstant, notes.front()->at, uuid, m_.text(notes.front()->text));
      }
    };
    std::uint32_t on = kNobody;
    for (const Slice& s : lane.slices) {
      note_until(s.begin);
      if (!of_lwp && s.state == State::running) {
        if (on != kNobody && on != s.who) happens(event::kInstant, s.begin, uuid, "migrates");
        on = s.who;
      }
      if (s.state == State::none || s.length() == 0) continue;
      std::string label = word(s.state);
      if (s.state == State::running && of_lwp) {
        label = name_of(m_, s.who);
      } else if (s.object != kNobody) {
        label += ": " + object_name(m_, s.object);
      } else if (!m_.text(s.what).empty()) {
        label += ": " + m_.text(s.what);
      }
      happens(event::kBegin, s.begin, uuid, label, word(s.state));
      note_until(s.end);
      happens(event::kEnd, s.end, uuid, {});
    }
    note_until(lwp::os::kNever);
  }

  // A fiber may serve several at a time: those that overlap are on tracks of their own.
  void spans() {
    std::map<std::uint32_t, std::vector<const Span*>> by_fiber;
    for (const Span& s : m_.spans) by_fiber[s.fiber].push_back(&s);
    std::uint64_t track = fiber_track(static_cast<std::uint32_t>(m_.fibers.size()));
    for (auto& [fiber, all] : by_fiber) {
      while (!all.empty()) {
        std::vector<const Span*> later;
        describe(Message()
                     .number(track::kUuid, track)
                     .text(track::kName, name_of(m_, fiber) + ": requests")
                     .number(track::kParent, fibers_of(m_.fibers[fiber].runtime)));
        Nanos until = all.front()->begin;
        for (const Span* s : all) {
          if (s->begin < until) {
            later.push_back(s);
            continue;
          }
          happens(event::kBegin, s->begin, track, m_.text(s->what), "span", s->flow);
          happens(event::kEnd, s->end, track, {});
          until = s->end;
        }
        all = std::move(later);
        ++track;
      }
    }
  }

  const Model& m_;
  std::string out_;
};

}  // namespace

std::string to_perfetto(const Model& m) {
  return PacketWriter(m).write();
}

}  // namespace weft::labs::trace
