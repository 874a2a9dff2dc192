// SPDX-License-Identifier: BSL-1.0
#include "labs/catalogue.hpp"

#include <algorithm>

namespace weft::labs {
namespace {

// Calls found(name, begin, end) for each {name} of lower-case letters and underscores.
template <class Found>
void each_placeholder(std::string_view text, Found&& found) {
  for (std::size_t open = text.find('{'); open != text.npos; open = text.find('{', open + 1)) {
    std::size_t close = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", open + 1);
    if (close == text.npos || text[close] != '}' || close == open + 1) continue;
    found(text.substr(open + 1, close - open - 1), open, close + 1);
  }
}

}  // namespace

std::string fill(std::string_view text, std::initializer_list<Argument> arguments) {
  std::string out;
  std::size_t copied = 0;
  each_placeholder(text, [&](std::string_view name, std::size_t begin, std::size_t end) {
    for (const auto& argument : arguments) {
      if (argument.name != name) continue;
      out.append(text, copied, begin - copied).append(argument.value);
      copied = end;
    }
  });
  return out.append(text, copied);
}

std::vector<std::string> placeholders(std::string_view text) {
  std::vector<std::string> names;
  each_placeholder(text, [&](std::string_view name, auto, auto) { names.emplace_back(name); });
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::string Say::operator()(MessageId id, std::initializer_list<Argument> arguments) const {
  const Message& message = kMessages[id.index()];
  return fill(language_ == Language::zh ? message.zh : message.en, arguments);
}

std::optional<Language> language_named(std::string_view text) {
  std::string_view primary = text.substr(0, text.find_first_of("_-.@"));
  if (primary == "en" || text == "C" || text.starts_with("C.") || text == "POSIX")
    return Language::en;
  if (primary == "zh") return Language::zh;
  return std::nullopt;
}

}  // namespace weft::labs
