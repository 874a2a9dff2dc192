// SPDX-License-Identifier: BSL-1.0
#include "servers/disk.hpp"

#include <charconv>

#include "servers/disk_ledger.hpp"
#include "servers/disk_none.hpp"
#include "servers/disk_real.hpp"
#include "servers/disk_slow.hpp"

namespace weft::servers {
namespace {

constexpr std::string_view kForms =
    "Disks are: none, real, real,cold, slow:MS[,heads=K][,hot=DIR/]";

DiskParse wrong(std::string_view text, std::string_view why) {
  std::string error = "--disk '";
  error.append(text).append("': ").append(why).append(". ").append(kForms);
  return {std::nullopt, std::move(error)};
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
  auto end = text.data() + text.size();
  auto result = std::from_chars(text.data(), end, number);
  return result.ec == std::errc() && result.ptr == end;
}

// Takes the part before the next comma off `rest`.
std::string_view cut(std::string_view& rest) {
  auto comma = rest.find(',');
  auto part = rest.substr(0, comma);
  rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  return part;
}

}  // namespace

DiskParse parse_disk(std::string_view text) {
  DiskSpec spec;
  std::string_view rest = text;
  std::string_view kind = cut(rest);
  if (kind == "none") {
    spec.kind = DiskSpec::Kind::none;
  } else if (kind == "real") {
    spec.kind = DiskSpec::Kind::real;
  } else if (kind.starts_with("slow:")) {
    spec.kind = DiskSpec::Kind::slow;
    double ms = 0;
    if (!read_number(kind.substr(5), ms) || !(ms > 0 && ms <= 60'000)) {
      return wrong(text, "the time of a read is in milliseconds, above 0 and at most 60000");
    }
    spec.each = static_cast<os::Nanos>(ms * os::kMillisecond);
  } else {
    return wrong(text, kind == "slow" ? "slow needs the time of a read, as in slow:7.5"
                                      : "there is no such disk");
  }
  while (!rest.empty()) {
    std::string_view option = cut(rest);
    bool slow = spec.kind == DiskSpec::Kind::slow;
    if (option == "cold" && spec.kind == DiskSpec::Kind::real) {
      spec.cold = true;
    } else if (option.starts_with("heads=") && slow) {
      if (!read_number(option.substr(6), spec.heads) || spec.heads < 1 ||
          spec.heads > DiskLedger::kHeads) {
        return wrong(text, "a disk has 1 to 64 heads");
      }
    } else if (option.starts_with("hot=") && slow) {
      spec.hot = option.substr(4);
      if (spec.hot.starts_with('/')) spec.hot.erase(0, 1);  // as in a URL
    } else {
      return wrong(text, "it has no option '" + std::string(option) + "'");
    }
  }
  return {std::move(spec), {}};
}

std::unique_ptr<Disk> make_disk(const DiskSpec& spec) {
  switch (spec.kind) {
    case DiskSpec::Kind::none:
      return std::make_unique<NoDisk>(spec.writable);
    case DiskSpec::Kind::real:
      return std::make_unique<RealDisk>(spec.cold);
    case DiskSpec::Kind::slow:
      return std::make_unique<SlowDisk>(spec);
  }
  return nullptr;
}

}  // namespace weft::servers
