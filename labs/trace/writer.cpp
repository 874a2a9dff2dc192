// SPDX-License-Identifier: BSL-1.0
#include "labs/trace/writer.hpp"

#include <cstring>

#include "lwp/trace/ring.hpp"

namespace weft::labs::trace {
namespace {

using lwp::trace::Header;
using lwp::trace::kChunkBytes;

void append(std::string& to, std::uint64_t n) {
  unsigned char bytes[10];
  to.append(reinterpret_cast<const char*>(bytes),
            static_cast<std::size_t>(lwp::trace::put_number(bytes, n) - bytes));
}

}  // namespace

Writer::Writer(std::string_view command, std::uint32_t process) : process_(process) {
  place(0, 0);
  fact("command=" + std::string(command));
}

void Writer::fact(std::string_view text, Nanos at) {
  write(0, at, Event::fact, {}, text);
}

std::uint32_t Writer::runtime(std::string_view about) {
  write(0, 0, Event::runtime, {++runtimes_}, about);
  return runtimes_;
}

std::size_t Writer::place(std::uint32_t runtime, std::uint32_t lwp) {
  Ring& ring = rings_.emplace_back();
  const auto number = static_cast<std::uint32_t>(rings_.size());
  ring.header = {.process = process_, .ring = number, .thread = number, .lwp = lwp};
  ring.header.runtime = runtime;
  return rings_.size() - 1;
}

std::uint64_t Writer::string(std::string_view text) {
  auto [at, fresh] = strings_.try_emplace(std::string(text), strings_.size() + 1);
  if (fresh) write(0, 0, Event::string, {at->second}, text);
  return at->second;
}

void Writer::write(std::size_t place, Nanos at, Event event,
                   std::initializer_list<std::uint64_t> numbers) {
  write(place, at, event, {numbers.begin(), numbers.size()}, std::nullopt);
}

void Writer::write(std::size_t place, Nanos at, Event event,
                   std::initializer_list<std::uint64_t> numbers, std::string_view text) {
  write(place, at, event, {numbers.begin(), numbers.size()}, std::optional(text));
}

void Writer::write(std::size_t place, Nanos at, Event event, std::span<const std::uint64_t> numbers,
                   std::optional<std::string_view> text) {
  std::string told(1, static_cast<char>(event));
  for (auto n : numbers) append(told, n);
  if (text) {
    text = text->substr(0, lwp::trace::Ring::kMostText);
    append(told, text->size());
    told += *text;
  }
  add(rings_[place], at, told);
}

// `event` is its kind, then its arguments; the time comes between them.
void Writer::add(Ring& ring, Nanos at, const std::string& event) {
  constexpr std::size_t kMostTime = 10;
  if (ring.open && sizeof(Header) + ring.events.size() + event.size() + kMostTime > kChunkBytes) {
    close(ring);
  }
  if (!ring.open) {
    ring.open = true;
    ring.header.magic = lwp::trace::kMagic;
    ++ring.header.sequence;
    ring.header.ticks[0] = static_cast<std::uint64_t>(at);
    ring.header.nanos[0] = at;
    ring.last = at;
  }
  ring.events += event.front();
  append(ring.events, static_cast<std::uint64_t>(at - ring.last));
  ring.events.append(event, 1);
  ring.last = at;
}

std::string Writer::closed(const Ring& ring) {
  Header h = ring.header;
  h.ticks[1] = static_cast<std::uint64_t>(ring.last);
  h.nanos[1] = ring.last;
  std::string chunk(kChunkBytes, '\0');
  std::memcpy(chunk.data(), &h, sizeof h);
  ring.events.copy(chunk.data() + sizeof h, ring.events.size());
  return chunk;
}

void Writer::close(Ring& ring) {
  chunks_ += closed(ring);
  ring.events.clear();
  ring.open = false;
}

std::string Writer::bytes() const {
  std::string all = chunks_;
  for (const Ring& ring : rings_) {
    if (ring.open) all += closed(ring);
  }
  return all;
}

}  // namespace weft::labs::trace
