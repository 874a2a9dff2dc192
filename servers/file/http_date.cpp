// SPDX-License-Identifier: BSL-1.0
#include "servers/file/http_date.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace weft::servers::file {
namespace {

constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";

// Takes a date apart from its front. A part that is not there makes it no date.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}
  void literal(std::string_view expected) {
    sound_ = sound_ && text_.starts_with(expected);
    if (sound_) text_.remove_prefix(expected.size());
  }
  // `blank`: a single digit has a blank before it.
  int number(std::size_t digits, bool blank = false) {
    int value = 0;
    sound_ = sound_ && text_.size() >= digits;
    for (std::size_t i = 0; sound_ && i < digits; ++i) {
      char c = text_[i];
      if (blank && i == 0 && c == ' ') continue;
      sound_ = c >= '0' && c <= '9';
      value = value * 10 + (c - '0');
    }
    if (sound_) text_.remove_prefix(digits);
    return value;
  }
  unsigned month() {
    auto at = text_.size() < 3 ? kMonths.npos : kMonths.find(text_.substr(0, 3));
    sound_ = sound_ && at != kMonths.npos && at % 3 == 0;
    if (!sound_) return 1;
    text_.remove_prefix(3);
    return static_cast<unsigned>(at / 3 + 1);
  }
  // Up to `end`, which must be there: which weekday it was is not worth a judgement.
  void skip_past(std::string_view end) {
    auto at = text_.find(end);
    sound_ = sound_ && at != text_.npos && at >= 3 && at <= 9;
    if (sound_) text_.remove_prefix(at + end.size());
  }
  bool done() const { return sound_ && text_.empty(); }

 private:
  std::string_view text_;
  bool sound_ = true;
};

struct Clock {
  int hours = 0, minutes = 0, seconds = 0;
  void read(Reader& in) {
    hours = in.number(2);
    in.literal(":");
    minutes = in.number(2);
    in.literal(":");
    seconds = in.number(2);
  }
};

}  // namespace

HttpDate http_date(os::Nanos wall) {
  using namespace std::chrono;
  sys_seconds time{floor<seconds>(nanoseconds{wall})};
  auto day = floor<days>(time);
  year_month_day date{day};
  hh_mm_ss clock{time - day};

  HttpDate out;
  char* at = out.data();
  auto text = [&](std::string_view s) {
    std::memcpy(at, s.data(), s.size());
    at += s.size();
  };
  auto digits = [&](unsigned number, int width) {
    for (int i = width; i-- > 0; number /= 10) at[i] = static_cast<char>('0' + number % 10);
    at += width;
  };
  text(kDays.substr(3 * weekday{day}.c_encoding(), 3));
  text(", ");
  digits(static_cast<unsigned>(date.day()), 2);
  text(" ");
  text(kMonths.substr(3 * (static_cast<unsigned>(date.month()) - 1), 3));
  text(" ");
  digits(static_cast<unsigned>(static_cast<int>(date.year())), 4);
  text(" ");
  digits(static_cast<unsigned>(clock.hours().count()), 2);
  text(":");
  digits(static_cast<unsigned>(clock.minutes().count()), 2);
  text(":");
  digits(static_cast<unsigned>(clock.seconds().count()), 2);
  text(" GMT");
  return out;
}

LogDate log_date(os::Nanos wall) {
  const HttpDate from = http_date(wall);
  LogDate out;
  char* at = out.data();
  auto text = [&](std::string_view part) { at = std::ranges::copy(part, at).out; };
  text("[");
  text({from.data() + 5, 2});
  text("/");
  text({from.data() + 8, 3});
  text("/");
  text({from.data() + 12, 4});
  text(":");
  text({from.data() + 17, 8});
  text(" +0000] ");
  return out;
}

std::optional<os::Nanos> parse_http_date(std::string_view text, os::Nanos wall) {
  using namespace std::chrono;
  Reader in(text);
  Clock clock;
  int day_number = 0, year_number = 0;
  unsigned month_number = 1;
  if (text.find(',') == text.npos) {  // asctime: "Sun Nov  6 08:49:37 1994"
    in.skip_past(" ");
    month_number = in.month();
    in.literal(" ");
    day_number = in.number(2, true);
    in.literal(" ");
    clock.read(in);
    in.literal(" ");
    year_number = in.number(4);
  } else {
    const bool rfc850 = text.find('-') != text.npos;  // "Sunday, 06-Nov-94 08:49:37 GMT"
    in.skip_past(", ");
    day_number = in.number(2);
    in.literal(rfc850 ? "-" : " ");
    month_number = in.month();
    in.literal(rfc850 ? "-" : " ");
    year_number = in.number(rfc850 ? 2 : 4);
    if (rfc850) {  // what seems more than 50 years ahead is of the century before
      const int now = static_cast<int>(
          year_month_day{floor<days>(sys_time<nanoseconds>(nanoseconds{wall}))}.year());
      year_number += now / 100 * 100;
      if (year_number > now + 50) year_number -= 100;
    }
    in.literal(" ");
    clock.read(in);
    in.literal(" GMT");
  }
  const year_month_day date{year{year_number}, month{month_number},
                            day{static_cast<unsigned>(day_number)}};
  if (!in.done() || !date.ok() || clock.hours > 23 || clock.minutes > 59 || clock.seconds > 60) {
    return std::nullopt;
  }
  // Nanoseconds since 1970 hold the years 1678 to 2262.
  if (year_number < 1700 || year_number > 2200) return std::nullopt;
  const auto time =
      sys_days{date} + hours{clock.hours} + minutes{clock.minutes} + seconds{clock.seconds};
  return duration_cast<nanoseconds>(time.time_since_epoch()).count();
}

}  // namespace weft::servers::file
