// SPDX-License-Identifier: BSL-1.0
#include "labs/policy/policy_file.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

#include "labs/exit.hpp"
#include "labs/policy/allocations.hpp"
#include "labs/policy/rules.hpp"
#include "lwp/os.hpp"
#include "lwp/policy_table.hpp"

namespace weft::labs {
namespace {

namespace os = lwp::os;
using lwp::Rule;

constexpr os::Nanos kPatience = 20 * os::kSecond;

// What the trying process leaves behind.
struct Shared {
  bool done = false, broken = false;
  Rule rule{};
  char task[lwp::Task::kNameBytes] = {};
  char story[32 * 1024] = {};
};

void put(char* into, std::size_t room, const std::string& text) {
  std::size_t n = std::min(text.size(), room - 1);
  std::memcpy(into, text.data(), n);
  into[n] = '\0';
}

std::string words(Rule rule, const Say& say, const std::string& task) {
  switch (rule) {
    case Rule::returned_twice:
      return say("policy.returned_twice", {{"task", task}});
    case Rule::not_ready:
      return say("policy.not_ready", {{"task", task}});
    case Rule::lost:
      return say("policy.lost", {{"task", task}});
    case Rule::starved:
      return say("policy.starved", {{"task", task}});
    case Rule::allocates:
      return say("policy.allocates");
  }
  return {};
}

std::string indented(const std::string& story) {
  std::string out;
  for (std::size_t at = 0; at < story.size();) {
    std::size_t end = std::min(story.find('\n', at), story.size());
    out += "    " + story.substr(at, end - at) + "\n";
    at = end + 1;
  }
  return out;
}

// The last lines of a long one, and how many were before.
std::string tail(const std::string& story, std::size_t lines, const Say& say) {
  std::size_t at = story.size();
  while (at > 0 && lines > 0) {
    at = story.rfind('\n', at - 2);
    if (at == std::string::npos) return story;
    --lines;
  }
  const auto before = std::count(story.begin(), story.begin() + static_cast<long>(at) + 1, '\n');
  return say("policy.calls_before", {{"n", std::to_string(before)}}) + "\n" + story.substr(at + 1);
}

PolicyVerdict try_rules(const std::string& file, const lwp::PolicyType& type, const Say& say) {
  void* memory = os::shared_memory(sizeof(Shared));
  if (memory == nullptr) return {kMachineLacks, say("policy.no_process")};
  auto& shared = *new (memory) Shared;
  auto child = os::fork_process([&] {
    count_allocations();
    auto broken = first_broken_rule(type, shared.story, sizeof shared.story);
    shared.broken = broken.has_value();
    if (broken) {
      std::string story;
      for (const auto& line : broken->story) story += line + "\n";
      shared.rule = broken->rule;
      put(shared.task, sizeof shared.task, broken->task);
      put(shared.story, sizeof shared.story, story);
    }
    shared.done = true;
    return 0;
  });
  if (!child) return {kMachineLacks, say("policy.no_process")};
  auto exit = child->wait(os::now() + kPatience);
  if (!exit) child->signal(9);
  if (shared.done && !shared.broken) return {};
  std::string text;
  if (shared.done) {
    text = say("policy.broken", {{"file", file}, {"rule", words(shared.rule, say, shared.task)}});
    text += "\n" + indented(tail(shared.story, 40, say));
  } else {
    text = exit ? say("policy.crashed", {{"file", file}, {"code", std::to_string(exit->code)}})
                : say("policy.hangs", {{"file", file}});
    text += "\n" + indented(tail(shared.story, 12, say));
  }
  return {kNo, text};
}

}  // namespace

bool is_policy_file(std::string_view word) {
  return word.ends_with(".cpp");
}

PolicyVerdict use_policy_file(const std::string& file, const Say& say) {
  Compiled compiled = compile_file(file, policy_file(), say);
  if (compiled.exit_code != kDone) return {compiled.exit_code, compiled.text};
  return use_policy_library(compiled.library, file, say);
}

PolicyVerdict use_policy_library(const std::string& library, const std::string& file,
                                 const Say& say) {
  std::string why;
  using Export = const lwp::PolicyExport* (*)();
  auto* exported = reinterpret_cast<Export>(os::library_function(library, "weft_policy", why));
  if (exported == nullptr) {
    return {kWrongUse, say("policy.no_export", {{"file", file}}) + "\n  " + why + "\n"};
  }
  const lwp::PolicyExport& policy = *exported();
  if (policy.layout != lwp::policy_layout()) return {kMachineLacks, say("policy.other_layout")};
  auto verdict = try_rules(file, policy.type, say);
  if (verdict.exit_code != kDone) return verdict;
  lwp::add_policy(file, policy.type);
  const bool bounded = policy.type.traits.bound != nullptr;
  verdict.text = bounded ? say("policy.right", {{"file", file}})
                         : say("policy.right_unbound", {{"file", file}});
  return verdict;
}

}  // namespace weft::labs
