// SPDX-License-Identifier: BSL-1.0
#include "servers/file/media_type.hpp"

#include <algorithm>
#include <array>

namespace weft::servers::file {
namespace {

struct Known {
  std::string_view ending, type;
};
constexpr std::array kKnown = std::to_array<Known>({
    {"avif", "image/avif"},
    {"bin", "application/octet-stream"},
    {"c", "text/plain; charset=utf-8"},
    {"cpp", "text/plain; charset=utf-8"},
    {"css", "text/css; charset=utf-8"},
    {"csv", "text/csv; charset=utf-8"},
    {"gif", "image/gif"},
    {"gz", "application/gzip"},
    {"h", "text/plain; charset=utf-8"},
    {"hpp", "text/plain; charset=utf-8"},
    {"htm", "text/html; charset=utf-8"},
    {"html", "text/html; charset=utf-8"},
    {"ico", "image/vnd.microsoft.icon"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"js", "text/javascript; charset=utf-8"},
    {"json", "application/json"},
    {"md", "text/markdown; charset=utf-8"},
    {"mjs", "text/javascript; charset=utf-8"},
    {"mp3", "audio/mpeg"},
    {"mp4", "video/mp4"},
    {"pdf", "application/pdf"},
    {"png", "image/png"},
    {"svg", "image/svg+xml"},
    {"tar", "application/x-tar"},
    {"txt", "text/plain; charset=utf-8"},
    {"wasm", "application/wasm"},
    {"webp", "image/webp"},
    {"woff2", "font/woff2"},
    {"xml", "application/xml"},
    {"zip", "application/zip"},
});
static_assert(std::is_sorted(kKnown.begin(), kKnown.end(),
                             [](const Known& a, const Known& b) { return a.ending < b.ending; }));

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

}  // namespace

std::string_view media_type(std::string_view name) {
  constexpr std::string_view kUnknown = "application/octet-stream";
  auto dot = name.find_last_of("./");
  if (dot == std::string_view::npos || name[dot] == '/') return kUnknown;
  std::array<char, 8> buffer{};
  auto ending = name.substr(dot + 1);
  if (ending.size() > buffer.size()) return kUnknown;
  std::transform(ending.begin(), ending.end(), buffer.begin(), lower);
  ending = {buffer.data(), ending.size()};
  auto found = std::lower_bound(kKnown.begin(), kKnown.end(), ending,
                                [](const Known& k, std::string_view e) { return k.ending < e; });
  return found != kKnown.end() && found->ending == ending ? found->type : kUnknown;
}

}  // namespace weft::servers::file
