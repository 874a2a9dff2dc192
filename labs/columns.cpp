// SPDX-License-Identifier: BSL-1.0
#include "labs/columns.hpp"

#include <array>
#include <utility>
#include <vector>

namespace weft::labs {
namespace {

struct Range {
  char32_t first, last;
};
// Wide and full-width characters of Unicode's EastAsianWidth, in the blocks our texts can hold.
constexpr std::array kWide = {
    Range{0x1100, 0x115F},   Range{0x2E80, 0x303E}, Range{0x3041, 0x33FF}, Range{0x3400, 0x4DBF},
    Range{0x4E00, 0x9FFF},   Range{0xA000, 0xA4CF}, Range{0xAC00, 0xD7A3}, Range{0xF900, 0xFAFF},
    Range{0xFE30, 0xFE4F},   Range{0xFF00, 0xFF60}, Range{0xFFE0, 0xFFE6}, Range{0x1F300, 0x1FAFF},
    Range{0x20000, 0x3FFFD},
};
constexpr std::array kZero = {Range{0x0300, 0x036F}, Range{0x200B, 0x200F}, Range{0xFE00, 0xFE0F}};

template <std::size_t N>
bool in(const std::array<Range, N>& ranges, char32_t c) {
  for (auto [first, last] : ranges)
    if (c >= first && c <= last) return true;
  return false;
}

std::size_t width_of(char32_t c) {
  return in(kZero, c) ? 0 : in(kWide, c) ? 2 : 1;
}

// Must not begin a line.
bool closes(char32_t c) {
  return std::u32string_view(U"，。、；：？！）】》」』”’").find(c) != std::u32string_view::npos;
}

constexpr char32_t kNoBreakSpace = 0xA0;

// A piece that is not broken: a word, or one wide character with the punctuation that closes it.
struct Piece {
  std::string text;
  bool space_before = false;
};

std::vector<Piece> pieces(std::string_view text) {
  std::vector<Piece> out;
  bool space = false, glue = false;  // glue: the previous character was narrow and no space came
  for (std::size_t at = 0; at < text.size();) {
    std::size_t begin = at;
    char32_t c = take_code_point(text, at);
    if (c == ' ' || c == '\n') {
      space = !out.empty();
      glue = false;
      continue;
    }
    bool wide = width_of(c) == 2;
    bool joins = !out.empty() && !space && (closes(c) || (!wide && glue));
    if (!joins) out.push_back({"", std::exchange(space, false)});
    if (c == kNoBreakSpace)
      out.back().text += ' ';
    else
      out.back().text += text.substr(begin, at - begin);
    glue = !wide;
  }
  return out;
}

}  // namespace

char32_t take_code_point(std::string_view text, std::size_t& at) {
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned char lead = byte(at++);
  if (lead < 0x80) return lead;
  int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
  if (more == 0) return 0xFFFD;
  char32_t c = lead & (0x3F >> more);
  for (; more > 0; --more) {
    if (at == text.size() || (byte(at) & 0xC0) != 0x80) return 0xFFFD;
    c = c << 6 | (byte(at++) & 0x3F);
  }
  return c;
}

std::size_t columns(std::string_view text) {
  std::size_t sum = 0;
  for (std::size_t at = 0; at < text.size();) sum += width_of(take_code_point(text, at));
  return sum;
}

std::string pad_right(std::string_view text, std::size_t width) {
  std::size_t used = columns(text);
  return std::string(text) + std::string(used < width ? width - used : 0, ' ');
}
std::string pad_left(std::string_view text, std::size_t width) {
  std::size_t used = columns(text);
  return std::string(used < width ? width - used : 0, ' ') + std::string(text);
}

std::string wrap(std::string_view text, std::size_t width, std::size_t indent) {
  std::string out;
  std::size_t used = 0;
  for (const auto& piece : pieces(text)) {
    std::size_t need = columns(piece.text) + (piece.space_before ? 1 : 0);
    if (used > 0 && used + need > width) {
      out += '\n' + std::string(indent, ' ');
      used = indent;
      out += piece.text;
      used += columns(piece.text);
      continue;
    }
    if (piece.space_before) out += ' ';
    out += piece.text;
    used += need;
  }
  return out;
}

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const char32_t c = take_code_point(text, at);
    const bool control = (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7F && c < 0xA0);
    constexpr char32_t kNone = 0xFFFD;
    if (c == kNone || control) {
      out += "\uFFFD";
    } else {
      out += text.substr(begin, at - begin);
    }
  }
  return out;
}

std::string ascii(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    switch (char32_t c = take_code_point(text, at)) {
      case U'▇':
      case U'█':
        out += '#';
        break;
      case U'±':
        out += "+-";
        break;
      case U'⅔':
        out += " 2/3";
        break;
      case U'░':
        out += ':';
        break;
      case U'»':
        out += '>';
        break;
      case U'✓':
        out += "ok";
        break;
      case U'✗':
      case U'×':
        out += 'x';
        break;
      case U'·':
        out += '.';
        break;
      case U'–':
      case U'−':
        out += '-';
        break;
      case U'→':
        out += "->";
        break;
      case U'←':
        out += "<-";
        break;
      case U'…':
        out += "...";
        break;
      case U'≤':
        out += "<=";
        break;
      case U'≥':
        out += ">=";
        break;
      case U'µ':
        out += 'u';
        break;
      case U'“':
      case U'”':
        out += '"';
        break;
      case U'’':
        out += '\'';
        break;
      case kNoBreakSpace:
        out += ' ';
        break;
      default:
        out += c < 0x80 ? static_cast<char>(c) : '?';
    }
  }
  return out;
}

}  // namespace weft::labs
