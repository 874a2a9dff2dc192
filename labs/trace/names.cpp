// SPDX-License-Identifier: BSL-1.0
#include "labs/trace/names.hpp"

#include <algorithm>
#include <cstdio>

namespace weft::labs::trace {
namespace {

// Of "read /data/x", as a look saw it.
std::string seen_call(const std::string& text, std::int64_t descriptor) {
  const auto blank = text.find(' ');
  std::string name = text.substr(0, blank);
  if (name.empty()) name = "?";
  if (descriptor < 0) return text.empty() ? name : text;
  name += "(" + std::to_string(descriptor);
  if (blank != text.npos) name += ", " + text.substr(blank + 1);
  return name + ")";
}

}  // namespace

std::string name_of(const Model& m, std::uint32_t fiber) {
  if (fiber == kNobody) return {};
  const Lane& f = m.fibers[fiber];
  const std::string number = std::to_string(f.number);
  if (f.name.empty()) return "fiber " + number;
  return f.has_namesake ? f.name + " (" + number + ")" : f.name;
}

std::string lwp_name(const Model& m, std::uint32_t lwp) {
  const Lane& l = m.lwps[lwp];
  std::string name = "LWP " + std::to_string(l.number);
  const auto& processes = m.recording.processes;
  if (processes.size() > 1) {
    name += " of " + std::to_string(processes[m.runtimes[l.runtime].process].number);
  }
  return name;
}

std::string runtime_in_full(const Model& m, std::uint32_t runtime) {
  const Runtime& own = m.runtimes[runtime];
  const auto fellows = std::count_if(m.runtimes.begin(), m.runtimes.end(), [&](const Runtime& r) {
    return r.process == own.process && !r.about.empty();
  });
  if (fellows < 2 || own.about.empty()) return {};
  std::string name = own.about.substr(0, own.about.find(','));
  const auto last = own.about.rfind(',');  // what it does when a fiber blocks
  if (last != std::string::npos) name += own.about.substr(last);
  return name;
}

std::string lwp_in_full(const Model& m, std::uint32_t lwp) {
  const std::string name = lwp_name(m, lwp), runtime = runtime_in_full(m, m.lwps[lwp].runtime);
  return runtime.empty() ? name : name + " (" + runtime + ")";
}

std::string object_name(const Model& m, std::uint32_t object) {
  if (object == kNobody) return {};
  const Object& o = m.objects[object];
  if (o.kind == "fd") return "fd " + std::to_string(o.address);
  if (!o.name.empty()) return o.kind + " " + o.name;
  constexpr const char* kDigits = "0123456789abcdef";
  std::string hex;
  for (std::uint64_t a = o.address; a != 0; a >>= 4) hex.insert(hex.begin(), kDigits[a & 15]);
  return o.kind + " 0x" + hex;
}

std::string duration(Nanos t) {
  const auto nanos = static_cast<double>(t);
  const auto [divisor, unit] = nanos < 999.5     ? std::pair{1.0, "ns"}
                               : nanos < 999.5e3 ? std::pair{1e3, "µs"}
                               : nanos < 999.5e6 ? std::pair{1e6, "ms"}
                                                 : std::pair{1e9, "s"};
  const double value = nanos / divisor;
  const int digits = divisor == 1.0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  char text[48];
  std::snprintf(text, sizeof text, "%.*f\u00a0%s", digits, value, unit);
  return text;
}

std::string duration(const Model& m, Nanos t, const Say& say) {
  if (!m.recording.steps) return duration(t);
  return say(t == 1 ? MessageId("report.step") : MessageId("report.steps"),
             {{"n", std::to_string(t)}});
}

std::string call_name(const Model& m, const Call& call) {
  const std::string& text = m.text(call.what);
  return call.known == Known::announced ? text : seen_call(text, call.descriptor);
}

std::string call_in_full(const Model& m, const Call& call) {
  std::string name = call_name(m, call);
  if (call.seen == 0) return name;
  const std::string seen = seen_call(m.text(call.seen), call.descriptor);
  return seen.substr(0, seen.find('(')) == name ? seen : name + ": " + seen;
}

}  // namespace weft::labs::trace
