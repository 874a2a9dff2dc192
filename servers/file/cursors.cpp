// SPDX-License-Identifier: BSL-1.0
#include "servers/file/cursors.hpp"

#include <algorithm>
#include <mutex>

namespace weft::servers::file {

Cursors::Cursors(std::size_t most, const Ids& ids)
    : most_(most), ids_(ids), all_(new Cursor[most]) {
  for (std::size_t i = most; i-- > 0;) {
    all_[i].next = free_;
    free_ = &all_[i];
  }
}

std::uint64_t Cursors::open(const EntityTag& tag, std::uint64_t at, os::Nanos lease,
                            os::Nanos now) {
  const auto id = ids_();
  std::lock_guard lock(lock_);
  if (free_ == nullptr) forget_expired(now);
  if (free_ == nullptr) return 0;
  Cursor& c = *free_;
  free_ = c.next;
  c.tag = tag;
  c.at = at;
  c.lease = lease;
  c.until = lease == 0 ? os::kNever : now + lease;
  open_.add(c, id);
  return id;
}

Cursors::Piece Cursors::take(std::uint64_t id, const EntityTag& tag, std::uint64_t size,
                             std::uint64_t bytes, os::Nanos now) {
  std::lock_guard lock(lock_);
  Cursor* c = open_.find(id);
  if (c == nullptr) return {};
  if (now >= c->until) {
    forget(*c);
    return {Piece::Kind::expired, 0, 0, c->lease};
  }
  if (c->tag.view() != tag.view()) return {Piece::Kind::changed};
  const auto first = c->at;
  c->at += std::min(bytes, size - first);
  if (c->lease > 0) c->until = now + c->lease;
  return {Piece::Kind::bytes, first, c->at, c->lease};
}

bool Cursors::close(std::uint64_t id) {
  std::lock_guard lock(lock_);
  Cursor* c = open_.find(id);
  if (c != nullptr) forget(*c);
  return c != nullptr;
}

void Cursors::forget(Cursor& c) {
  open_.remove(c);
  c.next = free_;
  free_ = &c;
}

void Cursors::forget_expired(os::Nanos now) {
  for (std::size_t i = 0; i < most_; ++i) {
    if (all_[i].id != 0 && now >= all_[i].until) forget(all_[i]);
  }
}

}  // namespace weft::servers::file
