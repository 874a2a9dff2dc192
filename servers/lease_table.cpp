// SPDX-License-Identifier: BSL-1.0
#include "servers/lease_table.hpp"

#include <algorithm>
#include <mutex>

namespace weft::servers {

// Looks at all, but only when a lease may have ended.
void LeaseTable::forget_expired(os::Nanos now) {
  if (now < next_end_) return;
  std::erase_if(entries_, [&](const auto& entry) { return entry.second <= now; });
  next_end_ = os::kNever;
  for (const auto& [entry, until] : entries_) next_end_ = std::min(next_end_, until);
}

// A blank comes before all that names are made of: "web 127…" before "web-2 127…".
template <class Visit>
void LeaseTable::each_of(std::string_view name, Visit visit) {
  for (auto it = entries_.lower_bound(name); it != entries_.end(); ++it) {
    if (!it->first.starts_with(name) || it->first[name.size()] != ' ') break;
    visit(it->first);
  }
}

LeaseTable::Put LeaseTable::put(std::string_view entry, os::Nanos lease) {
  const os::Nanos now = clock_();
  std::lock_guard guard(lock_);
  forget_expired(now);
  auto at = entries_.find(entry);
  if (at == entries_.end()) {
    if (entries_.size() >= limits_.entries) return Put::table_full;
    std::size_t others = 0;
    each_of(entry.substr(0, entry.find(' ')), [&](const std::string&) { ++others; });
    if (others >= limits_.of_one_name) return Put::name_full;
    at = entries_.emplace(entry, 0).first;
  }
  at->second = now + lease;
  next_end_ = std::min(next_end_, at->second);
  return Put::done;
}

void LeaseTable::remove(std::string_view entry) {
  std::lock_guard guard(lock_);
  if (const auto at = entries_.find(entry); at != entries_.end()) entries_.erase(at);
}

void LeaseTable::find(std::string_view name, std::string& to) {
  const os::Nanos now = clock_();
  std::lock_guard guard(lock_);
  forget_expired(now);
  each_of(name, [&](const std::string& entry) { to.append(entry, name.size()); });
}

bool LeaseTable::list(std::string& last, std::size_t most, std::string& to) {
  const os::Nanos now = clock_();
  std::lock_guard guard(lock_);
  forget_expired(now);
  auto it = entries_.upper_bound(last);
  for (; it != entries_.end() && most > 0; ++it, --most) {
    // Of a second that has begun: who is listed has some time left.
    const os::Nanos seconds = (it->second - now + os::kSecond - 1) / os::kSecond;
    to.append(it->first).append(" ").append(std::to_string(seconds)).append("\n");
    last = it->first;
  }
  return it != entries_.end();
}

}  // namespace weft::servers
