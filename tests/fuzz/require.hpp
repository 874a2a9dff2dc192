// SPDX-License-Identifier: BSL-1.0
// How a target claims a property: what does not hold ends the program, which is a fuzzer's idea of
// a finding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace weft::fuzz {

inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace weft::fuzz

/// What a fuzzer calls, over and over.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
