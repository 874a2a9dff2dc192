// SPDX-License-Identifier: BSL-1.0
#include "fibers/config.hpp"

#include "lwp/policy_table.hpp"

namespace weft::fibers {
namespace {

template <class E>
struct Named {
  E value;
  std::string_view name;
};
constexpr Named<Mapping> kMappings[] = {{Mapping::many_to_one, "many-to-one"},
                                        {Mapping::many_to_many, "many-to-many"},
                                        {Mapping::one_to_one, "one-to-one"}};
constexpr Named<OnBlock> kStrategies[] = {
    {OnBlock::hold, "hold"}, {OnBlock::handoff, "handoff"}, {OnBlock::offload, "offload"}};
constexpr Named<Engine> kEngines[] = {{Engine::weft, "weft"}, {Engine::boost_fiber, "boost-fiber"}};

template <class E, std::size_t N>
std::string_view name_in(const Named<E> (&table)[N], E value) {
  for (const auto& row : table) {
    if (row.value == value) return row.name;
  }
  return "?";
}
template <class E, std::size_t N>
std::optional<E> value_in(const Named<E> (&table)[N], std::string_view name) {
  for (const auto& row : table) {
    if (row.name == name) return row.value;
  }
  return std::nullopt;
}

constexpr int kMostLwps = 1024;

}  // namespace

std::string_view name(Mapping m) {
  return name_in(kMappings, m);
}
std::string_view name(Engine e) {
  return name_in(kEngines, e);
}
std::string_view name(OnBlock b) {
  return name_in(kStrategies, b);
}
std::optional<Mapping> mapping_named(std::string_view text) {
  return value_in(kMappings, text);
}
std::optional<OnBlock> on_block_named(std::string_view text) {
  return value_in(kStrategies, text);
}
std::optional<Engine> engine_named(std::string_view text) {
  return value_in(kEngines, text);
}

std::string policy_of(const Config& c) {
  if (!c.policy.empty()) return c.policy;
  return c.mapping == Mapping::many_to_many ? "work-stealing" : "fifo";
}

std::optional<std::string> refuse(const Config& c) {
  if (auto why = lwp::refuse_policy(policy_of(c))) return why;
  if (c.mapping == Mapping::one_to_one && !c.policy.empty()) {
    return "with one-to-one the kernel schedules, so --policy " + c.policy +
           " would change nothing; leave it out, or say --mapping many-to-many";
  }
  if (c.lwps < 0 || c.lwps > kMostLwps) {
    return "--lwps " + std::to_string(c.lwps) + ": an LWP is a kernel thread; take 1 to " +
           std::to_string(kMostLwps);
  }
  if (c.mapping == Mapping::many_to_one && c.lwps > 1) {
    return "many-to-one has one LWP, not " + std::to_string(c.lwps) +
           "; for more say --mapping many-to-many";
  }
  if (c.max_lwps < 0 || c.max_lwps > kMostLwps || (c.max_lwps > 0 && c.max_lwps < c.lwps)) {
    return "--max-lwps " + std::to_string(c.max_lwps) + ": take --lwps to " +
           std::to_string(kMostLwps);
  }
  if (c.on_block == OnBlock::handoff && c.mapping == Mapping::many_to_one) {
    return "many-to-one has no second LWP to hand a permit to; say --mapping many-to-many --lwps 1";
  }
  if (c.on_block == OnBlock::handoff && c.engine == Engine::boost_fiber) {
    return "Boost.Fiber's scheduler stays with its kernel thread, so nothing can be handed off; "
           "say --engine weft or --on-block offload";
  }
  if (c.preempt < 0 || (c.preempt > 0 && c.preempt < kLeastSlice)) {
    return "--preempt takes a time slice of 1 ms or more";
  }
  if (c.preempt > 0 && (c.on_block != OnBlock::handoff || c.mapping != Mapping::many_to_many)) {
    return "--preempt stops a fiber on its LWP and gives the permit to another one; say --mapping "
           "many-to-many --on-block handoff";
  }
  if (c.spin < 0 || c.spin > kLongestSpin) return "--spin takes 0 to 10000 µs";
  if (c.spin > 0 && (c.engine == Engine::boost_fiber || c.mapping == Mapping::one_to_one)) {
    return "--spin is for LWPs that Weft gives work; say --engine weft and another mapping than "
           "one-to-one";
  }
  if (c.mapping == Mapping::one_to_one && c.engine == Engine::boost_fiber) {
    return "Boost.Fiber has no one-to-one mapping; say --engine weft or another --mapping";
  }
  if (c.stack_bytes < kLeastStack) {
    return "a stack of " + std::to_string(c.stack_bytes) + " bytes is too small; take " +
           std::to_string(kLeastStack) + " or more";
  }
  return std::nullopt;
}

}  // namespace weft::fibers
