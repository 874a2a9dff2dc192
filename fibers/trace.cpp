// SPDX-License-Identifier: BSL-1.0
#include "fibers/trace.hpp"

#include "lwp/core.hpp"
#include "lwp/sanitizer.hpp"
#include "lwp/trace/hooks.hpp"

namespace weft::fibers {
namespace {

template <class Write>
void record(Write&& write) {
  lwp::Core core;
  if (lwp::trace::Ring* ring = core.lwp().ring) [[unlikely]]
    write(*ring);
}

}  // namespace

void name_object(const void* object, std::string_view name) {
  lwp::trace::name_object(object, name);
}

void note(std::string_view text) {
  record([&](lwp::trace::Ring& to) { to.record_text(lwp::trace::Event::note, text); });
}

void count(const char* what, std::uint64_t value) {
  record([&](lwp::trace::Ring& to) {
    to.record(lwp::trace::Event::count, lwp::trace::number_of(what), value);
  });
}

// A fiber may go on elsewhere meanwhile: a hint.
WEFT_NO_TSAN bool is_recorded() {
  return lwp::trace::is_on() && lwp::current()->ring != nullptr;
}

void begin_span(const char* what, std::uint64_t flow) {
  record([&](lwp::trace::Ring& to) {
    to.record(lwp::trace::Event::begin, lwp::trace::number_of(what), flow);
  });
}

void end_span(std::uint64_t flow) {
  record([&](lwp::trace::Ring& to) { to.record(lwp::trace::Event::end, flow); });
}

std::uint64_t flow_of(std::uint16_t client_port, std::uint16_t server_port, std::uint64_t request) {
  return request << 32 | static_cast<std::uint64_t>(server_port) << 16 | client_port;
}

Span::Span(const char* what, std::uint64_t flow) : flow_(flow) {
  begin_span(what, flow_);
}

Span::~Span() {
  end_span(flow_);
}

}  // namespace weft::fibers
