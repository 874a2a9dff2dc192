// SPDX-License-Identifier: BSL-1.0
// What WEFT_TRACE says: FILE, flight:FILE, flight=4M:FILE, followed=4M:FILE.
#include <algorithm>
#include <charconv>

#include "lwp/trace/recorder.hpp"

namespace weft::lwp::trace {

Options options_of(std::string_view asked) {
  constexpr std::string_view kFlight = "flight", kFollowed = "followed";
  constexpr std::size_t kMiB = 1024 * 1024, kMost = 1024;
  Options options{.file = std::string(asked)};
  const bool followed = asked.starts_with(kFollowed);
  if (!followed && !asked.starts_with(kFlight)) return options;
  std::string_view rest = asked.substr(followed ? kFollowed.size() : kFlight.size());
  std::size_t megabytes = 0;
  if (rest.starts_with('=')) {
    auto [end, error] = std::from_chars(rest.data() + 1, rest.data() + rest.size(), megabytes);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    if (error != std::errc() || !rest.starts_with("M:")) return options;
    rest.remove_prefix(1);
  }
  if (!rest.starts_with(':')) return options;  // a file of that name
  options.flight = true;
  options.followed = followed;
  options.most_bytes = std::min(megabytes, kMost) * kMiB;
  options.file = rest.substr(1);
  return options;
}

}  // namespace weft::lwp::trace
