// SPDX-License-Identifier: BSL-1.0
// What a program may say to its own recording (weft run --trace, docs/report.md). Costs a branch
// where nothing is recorded.
//
//   weft::fibers::Mutex log;
//   weft::fibers::name_object(&log, "log");      // "mutex log" instead of an address
//   weft::fibers::note("warmed up");             // a flag in the timeline
//   weft::fibers::count("queue", queue.size());  // a curve below it
#pragma once

#include <cstdint>
#include <string_view>

namespace weft::fibers {

/// Names an object that fibers wait for: 31 bytes are kept, and 1024 names. From any thread.
void name_object(const void* object, std::string_view name);
/// A remark of the calling fiber at this moment; 120 bytes are kept.
void note(std::string_view text);
/// A value at this moment, of the quantity `what`, a literal.
void count(const char* what, std::uint64_t value);

/// Whether what the calling thread does is recorded: for what would be worked out in vain.
bool is_recorded();

/// A span of the calling fiber's work that another may end: a request that several serve. `what` is
/// a literal; `flow` is not 0, and spans of one flow, in any process, belong together.
void begin_span(const char* what, std::uint64_t flow);
void end_span(std::uint64_t flow);

/// The flow of a connection's `request`, the first being 1: the same at both of its ends, on one
/// machine, without a byte sent more. Ports are used again, so it belongs to its time.
std::uint64_t flow_of(std::uint16_t client_port, std::uint16_t server_port, std::uint64_t request);

/// A span of the calling fiber's work, shown as one bar: a request, a phase. `what` is a literal;
/// spans of one `flow`, in any process, belong together.
class Span {
 public:
  explicit Span(const char* what, std::uint64_t flow = 0);
  ~Span();
  Span(const Span&) = delete;

 private:
  const std::uint64_t flow_;
};

}  // namespace weft::fibers
