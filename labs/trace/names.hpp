// SPDX-License-Identifier: BSL-1.0
// How what is in a recording is called, and its times, wherever they are shown.
#pragma once

#include "labs/trace/model.hpp"

namespace weft::labs::trace {

/// "worker-7", or "fiber 12" if it has no name; with its number if several of its
/// runtime have that name.
std::string name_of(const Model& m, std::uint32_t fiber);
/// "many-to-one, hold", where its process has several; "" where not.
std::string runtime_in_full(const Model& m, std::uint32_t runtime);
/// "LWP 2", with its process where there are several.
std::string lwp_name(const Model& m, std::uint32_t lwp);
/// The same, with its runtime where the process has several: "LWP 2 (many-to-one, hold)".
std::string lwp_in_full(const Model& m, std::uint32_t lwp);
/// "mutex log", "mutex 0x55…".
std::string object_name(const Model& m, std::uint32_t object);

/// "312 ms", "1.9 s", "45 µs": three digits at most.
std::string duration(Nanos t);
/// Likewise, or "12 steps" of a recording that counts steps.
std::string duration(const Model& m, Nanos t, const Say& say);
/// "read(5, /data/x)"; an announced one as it was announced, by which calls are counted.
std::string call_name(const Model& m, const Call& call);
/// Likewise, with what a look saw of an announced one: "fetch: read(5, /data/x)".
std::string call_in_full(const Model& m, const Call& call);

}  // namespace weft::labs::trace
