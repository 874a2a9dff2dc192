// SPDX-License-Identifier: BSL-1.0
// Whether a request is to be done at all (RFC 9110 section 13): its client has an older answer, or
// an opinion of what the file should be now. The fields have an order, in which one that speaks
// silences others (section 13.2.2).
#pragma once

#include <string_view>

#include "lwp/os.hpp"

namespace weft::servers::file {

namespace os = lwp::os;

/// The fields, as the request has them; null data: it has none.
struct Conditions {
  std::string_view if_match{}, if_unmodified_since{}, if_none_match{}, if_modified_since{},
      if_range{};
  /// No condition but for ranges.
  bool none() const {
    return if_match.data() == nullptr && if_unmodified_since.data() == nullptr &&
           if_none_match.data() == nullptr && if_modified_since.data() == nullptr;
  }
};

enum class Judgement {
  proceed,
  unchanged,  ///< 304: what the client has is as good
  failed,     ///< 412
};

/// `current` is the file as it is, null if there is none; `reads`: GET or HEAD.
Judgement evaluate(const Conditions& conditions, const os::FileInfo* current, bool reads,
                   os::Nanos wall);

/// Whether ranges may be answered out of this file: there is no If-Range, or it means this file.
bool range_applies(const Conditions& conditions, const os::FileInfo& file, os::Nanos wall);

/// Whether a list of entity tags (or `*`) names `tag`. Weakly, `W/` makes no difference; strongly,
/// a weak tag names nothing (section 8.8.3.2).
bool matches_etag(std::string_view list, std::string_view tag, bool strongly = false);

}  // namespace weft::servers::file
