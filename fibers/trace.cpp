// SPDX-License-Identifier: BSL-1.0
#include "fibers/trace.hpp"

#include "lwp/core.hpp"
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

Span::Span(const char* what, std::uint64_t flow) : flow_(flow) {
  record([&](lwp::trace::Ring& to) {
    to.record(lwp::trace::Event::begin, lwp::trace::number_of(what), flow_);
  });
}

Span::~Span() {
  record([&](lwp::trace::Ring& to) { to.record(lwp::trace::Event::end, flow_); });
}

}  // namespace weft::fibers
