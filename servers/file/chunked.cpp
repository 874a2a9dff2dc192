// SPDX-License-Identifier: BSL-1.0
#include "servers/file/chunked.hpp"

#include <algorithm>

#include "servers/file/ascii.hpp"

namespace weft::servers::file {
namespace {

// May be in a line: no control character but the tab.
bool is_text(char c) {
  auto u = static_cast<unsigned char>(c);
  return (u >= 0x20 && u != 0x7f) || u == '\t';
}

}  // namespace

ChunkDecoder::Verdict ChunkDecoder::decode(std::string_view input, std::size_t& used,
                                           std::string_view& data) {
  used = 0;
  data = {};
  while (used < input.size() && state_ != State::done) {
    if (state_ == State::data) {
      data = input.substr(
          used, static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size() - used)));
      used += data.size();
      left_ -= data.size();
      if (left_ == 0) state_ = State::data_cr;
      return Verdict::more;
    }
    if (!step(input[used++])) return Verdict::malformed;
  }
  return state_ == State::done ? Verdict::complete : Verdict::more;
}

bool ChunkDecoder::step(char c) {
  constexpr int kMostDigits = 15;  // more than any file has bytes
  auto expect = [&](char expected, State next) {
    state_ = next;
    return c == expected;
  };
  switch (state_) {
    case State::size:
      if (int digit = hex(c); digit >= 0) {
        left_ = left_ * 16 + static_cast<unsigned>(digit);
        return ++digits_ <= kMostDigits;
      }
      if (digits_ == 0) return false;
      if (c == '\r') return expect('\r', State::size_lf);
      state_ = State::extension;
      return c == ';' || c == ' ' || c == '\t';
    case State::extension:
      if (c == '\r') return expect('\r', State::size_lf);
      return is_text(c) && ++skipped_ <= kMostSkipped;
    case State::size_lf:
      digits_ = 0;
      return expect('\n', left_ > 0 ? State::data : State::trailer);
    case State::data_cr:
      return expect('\r', State::data_lf);
    case State::data_lf:
      return expect('\n', State::size);
    case State::trailer:
      if (c == '\r') return expect('\r', State::last_lf);
      state_ = State::trailer_text;
      return is_text(c) && c != ' ' && c != '\t' && c != ':' && ++skipped_ <= kMostSkipped;
    case State::trailer_text:
      if (c == '\r') return expect('\r', State::trailer_lf);
      return is_text(c) && ++skipped_ <= kMostSkipped;
    case State::trailer_lf:
      return expect('\n', State::trailer);
    case State::last_lf:
      return expect('\n', State::done);
    case State::data:
    case State::done:
      break;
  }
  return false;
}

std::uint64_t ChunkDecoder::least() const {
  constexpr std::uint64_t kEnd = 2, kLastChunk = 5;  // CR LF; 0 CR LF CR LF
  switch (state_) {
    case State::size:
      return digits_ == 0 ? kLastChunk : 2 * kEnd;
    case State::extension:
      return 2 * kEnd;
    case State::size_lf:
      return left_ > 0 ? 1 + left_ + kEnd + kLastChunk : 1 + kEnd;
    case State::data:
      return left_ + kEnd + kLastChunk;
    case State::data_cr:
      return kEnd + kLastChunk;
    case State::data_lf:
      return 1 + kLastChunk;
    case State::trailer:
      return kEnd;
    case State::trailer_text:
      return 2 * kEnd;
    case State::trailer_lf:
      return 1 + kEnd;
    case State::last_lf:
      return 1;
    case State::done:
      break;
  }
  return 0;
}

}  // namespace weft::servers::file
