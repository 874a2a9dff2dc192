// SPDX-License-Identifier: BSL-1.0
#include "labs/explore/trace.hpp"

#include <algorithm>
#include <set>

namespace weft::labs::explore {
namespace {

using nlohmann::ordered_json;

constexpr int kLwps = 1, kFibers = 2;  // the trace's "processes"

ordered_json named(const char* what, int process, std::size_t thread, const std::string& name) {
  return {
      {"ph", "M"}, {"name", what}, {"pid", process}, {"tid", thread}, {"args", {{"name", name}}}};
}

}  // namespace

ordered_json to_trace(const Story& story, const std::string& file, const std::string& what,
                      const Say& say) {
  ordered_json events = ordered_json::array();
  events.push_back(named("process_name", kLwps, 0, "LWP"));
  events.push_back(named("process_name", kFibers, 0, file));
  for (std::size_t i = 0; i < story.actors.size(); ++i) {
    events.push_back(named("thread_name", kFibers, i + 1, story.actors[i]));
  }
  std::set<int> lwps;
  for (std::size_t i = 0; i < story.lines.size(); ++i) {
    const StoryLine& l = story.lines[i];
    const std::uint64_t until = i + 1 < story.lines.size() ? story.lines[i + 1].step : l.last + 1;
    const std::uint64_t lasts = std::max(until, l.step + 1) - l.step;
    std::string effects;
    for (const auto& e : l.effects) effects += (effects.empty() ? "" : ", ") + in_words(e, say);
    const ordered_json args = {{"line", l.line}, {"source", l.source}, {"effects", effects}};
    const auto slice = [&](int process, std::size_t thread, const std::string& name) {
      events.push_back({{"ph", "X"},
                        {"name", name},
                        {"pid", process},
                        {"tid", thread},
                        {"ts", l.step},
                        {"dur", lasts},
                        {"args", args}});
    };
    slice(kFibers, l.column + 1, l.source.empty() ? effects : l.source);
    if (l.lwp == 0) continue;
    if (lwps.insert(l.lwp).second) {
      const auto lwp = static_cast<std::size_t>(l.lwp);
      events.push_back(named("thread_name", kLwps, lwp, "LWP " + std::to_string(l.lwp)));
    }
    slice(kLwps, static_cast<std::size_t>(l.lwp), story.actors[l.column]);
  }
  return {{"traceEvents", std::move(events)},
          {"displayTimeUnit", "ns"},
          {"otherData", {{"program", file}, {"outcome", what}}}};
}

}  // namespace weft::labs::explore
