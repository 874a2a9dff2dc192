// SPDX-License-Identifier: BSL-1.0
// What a command writes for --json and --report, after a measurement that must not be in vain.
#pragma once

#include <cstdio>
#include <string>

namespace weft::labs {

/// True if a file can be written there; leaves what is there as it is. "" and "-" (the standard
/// output) always can.
bool can_write(const std::string& path);

/// False if it could not be written whole; then a file that was there is as it was. A device or a
/// pipe is written to. Nothing is to do for "".
bool write_output(const std::string& path, const std::string& text);

/// Where the words for people go: with `--json -` the standard output is the program's that reads.
inline std::FILE* words_beside(const std::string& json) {
  return json == "-" ? stderr : stdout;
}

}  // namespace weft::labs
