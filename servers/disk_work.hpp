// SPDX-License-Identifier: BSL-1.0
// One thing that a session asks of the disk and that may take the disk's time: to read or write
// bytes, to list a folder, to change the tree of files. A session names files by their path below
// the root; its connection adds the descriptors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lwp/os.hpp"

namespace weft::servers {

namespace os = lwp::os;
using lwp::Result;

/// What must hold of the file of a name at the moment that it is changed.
class Precondition {
 public:
  virtual ~Precondition() = default;
  /// `current` is null where there is no such file. Called on whichever kernel thread does the
  /// work, while the session waits for it.
  virtual bool holds(const os::FileInfo* current) const = 0;
};

/// A file that is not there for others yet. Gone with this object unless it has been published.
struct TemporaryFile {
  TemporaryFile() = default;
  TemporaryFile(TemporaryFile&&) noexcept = default;
  TemporaryFile& operator=(TemporaryFile&& other) noexcept;
  ~TemporaryFile() { discard(); }
  void discard();

  os::Fd file;
  os::Fd folder;     ///< that it lies in
  std::string name;  ///< there; "" while it has none
};

/// What is in a folder, links followed.
struct FolderListing {
  struct Entry {
    std::string name;
    os::FileInfo file;
  };
  std::vector<Entry> entries;  ///< in no order
  bool more = false;           ///< than fit
};
inline constexpr std::size_t kMostListed = 10'000;

struct DiskWork {
  enum class Kind : std::uint8_t {
    read,         ///< `into`, from `offset` of the open file
    list,         ///< the folder `name`, "" or with its slash, into `listing`
    create,       ///< a temporary file that is to become `name`
    write,        ///< `from`, to `offset` of the temporary file
    publish,      ///< make it durable, then `name`, if `condition` holds
    remove,       ///< the file or tree `name`
    make_folder,  ///< `name`
    copy,         ///< `name` to `to`; a folder with all in it if `deep`
    move,         ///< `name` to `to`
  };
  Kind kind = Kind::read;
  bool deep = true;
  bool overwrite = true;  ///< copy, move: what is there already
  std::uint64_t offset = 0;
  std::span<std::byte> into{};
  /// read: so many bytes are for the peer as they are. Where the disk has them at hand they may go
  /// there instead of `into`.
  std::uint64_t onward = 0;
  std::span<const std::byte> from{};
  const std::string* name = nullptr;  ///< below the root; a folder's may end with a slash
  const std::string* to = nullptr;
  const Precondition* condition = nullptr;  ///< null: none
  FolderListing* listing = nullptr;
  // By the connection:
  int root = -1;
  int file = -1;
  TemporaryFile* temporary = nullptr;

  /// Afterwards the disk is another: it has to be written, whatever a cache holds.
  bool changes() const { return kind != Kind::read && kind != Kind::list; }
  /// Afterwards a name may lead to another file, or to none.
  bool changes_names() const { return changes() && kind != Kind::create && kind != Kind::write; }
};

/// What came of it. Failures are errno values, of which some say more than a system call would:
/// ECANCELED: the condition did not hold, or what was not to be overwritten is there.
/// ENOENT: there is no `name`. ENOTDIR: there is no folder to put it in.
struct DiskDone {
  std::size_t bytes = 0;  ///< read, written
  bool replaced = false;  ///< publish, copy, move: something was there
  os::FileInfo file{};    ///< publish: as it is now
};

/// What a thread that does such work is doing.
constexpr const char* doing(DiskWork::Kind kind) {
  switch (kind) {
    case DiskWork::Kind::read:
      return "reading";
    case DiskWork::Kind::list:
      return "listing";
    case DiskWork::Kind::create:
      return "creating";
    case DiskWork::Kind::write:
      return "writing";
    case DiskWork::Kind::publish:
      return "publishing";
    case DiskWork::Kind::remove:
      return "removing";
    case DiskWork::Kind::make_folder:
      return "making a folder";
    case DiskWork::Kind::copy:
      return "copying";
    case DiskWork::Kind::move:
      break;
  }
  return "moving";
}

}  // namespace weft::servers
