// SPDX-License-Identifier: BSL-1.0
#include "labs/explore/story.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>
#include <sstream>

#include "labs/columns.hpp"
#include "labs/compile.hpp"

namespace weft::labs::explore {
namespace {

using nlohmann::json;

constexpr long long kPatience = 60'000'000'000;
constexpr std::size_t kPrefix = 11;  // " step  LWP "
constexpr std::size_t kLeast = 24;   // columns that a line's text has

std::string hex(std::uint64_t n) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(n));
  return text;
}

// Without what is before it, and the comment behind it.
std::string trimmed(const std::string& line) {
  const std::string text = line.substr(0, line.find("  //"));
  const auto begin = text.find_first_not_of(" \t");
  if (begin == text.npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// Debug information says where a statement ends; what it begins with says more: of "});" the line
// of the bracket that it closes.
unsigned beginning(const std::vector<std::string>& source, unsigned line) {
  if (line > source.size() || !trimmed(source[line - 1]).starts_with("})")) return line;
  int open = 0;
  for (unsigned at = line; at > 0; --at) {
    for (const char c : source[at - 1]) open += c == '}' ? 1 : c == '{' ? -1 : 0;
    if (open <= 0) return at;
  }
  return line;
}

// LWP 1 is the thread that called run(), the others say which they are.
int lwp_of(const std::string& thread) {
  constexpr std::string_view kPrefix = "weft-lwp-";
  if (thread == "main") return 1;
  return thread.starts_with(kPrefix) ? std::atoi(thread.c_str() + kPrefix.size()) : 0;
}

// The first `width` columns.
std::string cut(const std::string& text, std::size_t width) {
  if (columns(text) <= width) return text;
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t before = at;
    take_code_point(text, at);
    if (columns(out) + columns(text.substr(before, at - before)) + 1 > width) break;
    out += text.substr(before, at - before);
  }
  return out + "…";
}

}  // namespace

std::map<std::uint64_t, unsigned> lines_of(const std::string& library, const std::string& file,
                                           const json& steps) {
  std::set<std::uint64_t> offsets;
  for (const auto& s : steps) {
    for (const auto& call : s.at("calls")) offsets.insert(call.get<std::uint64_t>());
  }
  std::map<std::uint64_t, unsigned> out;
  if (offsets.empty()) return out;
  std::vector<std::string> command = {"addr2line", "-a", "-i", "-e", library};
  for (auto offset : offsets) command.push_back(hex(offset));
  std::istringstream answer(run_command(std::move(command), kPatience).text);
  std::error_code error;
  const std::string wanted = std::filesystem::weakly_canonical(file, error).string();
  std::uint64_t offset = 0;
  // "0x1234", then "file:line", the innermost of what was inlined there first.
  for (std::string line; std::getline(answer, line);) {
    if (line.starts_with("0x")) {
      offset = std::strtoull(line.c_str(), nullptr, 16);
      continue;
    }
    const auto colon = line.rfind(':');
    if (colon == line.npos || out.contains(offset)) continue;
    const std::string from =
        std::filesystem::weakly_canonical(line.substr(0, colon), error).string();
    const int number = std::atoi(line.c_str() + colon + 1);
    if (from == wanted && number > 0) out[offset] = static_cast<unsigned>(number);
  }
  return out;
}

Story tell(const json& run, const std::map<std::uint64_t, unsigned>& lines,
           const std::vector<std::string>& source, const Shown& shown) {
  Story story;
  std::map<std::pair<std::uint64_t, int>, std::size_t>
      column_of;  // by fiber, or thread without one
  const json& threads = run.at("threads");
  std::map<std::uint64_t, std::string> names;
  for (const auto& s : run.at("story")) {
    const std::string who = s.at("who");
    if (!who.empty()) names[s.at("fiber").get<std::uint64_t>()] = who;
  }
  for (const auto& s : run.at("story")) {
    std::string operation = s.at("operation");
    const auto thread = s.at("thread").get<std::size_t>();
    const std::string thread_name = threads.at(thread);
    const auto fiber = s.at("fiber").get<std::uint64_t>();
    const int lwp = lwp_of(thread_name);
    unsigned line = 0;
    for (const auto& call : s.at("calls")) {
      auto found = lines.find(call.get<std::uint64_t>());
      if (found == lines.end()) continue;
      line = beginning(source, found->second);
      break;
    }
    const bool event = s.at("event");
    const bool of_policy = event && operation.starts_with("policy: ");
    if (operation == "✗" && fiber == 0 && line == 0 && !story.lines.empty()) {
      story.lines.back().effects.push_back(operation);  // weft says so, not a fiber
      continue;
    }
    if (!shown.all && (of_policy ? !shown.policy : line == 0 && !event)) continue;

    const auto key = std::pair(fiber, fiber == 0 ? static_cast<int>(thread) : 0);
    auto [at, is_new] = column_of.try_emplace(key, story.actors.size());
    if (is_new) {
      const std::string who = s.at("who");
      story.actors.push_back(fiber == 0    ? (lwp > 0 ? "LWP " + std::to_string(lwp) : thread_name)
                             : who.empty() ? "fiber " + std::to_string(fiber)
                                           : who);
    }
    const std::size_t column = at->second;
    const auto number = s.at("step").get<std::uint64_t>();
    if (event && operation.ends_with(" fiber")) {  // its number is all that the runtime knows
      const auto other = s.at("object").get<std::uint64_t>();
      const auto named = names.find(other);
      operation = operation.substr(0, operation.size() - 5) +
                  (named != names.end() ? named->second : "fiber " + std::to_string(other));
    }
    if (shown.all && !event) {
      const std::string file = s.at("file");
      operation += " " + file.substr(file.rfind('/') + 1) + ":" +
                   std::to_string(s.at("line").get<unsigned>());
    }
    StoryLine* last = story.lines.empty() ? nullptr : &story.lines.back();
    const bool goes_on = last != nullptr && last->column == column && last->lwp == lwp &&
                         (last->line == line || (event && line == 0)) && !shown.all && !of_policy;
    if (!goes_on) {
      StoryLine next;
      next.step = number;
      next.lwp = lwp;
      next.column = column;
      next.line = line;
      if (line > 0 && line <= source.size()) next.source = trimmed(source[line - 1]);
      story.lines.push_back(std::move(next));
      last = &story.lines.back();
    }
    last->last = number;
    // What an access does to a variable is in the line itself; where the source is not shown, here.
    const bool says = event || shown.all || last->source.empty();
    if (says && (last->effects.empty() || last->effects.back() != operation)) {
      last->effects.push_back(operation);
    }
  }
  return story;
}

// {x}: what came after those of the row.
std::string in_words(const std::string& effect, const Say& say) {
  struct Words {
    std::string_view begins;
    MessageId id;
  };
  static constexpr Words kWords[] = {
      {"starts ", "story.starts"},
      {"wakes without a reason", "story.wakes_for_nothing"},
      {"wakes ", "story.wakes"},
      {"waits for join of ", "story.joins"},
      {"waits for unpark", "story.parks"},
      {"waits for ", "story.waits"},
      {"unlocks", "story.unlocks"},
      {"ends", "story.ends"},
      {"reads it", "story.reads"},
      {"writes it", "story.writes"},
      {"chooses ", "story.chooses"},
      {"blocks its LWP in ", "story.blocks"},
      {"is interrupted by a signal (EINTR)", "story.interrupted"},
      {"is so slow that time passes", "story.slow"},
      {"moves one byte only", "story.short"},
  };
  for (const auto& [begins, id] : kWords) {
    if (effect.starts_with(begins)) return say(id, {{"x", effect.substr(begins.size())}});
  }
  return effect;
}

std::string to_text(const Story& story, std::size_t width, const Say& say) {
  const std::size_t n = story.actors.size();
  const std::size_t apart = n <= 3 ? 14 : n <= 5 ? 9 : 4;
  std::string head = pad_left(say("story.step"), 5) + pad_left("LWP", 5) + " ";
  for (std::size_t i = 0; i < n && columns(head) < width; ++i) {
    head += i + 1 < n ? pad_right(cut(story.actors[i], apart - 1), apart) : story.actors[i];
  }
  std::string out = cut(head, width) + "\n";
  for (const auto& l : story.lines) {
    std::string text = l.line == 0 ? l.source : std::to_string(l.line) + ": " + l.source;
    std::string effects;
    for (const auto& e : l.effects) effects += (effects.empty() ? "" : ", ") + in_words(e, say);
    if (!effects.empty()) effects = (text.empty() ? "» " : "  » ") + effects;
    const std::size_t used = std::min(kPrefix + l.column * apart, width - kLeast);
    const std::size_t room = width - used;
    const std::size_t wanted = std::min(columns(effects), room * 2 / 3);
    text = cut(text, room - wanted);
    // What comes last says most.
    if (columns(text) + columns(effects) > room && effects.ends_with(", ✗")) {
      effects = cut(effects.substr(0, effects.size() - std::string_view(", ✗").size()),
                    room - columns(text) - 3) +
                ", ✗";
    }
    text += cut(effects, room - columns(text));
    out += pad_left(std::to_string(l.step), 5) +
           pad_left(l.lwp > 0 ? std::to_string(l.lwp) : "-", 5) + " " +
           std::string(used - kPrefix, ' ') + text + "\n";
  }
  return out;
}

}  // namespace weft::labs::explore
