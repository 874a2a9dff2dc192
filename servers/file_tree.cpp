// SPDX-License-Identifier: BSL-1.0
#include "servers/file_tree.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <tuple>
#include <utility>

#include "lwp/os/folders.hpp"

namespace weft::servers {
namespace {

using Done = Result<DiskDone>;
using os::FileInfo;
using os::Renaming;

Done fail(int error) {
  return Done::failure(error);
}

std::string new_temporary_name() {
  static lwp::atomic<std::uint64_t> counter{0};  // pairs with nothing: only to differ
  return std::string(kTemporary) + std::to_string(os::process_id()) + "-" +
         std::to_string(os::wall_now()) + "-" +
         std::to_string(counter.fetch_add(1, lwp::memory_order_relaxed));
}

// A name in an open folder.
struct Place {
  os::Fd folder;
  std::string name;
};

// Opens the folder that `path` lies in. EPERM: the root lies in none that is ours.
Result<Place> find_place(int root, std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) return Result<Place>::failure(EPERM);
  auto slash = path.rfind('/');
  auto begin = slash == path.npos ? 0 : slash + 1;
  auto folder = os::open_folder_beneath(root, std::string(path.substr(0, begin)));
  if (!folder) return Result<Place>::failure(folder.error() == ENOENT ? ENOTDIR : folder.error());
  return Result<Place>(Place{std::move(*folder), std::string(path.substr(begin))});
}

// What is at a name; nothing is nullopt.
Result<std::optional<FileInfo>> look(const Place& place) {
  auto info = os::info_of(place.folder.get(), place.name);
  if (info) return Result<std::optional<FileInfo>>(*info);
  if (info.error() == ENOENT) return Result<std::optional<FileInfo>>(std::nullopt);
  return Result<std::optional<FileInfo>>::failure(info.error());
}

// Whether the condition holds of what a GET of the name would answer; 0 or why not.
int check(const DiskWork& work) {
  if (work.condition == nullptr) return 0;
  auto file = os::open_beneath(work.root, *work.name);
  const FileInfo* current = nullptr;
  Result<FileInfo> info = Result<FileInfo>::failure(ENOENT);
  if (file) {
    info = os::file_info(file->get());
    if (!info) return info.error();
    current = &*info;
  } else if (int e = file.error(); e == EMFILE || e == ENFILE || e == ENOMEM || e == EIO) {
    return e;  // it may be there
  }
  return work.condition->holds(current) ? 0 : ECANCELED;
}

int sync(int fd) {
  return os::sync_file(fd).error();
}
int lock(const os::Fd& folder) {
  return os::lock_file(folder.get()).error();
}
// Two folders, always in the same order; only one if they are the same.
int lock_both(const os::Fd& a, const os::Fd& b) {
  auto of_a = os::file_info(a.get()), of_b = os::file_info(b.get());
  if (!of_a || !of_b) return EIO;
  auto order_a = std::tie(of_a->device, of_a->inode), order_b = std::tie(of_b->device, of_b->inode);
  if (order_a == order_b) return lock(a);
  if (int error = lock(order_a < order_b ? a : b)) return error;
  return lock(order_a < order_b ? b : a);
}

// ---- temporary files ----

// One with a name, for file systems without unnamed files. Its lock says that somebody is at work;
// before it was taken, a server that was just starting may have removed the file.
int create_named(const os::Fd& folder, TemporaryFile& temporary) {
  for (int tries = 0; tries < 8; ++tries) {
    std::string name = new_temporary_name();
    auto file = os::create_new(folder.get(), name);
    if (!file) return file.error();
    if (!os::try_lock_file(file->get()) || !os::has_name(file->get())) continue;
    temporary.file = std::move(*file);
    temporary.name = std::move(name);
    return 0;
  }
  return EAGAIN;
}

int create_temporary(os::Fd folder, TemporaryFile& temporary) {
  temporary.discard();
  if (auto file = os::create_unnamed(folder.get())) {
    if (!os::try_lock_file(file->get())) return EIO;
    temporary.file = std::move(*file);
  } else if (int e = file.error(); e == EOPNOTSUPP || e == EISDIR || e == ENOENT || e == EINVAL) {
    if (int error = create_named(folder, temporary)) return error;
  } else {
    return e;
  }
  temporary.folder = std::move(folder);
  return 0;
}

// Gives it a temporary name, in the folder that it is to be published in.
int name_temporary(TemporaryFile& temporary, const os::Fd& folder) {
  std::string name = new_temporary_name();
  auto named = temporary.name.empty() ? os::give_name(temporary.file.get(), folder.get(), name)
                                      : os::rename(temporary.folder.get(), temporary.name,
                                                   folder.get(), name, Renaming::replace);
  if (!named) return named.error();
  auto same = os::open_folder_beneath(folder.get(), "");
  if (!same) {
    (void)os::remove_name(folder.get(), name, false).error();
    temporary.name.clear();
    return same.error();
  }
  temporary.folder = std::move(*same);
  temporary.name = std::move(name);
  return 0;
}

int write_all(int file, std::span<const std::byte> bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    auto n = os::pwrite(file, bytes, offset);
    if (!n) return n.error();
    if (*n == 0) return EIO;
    bytes = bytes.subspan(*n);
    offset += *n;
  }
  return 0;
}

// ---- trees ----

// Goes through a tree of folders without the kernel's or a fiber's stack: for each folder still
// open in the walk, the names that are left. Paths are below `root`; links are not followed.
class Walk {
 public:
  struct Step {
    std::string path;
    FileInfo file;
    bool leaving = false;  ///< a folder, all in it has been seen
  };
  Walk(int root, std::string path, const FileInfo& top) : root_(root) {
    pending_.push_back({std::move(path), top, false});
  }
  /// Nothing at the end, or when error() says why it cannot go on. Folders come twice: before and
  /// after what is in them.
  std::optional<Step> next() {
    if (pending_.empty() || error_ != 0) return std::nullopt;
    Step step = std::move(pending_.back());
    pending_.pop_back();
    if (!step.file.directory || step.leaving) return step;
    pending_.push_back({step.path, step.file, true});
    enter_ = step.path;
    return step;
  }
  /// Looks into the folder that next() has just given, but not at what `skip` says.
  template <class Skip>
  void enter(Skip&& skip) {
    auto folder = os::open_folder_beneath(root_, enter_, false);
    if (!folder) return stop(folder.error());
    os::FolderReader names(std::move(*folder));
    std::string name;
    while (names.next(name)) {
      auto info = os::info_of(names.descriptor(), name);
      if (!info) continue;  // it has just gone
      if (!skip(name, *info)) pending_.push_back({enter_ + "/" + name, *info, false});
    }
    if (names.error() != 0) stop(names.error());
  }
  int error() const { return error_; }
  /// Leaves out the folder that it could not look into.
  void go_on() { error_ = 0; }

 private:
  void stop(int error) { error_ = error; }
  const int root_;
  std::vector<Step> pending_;
  std::string enter_;
  int error_ = 0;
};

// The folder part of a path of a Walk, and the name.
Result<Place> place_of(int root, const std::string& path) {
  auto slash = path.rfind('/');
  auto begin = slash == path.npos ? 0 : slash + 1;
  auto folder = os::open_folder_beneath(root, path.substr(0, begin), false);
  if (!folder) return Result<Place>::failure(folder.error());
  return Result<Place>(Place{std::move(*folder), path.substr(begin)});
}

// Removes a file or a whole tree.
int remove_tree(const os::Fd& folder, const std::string& name) {
  auto top = os::info_of(folder.get(), name);
  if (!top) return top.error();
  if (!top->directory) return os::remove_name(folder.get(), name, false).error();
  Walk walk(folder.get(), name, *top);
  while (auto step = walk.next()) {
    if (step->file.directory && !step->leaving) {
      walk.enter([](const std::string&, const FileInfo&) { return false; });
      continue;
    }
    auto place = place_of(folder.get(), step->path);
    if (!place) return place.error();
    auto gone = os::remove_name(place->folder.get(), place->name, step->file.directory);
    if (!gone && gone.error() != ENOENT) return gone.error();
  }
  return walk.error();
}

int copy_file(int from, int to) {
  while (true) {
    auto n = os::copy_bytes(from, to, std::size_t{1} << 20);
    if (!n) return n.error();
    if (*n == 0) return sync(to);
  }
}

// Makes the copy of one thing of a tree at `to`, and locks it if it is to be `held`.
int copy_one(int from_root, const Walk::Step& step, const Place& to, os::Fd* held) {
  os::Fd copy;
  int error = 0;
  if (step.file.directory) {
    if ((error = os::make_folder(to.folder.get(), to.name).error())) return error;
    auto folder = os::open_folder_beneath(to.folder.get(), to.name, false);
    if (!folder) return folder.error();
    copy = std::move(*folder);
    if (held != nullptr) (void)os::try_lock_file(copy.get());
  } else if (auto from = place_of(from_root, step.path); !from) {
    return from.error();
  } else if (!step.file.regular) {
    auto target = os::link_target(from->folder.get(), from->name);
    if (!target) return 0;  // pipes and devices are not served either
    return os::make_link(to.folder.get(), to.name, *target).error();
  } else {
    auto bytes = os::open_beneath(from->folder.get(), from->name);
    if (!bytes) return bytes.error();
    auto file = os::create_new(to.folder.get(), to.name);
    if (!file) return file.error();
    copy = std::move(*file);
    if (held != nullptr) (void)os::try_lock_file(copy.get());
    if (auto mode = os::mode_of(from->folder.get(), from->name)) {
      (void)os::set_mode(copy.get(), *mode).error();  // not refused to an owner; the bytes matter
    }
    error = copy_file(bytes->get(), copy.get());
  }
  if (held != nullptr) *held = std::move(copy);
  return error;
}

// Copies what is at `from` to a new name in the folder `to`. `held` keeps a lock on the copy.
int copy_tree(const Place& from, const FileInfo& top, bool deep, const Place& to, os::Fd& held) {
  FileInfo copy{};  // of the top: a copy into the tree itself ends there
  Walk walk(from.folder.get(), from.name, top);
  while (auto step = walk.next()) {
    const std::string path = to.name + step->path.substr(from.name.size());
    if (step->leaving) {
      auto folder = os::open_folder_beneath(to.folder.get(), path, false);
      if (!folder) return folder.error();
      if (int error = sync(folder->get())) return error;
      continue;
    }
    auto place = place_of(to.folder.get(), path);
    if (!place) return place.error();
    const bool first = step->path == from.name;
    if (int error = copy_one(from.folder.get(), *step, *place, first ? &held : nullptr)) {
      return error;
    }
    if (!step->file.directory || !deep) continue;
    if (first) {
      auto info = os::file_info(held.get());
      if (!info) return info.error();
      copy = *info;
    }
    walk.enter([&](const std::string& name, const FileInfo& file) {
      return name.starts_with(kTemporary) ||
             (file.inode == copy.inode && file.device == copy.device);
    });
  }
  return walk.error();
}

// Renames `from` to `to`, where `there` is now; what was there is removed. REQUIRES: both folders'
// locks.
int put_in_place(const Place& from, const FileInfo& what, const Place& to,
                 const std::optional<FileInfo>& there) {
  auto rename = [&](const Place& a, const Place& b, Renaming how) {
    return os::rename(a.folder.get(), a.name, b.folder.get(), b.name, how).error();
  };
  if (!there) return rename(from, to, Renaming::keep);
  if (!there->directory && !what.directory) return rename(from, to, Renaming::replace);
  const std::string aside = new_temporary_name();
  int error = rename(from, to, Renaming::exchange);
  if (error == 0) {
    auto moved = os::rename(from.folder.get(), from.name, from.folder.get(), aside, Renaming::keep);
    if (moved) (void)remove_tree(from.folder, aside);  // or at the next start
    return moved.error();
  }
  if (error != EINVAL && error != ENOSYS) return error;
  // A file system that cannot exchange: for a moment there is neither.
  auto moved = os::rename(to.folder.get(), to.name, to.folder.get(), aside, Renaming::keep);
  if (!moved) return moved.error();
  if ((error = rename(from, to, Renaming::keep))) {
    (void)os::rename(to.folder.get(), aside, to.folder.get(), to.name, Renaming::keep).error();
    return error;
  }
  (void)remove_tree(to.folder, aside);
  return 0;
}

// ---- the kinds of work ----

Done read(const DiskWork& work) {
  auto bytes = os::pread_at_hand(work.file, work.into, work.offset);
  return bytes ? Done({.bytes = *bytes}) : fail(bytes.error());
}

Done list(const DiskWork& work) {
  auto folder = os::open_folder_beneath(work.root, *work.name);
  if (!folder) return fail(folder.error());
  os::FolderReader names(std::move(*folder));
  FolderListing& listing = *work.listing;
  listing = {};
  std::string name;
  while (names.next(name)) {
    if (name.starts_with(kTemporary)) continue;
    if (listing.entries.size() == kMostListed) {
      listing.more = true;
      break;
    }
    auto info = os::info_of(names.descriptor(), name);
    if (info && !info->regular && !info->directory) {  // where a link leads, if anywhere
      auto file = os::open_beneath(work.root, *work.name + name);
      info = file ? os::file_info(file->get()) : Result<FileInfo>::failure(file.error());
    }
    if (info && (info->regular || info->directory)) listing.entries.push_back({name, *info});
  }
  return names.error() == 0 ? Done(DiskDone{}) : fail(names.error());
}

Done create(const DiskWork& work) {
  auto place = find_place(work.root, *work.name);
  if (!place) return fail(place.error());
  // Not the last word, but it spares the client an upload in vain.
  if (int error = check(work)) return fail(error);
  if (int error = create_temporary(std::move(place->folder), *work.temporary)) return fail(error);
  return Done(DiskDone{});
}

Done write(const DiskWork& work) {
  if (int error = write_all(work.temporary->file.get(), work.from, work.offset)) return fail(error);
  return Done({.bytes = work.from.size()});
}

// A file that replaces another is younger, if only by a nanosecond: with the inode and the size
// that makes its entity tag another one, also where a freed inode is used again at once.
int make_younger(int file, const FileInfo& old) {
  auto info = os::file_info(file);
  if (!info) return info.error();
  if (info->mtime > old.mtime) return 0;
  if (auto set = os::set_mtime(file, old.mtime + 1); !set) return set.error();
  return sync(file);
}

Done publish(const DiskWork& work) {
  TemporaryFile& temporary = *work.temporary;
  const int file = temporary.file.get();
  if (int error = sync(file)) return fail(error);
  auto place = find_place(work.root, *work.name);
  if (!place) return fail(place.error());
  if (int error = lock(place->folder)) return fail(error);
  if (int error = check(work)) return fail(error);
  auto there = look(*place);
  if (!there) return fail(there.error());
  if (*there && (*there)->directory) return fail(EISDIR);
  if (*there && (*there)->regular) {
    if (int error = make_younger(file, **there)) return fail(error);
    auto mode = os::mode_of(place->folder.get(), place->name);
    if (auto set = mode ? os::set_mode(file, *mode) : Result<void>::failure(mode.error()); !set) {
      return fail(set.error());
    }
  }
  if (int error = name_temporary(temporary, place->folder)) return fail(error);
  auto renamed = os::rename(temporary.folder.get(), temporary.name, place->folder.get(),
                            place->name, Renaming::replace);
  if (!renamed) return fail(renamed.error());
  temporary.name.clear();
  if (int error = sync(place->folder.get())) return fail(error);
  auto info = os::file_info(file);
  if (!info) return fail(info.error());
  return Done({.replaced = there->has_value(), .file = *info});
}

// The place of something that must be there.
Result<Place> find_source(const DiskWork& work, FileInfo& info) {
  auto place = find_place(work.root, *work.name);
  if (!place) {
    return Result<Place>::failure(place.error() == ENOTDIR ? ENOENT : place.error());
  }
  auto there = look(*place);
  if (!there) return Result<Place>::failure(there.error());
  if (!*there || (work.name->ends_with('/') && !(*there)->directory)) {
    return Result<Place>::failure(ENOENT);
  }
  info = **there;
  return place;
}

Done remove(const DiskWork& work) {
  FileInfo info;
  auto place = find_source(work, info);
  if (!place) return fail(place.error());
  if (int error = lock(place->folder)) return fail(error);
  if (int error = check(work)) return fail(error);
  if (!info.directory) {
    auto gone = os::remove_name(place->folder.get(), place->name, false);
    if (!gone) return fail(gone.error());
    if (int error = sync(place->folder.get())) return fail(error);
    return Done(DiskDone{});
  }
  const std::string aside = new_temporary_name();
  auto moved =
      os::rename(place->folder.get(), place->name, place->folder.get(), aside, Renaming::keep);
  if (!moved) return fail(moved.error());
  if (int error = sync(place->folder.get())) return fail(error);
  // It is gone for everybody. What cannot be removed now is tried again at the next start.
  (void)remove_tree(place->folder, aside);
  return Done(DiskDone{});
}

Done make_folder(const DiskWork& work) {
  auto place = find_place(work.root, *work.name);
  if (!place) return fail(place.error() == EPERM ? EEXIST : place.error());
  auto made = os::make_folder(place->folder.get(), place->name);
  if (!made) return fail(made.error());
  if (int error = sync(place->folder.get())) return fail(error);
  return Done(DiskDone{});
}

Done copy(const DiskWork& work) {
  FileInfo info;
  auto from = find_source(work, info);
  if (!from) return fail(from.error());
  auto to = find_place(work.root, *work.to);
  if (!to) return fail(to.error());
  if (int error = check(work)) return fail(error);
  if (!work.overwrite && os::info_of(to->folder.get(), to->name)) return fail(ECANCELED);

  auto same = os::open_folder_beneath(to->folder.get(), "");
  if (!same) return fail(same.error());
  const Place temporary{std::move(*same), new_temporary_name()};
  os::Fd held;
  auto undo = [&](int error) {
    (void)remove_tree(temporary.folder, temporary.name);
    return fail(error);
  };
  if (int error = copy_tree(*from, info, work.deep, temporary, held)) return undo(error);
  if (int error = lock(to->folder)) return undo(error);
  auto there = look(*to);
  if (!there) return undo(there.error());
  if (*there && !work.overwrite) return undo(ECANCELED);
  if (*there && (*there)->regular && info.regular) {
    if (int error = make_younger(held.get(), **there)) return undo(error);
  }
  if (int error = put_in_place(temporary, info, *to, *there)) return undo(error);
  if (int error = sync(to->folder.get())) return fail(error);
  return Done({.replaced = there->has_value()});
}

Done move(const DiskWork& work) {
  FileInfo info;
  auto from = find_source(work, info);
  if (!from) return fail(from.error());
  auto to = find_place(work.root, *work.to);
  if (!to) return fail(to.error());
  if (int error = lock_both(from->folder, to->folder)) return fail(error);
  if (int error = check(work)) return fail(error);
  auto there = look(*to);
  if (!there) return fail(there.error());
  if (*there && !work.overwrite) return fail(ECANCELED);
  int error = put_in_place(*from, info, *to, *there);
  if (error == EXDEV) {  // to another file system below the root: not in one step
    from->folder.reset();
    to->folder.reset();
    Done copied = copy(work);
    if (!copied) return copied;
    DiskWork rest = work;
    rest.kind = DiskWork::Kind::remove;
    rest.condition = nullptr;
    Done removed = remove(rest);
    return removed ? copied : removed;
  }
  if (error != 0) return fail(error);
  if ((error = sync(to->folder.get())) || (error = sync(from->folder.get()))) return fail(error);
  return Done({.replaced = there->has_value()});
}

}  // namespace

TemporaryFile& TemporaryFile::operator=(TemporaryFile&& other) noexcept {
  if (this != &other) {
    discard();
    file = std::move(other.file);
    folder = std::move(other.folder);
    name = std::exchange(other.name, {});
  }
  return *this;
}
void TemporaryFile::discard() {
  if (!name.empty()) (void)os::remove_name(folder.get(), name, false).error();
  name.clear();
  file.reset();
  folder.reset();
}

bool leads_to_temporary(std::string_view path) {
  for (std::size_t at = path.find(kTemporary); at != path.npos;
       at = path.find(kTemporary, at + 1)) {
    if (at == 0 || path[at - 1] == '/') return true;
  }
  return false;
}

Result<DiskDone> carry_out(const DiskWork& work) {
  switch (work.kind) {
    case DiskWork::Kind::read:
      return read(work);
    case DiskWork::Kind::list:
      return list(work);
    case DiskWork::Kind::create:
      return create(work);
    case DiskWork::Kind::write:
      return write(work);
    case DiskWork::Kind::publish:
      return publish(work);
    case DiskWork::Kind::remove:
      return remove(work);
    case DiskWork::Kind::make_folder:
      return make_folder(work);
    case DiskWork::Kind::copy:
      return copy(work);
    case DiskWork::Kind::move:
      return move(work);
  }
  return fail(EINVAL);
}

void remove_stale(int root) {
  auto top = os::file_info(root);
  if (!top) return;
  Walk walk(root, ".", *top);
  while (auto step = walk.next()) {
    if (!step->file.directory || step->leaving) continue;
    walk.enter([&](const std::string& name, const FileInfo& file) {
      if (!name.starts_with(kTemporary)) return !file.directory;
      auto folder = os::open_folder_beneath(root, step->path, false);
      if (!folder) return true;
      auto left = os::open_beneath(folder->get(), name);  // a link leads elsewhere: no lock of ours
      const bool other = !file.regular && !file.directory;  // a link, which nobody locks
      if (other || (left && os::try_lock_file(left->get()))) (void)remove_tree(*folder, name);
      return true;
    });
    walk.go_on();
  }
}

}  // namespace weft::servers
