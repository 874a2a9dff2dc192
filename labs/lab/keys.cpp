// SPDX-License-Identifier: BSL-1.0
#include "labs/lab/keys.hpp"

#include <array>
#include <cstdio>
#include <iostream>
#include <termios.h>

#include "lwp/os.hpp"

namespace weft::labs::lab {

namespace os = lwp::os;

namespace {
constexpr int kInput = 0;
constexpr char kInterrupt = 3, kEndOfInput = 4;
}  // namespace

struct Keys::Saved {
  termios settings{};
  bool have = false;
};

bool is_interactive() {
  termios settings;
  return tcgetattr(0, &settings) == 0 && tcgetattr(1, &settings) == 0;
}

Keys::Keys() : saved_(std::make_unique<Saved>()) {
  saved_->have = tcgetattr(kInput, &saved_->settings) == 0;
  if (!saved_->have) return;
  termios raw = saved_->settings;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  tcsetattr(kInput, TCSANOW, &raw);
}

Keys::~Keys() {
  if (saved_->have) tcsetattr(kInput, TCSANOW, &saved_->settings);
}

char Keys::next(long long patience_ns) {
  if (!os::wait_ready(kInput, os::kReadable, os::now() + patience_ns)) return '\0';
  std::array<std::byte, 1> key;
  auto got = os::read(kInput, key);
  if (!got || *got == 0) return 'q';
  const char c = static_cast<char>(key[0]);
  return c == kInterrupt || c == kEndOfInput ? 'q' : c;
}

bool read_line(std::string& line) {
  return static_cast<bool>(std::getline(std::cin, line));
}

}  // namespace weft::labs::lab
