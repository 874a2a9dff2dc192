// SPDX-License-Identifier: BSL-1.0
#include "labs/terminal.hpp"

#include <cstdio>
#include <cstdlib>

#include "labs/columns.hpp"
#include "lwp/os.hpp"

namespace weft::labs {
namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// The first that is set decides, as POSIX has it.
std::string_view locale_of(const char* category) {
  for (const char* name : {"LC_ALL", category, "LANG"})
    if (auto value = variable(name); !value.empty()) return value;
  return "C";
}

bool names_utf8(std::string_view locale) {
  std::string lower;
  for (char c : locale) lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return lower.find("utf-8") != lower.npos || lower.find("utf8") != lower.npos;
}

}  // namespace

Terminal terminal_for(std::string_view lang, std::string_view colour) {
  Terminal t;
  t.utf8 = names_utf8(locale_of("LC_CTYPE"));
  auto language = language_named(lang.empty() ? locale_of("LC_MESSAGES") : lang);
  // Asked for by flag, Chinese comes even where the locale says nothing of UTF-8 (a bare "C").
  if (language == Language::zh && !lang.empty()) t.utf8 = true;
  t.say = Say(t.utf8 ? language.value_or(Language::en) : Language::en);
  bool terminal = lwp::os::terminal_columns(1) > 0;
  t.colour = colour == "always" || (colour != "never" && terminal && variable("NO_COLOR").empty() &&
                                    variable("TERM") != "dumb");
  t.progress_line = lwp::os::terminal_columns(2) > 0;
  return t;
}

std::string Terminal::shown(std::string_view text) const {
  return utf8 ? std::string(text) : ascii(text);
}
std::string Terminal::bold(std::string_view text) const {
  return colour ? "\033[1m" + std::string(text) + "\033[0m" : std::string(text);
}
std::string Terminal::dim(std::string_view text) const {
  return colour ? "\033[2m" + std::string(text) + "\033[0m" : std::string(text);
}

void Progress::show(std::string_view text) {
  if (!terminal_.progress_line) return;
  std::fprintf(stderr, "\r\033[K%s", terminal_.shown(text).c_str());
  std::fflush(stderr);
  shown_ = true;
}
void Progress::note(std::string_view text) {
  clear();
  std::fprintf(stderr, "%s\n", terminal_.shown(text).c_str());
}
void Progress::clear() {
  if (shown_) std::fputs("\r\033[K", stderr);
  shown_ = false;
}

}  // namespace weft::labs
