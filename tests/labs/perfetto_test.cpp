// SPDX-License-Identifier: BSL-1.0
// What --export perfetto writes, as protoc reads it: known fields only, tracks that are described
// before they are used, slices that begin and end in order, flows.
#include "labs/trace/perfetto.hpp"

#include <map>
#include <set>
#include <sstream>

#include "labs/trace/writer.hpp"
#include "tests/labs/weft_program.hpp"

namespace weft::labs::trace {
namespace {

namespace os = lwp::os;
using labs::testing::Folder;
using Happens = lwp::trace::Event;

// Two fibers on two LWPs serve two requests at a time, one of them moves, one leaves a note.
std::string recording() {
  Writer w("two at a time");
  const auto runtime = w.runtime("many-to-many, 2 LWPs");
  const auto one = w.place(runtime, 1), two = w.place(runtime, 2);
  const auto request = w.string("request"), mutex = w.string("mutex");
  w.write(one, 0, Happens::create, {1}, "worker");
  w.write(one, 0, Happens::run, {1});
  w.write(one, 10, Happens::begin, {request, 7});
  w.write(one, 20, Happens::begin, {request, 8});
  w.write(one, 30, Happens::end, {7});
  w.write(one, 40, Happens::end, {8});
  w.write(one, 50, Happens::note, {}, "half");
  w.write(one, 60, Happens::create, {2}, "other \"quoted\" {");
  w.write(one, 70, Happens::park, {mutex, 0x10});
  w.write(two, 80, Happens::run, {1});
  w.write(two, 90, Happens::begin, {request, 9});
  w.write(two, 99, Happens::end, {9});
  w.write(two, 100, Happens::done);
  w.write(one, 120, Happens::idle);
  return w.bytes();
}

struct Packet {
  std::map<std::string, std::string> fields;  // by their path, "track_event.type"
};

// Of protoc's text: "name: value", and messages in braces.
std::vector<Packet> packets_in(const std::string& text) {
  std::vector<Packet> out;
  std::vector<std::string> path;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    line.erase(0, line.find_first_not_of(' '));
    if (line.ends_with(" {")) {
      if (path.empty()) out.emplace_back();
      path.push_back(line.substr(0, line.size() - 2));
    } else if (line == "}") {
      path.pop_back();
    } else if (const auto colon = line.find(": "); colon != line.npos && !out.empty()) {
      std::string name;
      for (std::size_t i = 1; i < path.size(); ++i) name += path[i] + ".";
      out.back().fields[name + line.substr(0, colon)] = line.substr(colon + 2);
    }
  }
  return out;
}

std::string decoded(const std::string& trace, const Folder& folder) {
  const std::string file = folder / "t.pf";
  std::ofstream(file, std::ios::binary) << trace;
  const std::string proto = std::string(WEFT_SOURCE_DIR) + "/tests/labs";
  auto protoc = os::spawn_process(
      {"/bin/sh", "-c",
       "exec protoc -I '" + proto + "' --decode=Trace perfetto.proto <'" + file + "'"});
  REQUIRE(protoc);
  const auto answer = labs::testing::finish(*protoc);
  REQUIRE(answer.code == 0);
  return answer.out;
}

TEST_CASE("protoc reads what --export perfetto writes, and it has the structure of a trace") {
  auto there = os::spawn_process({"/bin/sh", "-c", "command -v protoc"});
  if (labs::testing::finish(there.value()).code != 0) {
    WARN("SKIPPED: needs protoc");
    return;
  }
  const Folder folder;
  const std::string bytes = recording();
  const Model m = model_of(read(std::as_bytes(std::span(bytes))));
  const auto packets = packets_in(decoded(to_perfetto(m), folder));
  REQUIRE(packets.size() > 20);

  std::set<std::string> tracks;
  std::map<std::string, unsigned long long> last;
  std::map<std::string, int> open;
  std::map<std::string, int> flows;
  int instants = 0;
  std::string names;
  for (const Packet& p : packets) {
    for (const auto& [name, value] : p.fields) {
      INFO(name << ": " << value);  // a field that the schema does not know is a number
      CHECK(std::isdigit(static_cast<unsigned char>(name[name.rfind('.') + 1])) == 0);
    }
    auto field = [&](const std::string& name) {
      auto at = p.fields.find(name);
      return at == p.fields.end() ? std::string() : at->second;
    };
    CHECK(field("trusted_packet_sequence_id") == "1");
    if (const auto uuid = field("track_descriptor.uuid"); !uuid.empty()) {
      CHECK(tracks.insert(uuid).second);
      const auto parent = field("track_descriptor.parent_uuid");
      CHECK((parent.empty() || tracks.contains(parent)));
      names += field("track_descriptor.name") + "\n";
      continue;
    }
    const auto track = field("track_event.track_uuid"), type = field("track_event.type");
    CHECK(tracks.contains(track));
    const auto at = std::stoull(field("timestamp"));
    CHECK(at >= last[track]);
    last[track] = at;
    if (type == "TYPE_SLICE_BEGIN") {
      CHECK(++open[track] == 1);  // none of ours is inside another
      if (const auto flow = field("track_event.flow_ids"); !flow.empty()) ++flows[flow];
    } else if (type == "TYPE_SLICE_END") {
      CHECK(--open[track] == 0);
    } else {
      CHECK(type == "TYPE_INSTANT");
      ++instants;
    }
  }
  for (const auto& [track, n] : open) CHECK(n == 0);
  CHECK(packets.front().fields.at("sequence_flags") == "1");
  CHECK(flows == std::map<std::string, int>{{"7", 1}, {"8", 1}, {"9", 1}});
  CHECK(instants == 2);  // a note, a migration
  CHECK(names.find("\"other \\\"quoted\\\" {\"") != names.npos);
  CHECK(names.find("LWP 2") != names.npos);
}

}  // namespace
}  // namespace weft::labs::trace
