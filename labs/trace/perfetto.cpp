// SPDX-License-Identifier: BSL-1.0
#include "labs/trace/perfetto.hpp"

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
constexpr int kType = 9, kTrack = 11, kCategory = 22, kName = 23;
constexpr int kBegin = 1, kEnd = 2, kInstant = 3;
}  // namespace event
namespace track {
constexpr int kUuid = 1, kName = 2, kProcess = 3, kParent = 5;
}
namespace process {
constexpr int kPid = 1, kName = 6;
}

class Writer {
 public:
  explicit Writer(const Model& m) : m_(m) {}

  std::string write() {
    for (std::uint32_t r = 0; r < m_.runtimes.size(); ++r) {
      const std::string about = std::to_string(m_.runtimes[r].number) + " " + m_.runtimes[r].about;
      folder(lwps_of(r), "LWPs of runtime " + about);
      folder(fibers_of(r), "fibers of runtime " + about);
    }
    for (std::uint32_t i = 0; i < m_.lwps.size(); ++i) {
      lane(m_.lwps[i], kLanes + i, lwps_of(m_.lwps[i].runtime), lwp_name(m_, i), true);
    }
    for (std::uint32_t i = 0; i < m_.fibers.size(); ++i) {
      lane(m_.fibers[i], fiber_track(i), fibers_of(m_.fibers[i].runtime), name_of(m_, i), false);
    }
    for (const Note& n : m_.notes) {
      if (n.fiber != kNobody) happens(event::kInstant, n.at, fiber_track(n.fiber), m_.text(n.text));
    }
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
               std::string_view category = {}) {
    Message e;
    e.number(event::kType, static_cast<std::uint64_t>(type)).number(event::kTrack, on);
    if (!category.empty()) e.text(event::kCategory, category);
    if (!name.empty()) e.text(event::kName, name);
    packet(Message()
               .number(packet::kTimestamp, static_cast<std::uint64_t>(at))
               .number(packet::kSequence, 1)
               .message(packet::kTrackEvent, e));
  }
  void lane(const Lane& lane, std::uint64_t uuid, std::uint64_t parent, const std::string& name,
            bool of_lwp) {
    describe(Message()
                 .number(track::kUuid, uuid)
                 .text(track::kName, name)
                 .number(track::kParent, parent));
    for (const Slice& s : lane.slices) {
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
      happens(event::kEnd, s.end, uuid, {});
    }
  }

  const Model& m_;
  std::string out_;
};

}  // namespace

std::string to_perfetto(const Model& m) {
  return Writer(m).write();
}

}  // namespace weft::labs::trace
