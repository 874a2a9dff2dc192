// SPDX-License-Identifier: BSL-1.0
// A recording for Perfetto (ui.perfetto.dev): its TrackEvent protobufs, with a process for the
// LWPs and one for the fibers of each runtime. (Numbers of fields: perfetto's
// protos/perfetto/trace/trace_packet.proto and track_event/*.proto.)
#pragma once

#include "labs/trace/model.hpp"

namespace weft::labs::trace {

std::string to_perfetto(const Model& m);

}  // namespace weft::labs::trace
