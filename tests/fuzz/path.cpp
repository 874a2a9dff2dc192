// SPDX-License-Identifier: BSL-1.0
// Bytes as the target of a request: whatever it says, the name stays below the root, and however it
// is written, it is the same name.
#include "servers/file/path.hpp"

#include <vector>

#include "servers/file/request.hpp"
#include "tests/fuzz/require.hpp"

using namespace weft::servers::file;
using namespace weft::fuzz;

namespace {

std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts(1);
  for (char c : path) {
    if (c == '/') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

void stays_below(std::string_view name) {
  require(name.find('\0') == name.npos, "no NUL in a name");
  auto parts = parts_of(name);
  if (parts.back().empty()) parts.pop_back();  // a folder's slash; the root's name is empty
  for (const std::string& part : parts) {
    require(!part.empty() && part != "." && part != "..", "every part is a name");
  }
}

// Every byte but the slashes percent-encoded, whatever was so before.
std::string encoded_whole(std::string_view target) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < target.size(); ++i) {
    const char c = target[i];
    if (c == '/') {
      out += c;
    } else if (c == '%') {
      out += target.substr(i, 3);
      i += 2;
    } else {
      const auto u = static_cast<unsigned char>(c);
      out = out + '%' + kHex[u >> 4] + kHex[u & 15];
    }
  }
  return out;
}

// Walks down and up, part by part. False: above the root.
bool walk(std::string_view path, std::string& name) {
  std::vector<std::string> at;
  std::string last;
  for (const std::string& part : parts_of(path)) {
    last = part;
    if (part == "..") {
      if (at.empty()) return false;
      at.pop_back();
    } else if (!part.empty() && part != ".") {
      at.push_back(part);
    }
  }
  name.clear();
  for (const std::string& part : at) name += part + "/";
  if (!last.empty() && last != "." && last != "..") name.pop_back();
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string target = "/" + std::string(text_of(data, size));
  std::string name, again = "left/over", back;
  const Path verdict = resolve(target, name);
  require(resolve(target, again) == verdict, "a verdict is the same again");
  const auto path = target.substr(0, target.find('?'));
  require(resolve(path + "?/../..%", back) == verdict, "a query makes no difference");
  if (verdict != Path::ok) return 0;
  require(again == name && back == name, "a name is the same again");
  stays_below(name);

  std::string encoded = "/";
  append_encoded(name, encoded);
  require(resolve(encoded, back) == Path::ok && back == name, "a name encoded comes back");
  again = "/";
  append_encoded(back, again);
  require(again == encoded, "encoding settles");
  require(encoded.find_first_of("?#<>\" \t\r\n\\") == encoded.npos, "it is safe in a link");
  const std::string whole = encoded_whole(path);
  require(resolve(whole, back) == Path::ok && back == name, "encoding more makes no difference");
  std::string decoded;
  for (std::size_t i = 1; i < whole.size(); ++i) {
    if (whole[i] == '/') {
      decoded += '/';
    } else {
      decoded += static_cast<char>(std::stoi(whole.substr(i + 1, 2), nullptr, 16));
      i += 2;
    }
  }
  require(walk(decoded, back) && back == name, "a walk from part to part ends there");

  const std::string absolute = "http://h:80" + target;
  std::string_view origin = absolute, authority;
  require(to_origin_form(origin, authority) && origin == target && authority == "h:80",
          "an absolute target is its path");
  return 0;
}
