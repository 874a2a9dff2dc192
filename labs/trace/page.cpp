// SPDX-License-Identifier: BSL-1.0
#include "labs/trace/page.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "labs/columns.hpp"
#include "labs/compare/plots.hpp"
#include "labs/trace/text.hpp"
#include "labs/trace_page.hpp"  // made by CMake from labs/trace/page/

namespace weft::labs::trace {
namespace {

using Json = nlohmann::ordered_json;
using compare::escaped;

// Numbers as in a recording (lwp/trace/format.hpp), then base64: the page reads them back into
// typed arrays (page/data.js).
class Packed {
 public:
  void number(std::uint64_t n) {
    for (; n >= 0x80; n >>= 7) bytes_ += static_cast<char>(n | 0x80);
    bytes_ += static_cast<char>(n);
  }
  void lane(const Lane& lane, Nanos zero) {
    const auto seen = [&](const Slice& s) { return s.length() > 0 && s.end > zero; };
    const auto first = std::find_if(lane.slices.begin(), lane.slices.end(), seen);
    number(static_cast<std::uint64_t>(std::count_if(first, lane.slices.end(), seen)));
    number(first == lane.slices.end()
               ? 0
               : static_cast<std::uint64_t>(std::max(first->begin, zero) - zero));
    for (auto at = first; at != lane.slices.end(); ++at) {
      if (!seen(*at)) continue;
      const Slice& s = *at;
      const std::uint64_t there = (s.who != kNobody ? 1u : 0) | (s.what != 0 ? 2u : 0) |
                                  (s.object != kNobody ? 4u : 0) |
                                  (s.owner != kNobody || s.waker != kNobody ? 8u : 0);
      number(static_cast<std::uint64_t>(s.state) << 4 | there);
      number(static_cast<std::uint64_t>(s.end - std::max(s.begin, zero)));
      if (there & 1) number(s.who);
      if (there & 2) number(s.what);
      if (there & 4) number(s.object);
      if (there & 8) {
        number(std::uint32_t{s.owner + 1});
        number(std::uint32_t{s.waker + 1});
      }
    }
  }
  std::string base64() const {
    static constexpr char kDigits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    out.reserve(bytes_.size() / 3 * 4 + 4);
    for (std::size_t i = 0; i < bytes_.size(); i += 3) {
      unsigned n = 0;
      for (std::size_t k = 0; k < 3; ++k) {
        n = n << 8 | (i + k < bytes_.size() ? static_cast<unsigned char>(bytes_[i + k]) : 0u);
      }
      for (std::size_t k = 0; k < 4; ++k) {
        out += i + k <= bytes_.size() ? kDigits[n >> (18 - 6 * k) & 63] : '=';
      }
    }
    return out;
  }

 private:
  std::string bytes_;
};

// Requests in the order they began: fiber, name, begin since the one before, length, and which of
// them are parts of one (a number from 1 on, 0 for none: ids themselves are too long for the page).
// Of one flow those are that overlap: ports come again.
std::string requests_of(const Model& m, Nanos zero) {
  std::vector<const Span*> all;
  for (const auto& span : m.spans) {
    if (span.end > zero && span.fiber != kNobody && !span.open) all.push_back(&span);
  }
  std::sort(all.begin(), all.end(), [](auto* a, auto* b) { return a->begin < b->begin; });
  struct Parts {
    std::uint64_t number = 0;
    Nanos end = 0;
  };
  std::unordered_map<std::uint64_t, Parts> flows;
  std::uint64_t last = 0;
  Packed packed;
  packed.number(all.size());
  Nanos before = zero;
  for (const Span* span : all) {
    const Nanos begin = std::max(span->begin, zero);
    packed.number(span->fiber);
    packed.number(span->what);
    packed.number(static_cast<std::uint64_t>(begin - before));
    packed.number(static_cast<std::uint64_t>(std::max(span->end, begin) - begin));
    Parts none, &parts = span->flow == 0 ? none : flows[span->flow];
    if (span->flow != 0 && (parts.number == 0 || span->begin >= parts.end)) {
      parts = {++last, span->end};
    }
    parts.end = std::max(parts.end, span->end);
    packed.number(parts.number);
    before = begin;
  }
  return packed.base64();
}

// Who held what is waited for, when: for each object how often that changed, then the time since
// the change before, and the holder.
std::string holders_of(const Model& m, Nanos zero) {
  Packed packed;
  for (const Object& o : m.objects) {
    packed.number(o.waits == 0 ? 0 : o.held.size());
    if (o.waits == 0) continue;
    Nanos before = zero;
    for (const Holding& h : o.held) {
      const Nanos at = std::max(h.at, before);
      packed.number(static_cast<std::uint64_t>(at - before));
      packed.number(std::uint32_t{h.owner + 1});
      before = at;
    }
  }
  return packed.base64();
}

Json times(const Times& t, Nanos zero) {
  return {t.count, t.total, t.p99, t.worst, t.worst_at - zero};
}

// An index, -1 for none.
Json index(std::uint32_t i) {
  return i == kNobody ? Json(-1) : Json(i);
}

Json data_of(const Shown& shown, const Say& say) {
  const Model& m = *shown.model;
  const Summary& s = shown.summary;
  const Recording& r = m.recording;
  const Nanos zero = std::max(r.began, shown.since);
  Json d;
  d["title"] = printable(shown.title);
  d["length"] = std::max<Nanos>(r.ended - zero, 0);
  d["recorded"] = m.length();
  d["dropped"] = r.dropped;
  std::uint64_t events = 0;
  d["processes"] = Json::array();
  for (const auto& p : r.processes) {
    events += p.events;
    const bool parent_known =
        std::any_of(r.processes.begin(), r.processes.end(),
                    [&](const Process& other) { return other.number == p.parent; });
    d["processes"].push_back({{"number", p.number},
                              {"command", printable(p.command)},
                              {"parent", parent_known ? Json(p.parent) : Json(-1)},
                              {"role", printable(p.role)},
                              {"began", std::max<Nanos>(p.began - zero, 0)},
                              {"ended", p.ended < zero ? Json(-1) : Json(p.ended - zero)}});
  }
  d["steps"] = r.steps;
  d["events"] = events;
  d["event_ns"] = s.event_ns;
  d["share"] = s.share;
  d["runtimes"] = Json::array();
  for (const auto& x : m.runtimes) {
    d["runtimes"].push_back({{"process", x.process},
                             {"number", x.number},
                             {"about", x.about},
                             {"shares_lwps", x.shares_lwps}});
  }
  Packed packed;
  std::vector<std::uint64_t> moves(m.fibers.size());
  for (const auto& row : s.fibers) moves[row.lane] = row.migrations;
  auto lanes = [&](const std::vector<Lane>& all, auto&& name) {
    Json out = Json::array();
    for (std::uint32_t i = 0; i < all.size(); ++i) {
      packed.lane(all[i], zero);
      out.push_back({{"name", printable(name(m, i))},
                     {"number", all[i].number},
                     {"runtime", all[i].runtime},
                     {"origin", printable(all[i].origin)},
                     {"parent", index(all[i].parent)}});
    }
    return out;
  };
  d["lwps"] = lanes(m.lwps, lwp_name);
  d["fibers"] = lanes(m.fibers, name_of);
  for (std::size_t i = 0; i < moves.size(); ++i) d["fibers"][i]["migrations"] = moves[i];
  d["slices"] = packed.base64();
  d["texts"] = Json::array();
  for (const auto& text : r.texts) d["texts"].push_back(printable(text));
  d["objects"] = Json::array();
  for (std::uint32_t i = 0; i < m.objects.size(); ++i) {
    const Object& o = m.objects[i];
    d["objects"].push_back({printable(object_name(m, i)), o.uses, o.waits, o.waited, o.longest,
                            o.longest_at - zero, o.held_while_blocked});
  }
  d["holders"] = holders_of(m, zero);
  d["findings"] = Json::array();
  for (const auto& f : s.findings) {
    d["findings"].push_back({{"id", f.id},
                             {"text", printable(f.text)},
                             {"begin", f.end > f.begin ? std::max(f.begin - zero, Nanos{0}) : -1},
                             {"end", f.end - zero},
                             {"lwp", index(f.lwp)},
                             {"fiber", index(f.fiber)}});
  }
  d["calls"] = Json::array();
  for (const auto& c : s.calls) {
    d["calls"].push_back({{"what", printable(c.what)},
                          {"how", words(c.known, say)},
                          {"times", times(c.times, zero)},
                          {"handed", c.handed_off},
                          {"collateral", c.collateral},
                          {"lwp", index(c.worst_lwp)},
                          {"fiber", index(c.worst_fiber)}});
  }
  constexpr std::size_t kMostWaits = 1000;
  d["waits"] = Json::array();
  for (std::size_t i = 0; i < std::min(s.waits.size(), kMostWaits); ++i) {
    const WaitRow& w = s.waits[i];
    d["waits"].push_back({{"waiter", index(w.waiter)},
                          {"what", printable(w.what)},
                          {"owner", index(w.owner)},
                          {"waker", index(w.waker)},
                          {"times", times(w.times, zero)}});
  }
  d["spans"] = Json::array();
  for (const auto& x : s.spans) {
    d["spans"].push_back({printable(x.what), x.count, x.p50, x.p90, x.p99, x.worst});
  }
  d["requests"] = requests_of(m, zero);
  d["notes"] = Json::array();
  for (const auto& n : m.notes) {
    if (n.at < zero) continue;
    d["notes"].push_back({n.at - zero, index(n.fiber), printable(m.text(n.text))});
  }
  d["series"] = Json::array();
  for (const auto& x : m.series) {
    Json points = Json::array();
    for (const auto& p : x.points) points.push_back({p.at - zero, p.value});
    d["series"].push_back({{"name", printable(x.name)}, {"points", std::move(points)}});
  }
  d["off"] = Json::array();
  for (const auto& o : m.off) {
    if (o.waited > 0 && o.end > zero)
      d["off"].push_back({o.lwp, o.begin - zero, o.end - zero, o.waited});
  }
  return d;
}

// Inside a <script> element; nothing in it may end that, or begin a comment or another.
std::string for_script(const Json& data) {
  std::string text = data.dump(-1, ' ', false, Json::error_handler_t::replace);
  for (std::size_t at = 0; (at = text.find('<', at)) != text.npos;) {
    text.replace(at, 1, "\\u003c");
  }
  return text;
}

Json words_of_page(const Say& say) {
  Json w;
  const char* names[] = {"none",   "running", "ready", "waits",      "io",
                         "asleep", "blocked", "idle",  "unpermitted"};
  for (int i = 0; i < kStates; ++i) w[names[i]] = words(static_cast<State>(i), say);
  auto add = [&](const char* name, MessageId id) { w[name] = say(id); };
  add("off", "state.off");
  add("findings", "report.findings");
  add("calls", "report.calls");
  add("who", "report.waits");
  add("spans", "report.spans");
  add("lwps", "report.lwps");
  add("fibers", "report.fibers");
  add("call", "report.call");
  add("span", "report.span");
  add("fiber", "report.fiber");
  add("count", "report.count");
  add("total", "report.total");
  add("worst", "report.worst");
  add("at", "report.at");
  add("how", "report.how");
  add("origin", "report.origin");
  add("migrations", "report.migrations");
  add("handed", "report.handed");
  add("collateral", "report.collateral");
  add("waiter", "report.waiter");
  add("what", "report.what");
  add("owner", "report.owner");
  add("waker", "report.waker");
  add("runs", "report.runs");
  add("recorded", "page.recorded");
  add("made_up", "page.made_up");
  add("strange", "page.strange");
  add("timeline", "page.timeline");
  add("search", "page.search");
  add("found", "page.found");
  add("none_found", "page.none_found");
  add("keys", "page.keys");
  add("all", "page.all");
  add("pause", "page.pause");
  add("go_on", "page.go_on");
  add("gone", "page.gone");
  add("per_second", "page.per_second");
  add("everything", "page.everything");
  add("svg", "page.svg");
  add("more", "page.more");
  add("counters", "page.counters");
  add("run_queue", "page.run_queue");
  add("busy_lwps", "page.busy_lwps");
  add("blocked_lwps", "page.blocked_lwps");
  add("range", "page.range");
  add("graph", "page.graph");
  add("nobody_waits", "page.nobody_waits");
  add("waits_for", "page.waits_for");
  add("held_by", "page.held_by");
  add("table", "page.table");
  add("lane", "page.lane");
  add("begin", "page.begin");
  add("lasts", "page.lasts");
  add("state", "page.state");
  add("process", "page.process");
  add("role", "page.role");
  add("processes", "page.processes");
  add("show_lanes", "page.show_lanes");
  add("forked_by", "page.forked_by");
  add("requests", "page.requests");
  add("request", "page.request");
  add("way", "page.way");
  add("objects", "page.objects");
  add("object", "page.object");
  add("uses", "page.uses");
  add("waits_n", "page.waits_n");
  add("waited", "page.waited");
  add("longest", "page.longest");
  add("held_blocked", "page.held_blocked");
  add("latency", "page.latency");
  add("percentile", "page.percentile");
  add("step_back", "page.step_back");
  add("step_on", "page.step_on");
  add("step", "page.step");
  add("steps", "page.steps");
  add("no_event", "page.no_event");
  add("at_time", "page.at_time");
  add("waiting_now", "page.waiting_now");
  add("waiters", "page.waiters");
  add("stack", "page.stack");
  add("stack_asked", "page.stack_asked");
  add("chosen", "page.chosen");
  add("circle", "page.circle");
  add("and_more", "page.and_more");
  add("standstill", "page.standstill");
  add("as_text", "page.as_text");
  add("ev_running", "event.running");
  add("ev_alone", "event.alone");
  add("ev_ready", "event.ready");
  add("ev_waits", "event.waits");
  add("ev_held", "event.held");
  add("ev_io", "event.io");
  add("ev_asleep", "event.asleep");
  add("ev_blocked", "event.blocked");
  add("ev_idle", "event.idle");
  add("ev_unpermitted", "event.unpermitted");
  add("ev_ended", "event.ended");
  add("ev_begins", "event.begins");
  add("ev_done", "event.done");
  add("ev_note", "event.note");
  return w;
}

Json recordings_of(const std::vector<Shown>& shown, const Say& say) {
  Json all = Json::array();
  for (const auto& s : shown) all.push_back(data_of(s, say));
  return all;
}

Json page_data(const std::vector<Shown>& shown, const Say& say) {
  Json data{{"language", say.language() == Language::zh ? "zh" : "en"},
            {"words", words_of_page(say)}};
  data["recordings"] = recordings_of(shown, say);
  return data;
}

std::string body_of(const Json& data) {
  return "<main id=\"weft\"></main>\n<script type=\"application/json\" id=\"data\">" +
         for_script(data) + "</script>\n<script>\n" + kPageLibraries + "</script>\n<script>\n" +
         kPageProgram + "</script>\n";
}

std::string whole_page(const std::string& title, const Json& data, const Say& say) {
  return "<!doctype html>\n<html lang=\"" +
         std::string(say.language() == Language::zh ? "zh" : "en") +
         "\">\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
         escaped(title) + "</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n" + kPageStyle +
         "</style>\n" + body_of(data) + "</html>\n";
}

}  // namespace

Part part_of_page(const std::vector<Shown>& shown, Nanos begin, Nanos end, const Say& say) {
  Json data = page_data(shown, say);
  data["part"] = {begin, end};
  return {std::string(kPageStyle), body_of(data)};
}

std::string to_page(const std::vector<Shown>& shown, const Say& say) {
  const std::string title = shown.empty() ? "Weft" : "Weft: " + printable(shown.front().title);
  return whole_page(title, page_data(shown, say), say);
}

std::string data_of_page(const std::vector<Shown>& shown, const Say& say) {
  return recordings_of(shown, say).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string live_page(const std::string& live, const std::string& title, const Say& say) {
  Json data = page_data({}, say);
  data["live"] = Json::parse(live);
  return whole_page("Weft: " + printable(title), data, say);
}

}  // namespace weft::labs::trace
