// SPDX-License-Identifier: BSL-1.0
#include "servers/file/path.hpp"

#include "servers/file/ascii.hpp"

namespace weft::servers::file {
namespace {

// Takes `.`, `..` or an empty part off the end of `name`, which ends just before a slash or at the
// end of the path. False: it would go above the root.
bool settle_last_part(std::string& name) {
  auto slash = name.rfind('/');
  auto begin = slash == std::string::npos ? 0 : slash + 1;
  std::string_view part = std::string_view(name).substr(begin);
  if (part == "..") {
    if (begin == 0) return false;
    auto parent = begin >= 2 ? name.rfind('/', begin - 2) : std::string::npos;
    name.resize(parent == std::string::npos ? 0 : parent + 1);
  } else if (part == ".") {
    name.resize(begin);
  }
  return true;
}

}  // namespace

Path resolve(std::string_view target, std::string& name) {
  name.clear();
  for (std::size_t i = 0; i < target.size() && target[i] != '?'; ++i) {
    char c = target[i];
    if (c == '#' || static_cast<unsigned char>(c) >= 0x80) return Path::malformed;
    if (c == '/') {
      if (!settle_last_part(name)) return Path::malformed;
      if (!name.empty() && name.back() != '/') name += '/';
      continue;
    }
    if (c == '%') {
      int high = i + 1 < target.size() ? hex(target[i + 1]) : -1;
      int low = i + 2 < target.size() ? hex(target[i + 2]) : -1;
      if (high < 0 || low < 0) return Path::malformed;
      c = static_cast<char>(high * 16 + low);
      i += 2;
      if (c == '/') return Path::nothing;
    }
    if (c == '\0') return Path::malformed;
    name += c;
  }
  if (!settle_last_part(name)) return Path::malformed;
  return Path::ok;
}

void append_encoded(std::string_view name, std::string& to) {
  static constexpr std::string_view kPlain = "-._~/!$&'()*+,;=:@", kHex = "0123456789ABCDEF";
  for (char c : name) {
    const bool alphanumeric =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (alphanumeric || kPlain.find(c) != kPlain.npos) {
      to += c;
    } else {
      auto u = static_cast<unsigned char>(c);
      to += '%';
      to += kHex[u >> 4];
      to += kHex[u & 15];
    }
  }
}

}  // namespace weft::servers::file
