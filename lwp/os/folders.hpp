// SPDX-License-Identifier: BSL-1.0
// A part of the seam (lwp/os.hpp) for those few who change a tree of files. `name` is one name in
// the open folder `folder`; a link of that name is not followed.
#pragma once

#include "lwp/os.hpp"

namespace weft::lwp::os {

/// Opens a folder to read, lock or sync it, as open_beneath opens files.
Result<Fd> open_folder_beneath(int root, const std::string& relative, bool follow_links = true);
/// A file without a name, which is gone with its descriptor (O_TMPFILE). Fails where the file
/// system has none.
Result<Fd> create_unnamed(int folder);
/// EEXIST if there is anything of that name.
Result<Fd> create_new(int folder, const std::string& name);
/// Gives a name to a file that was made without.
Result<void> give_name(int file, int folder, const std::string& name);
/// What becomes of something that has the new name already: it goes, it stays (EEXIST), or it gets
/// the old name (EINVAL where the file system cannot).
enum class Renaming { replace, keep, exchange };
Result<void> rename(int from, const std::string& name, int to, const std::string& new_name,
                    Renaming how);
Result<void> remove_name(int folder, const std::string& name, bool directory);
Result<void> make_folder(int folder, const std::string& name);
Result<FileInfo> info_of(int folder, const std::string& name);
/// EINVAL if it is no symbolic link.
Result<std::string> link_target(int folder, const std::string& name);
Result<void> make_link(int folder, const std::string& name, const std::string& target);
Result<std::size_t> pwrite(int fd, std::span<const std::byte> from, std::uint64_t offset);
/// Copies up to `most` bytes from where one file stands to where the other does; 0 is the end.
Result<std::size_t> copy_bytes(int from, int to, std::size_t most);
Result<void> set_mtime(int fd, Nanos wall);
/// Who may do what with a file (the nine bits).
Result<std::uint32_t> mode_of(int folder, const std::string& name);
Result<void> set_mode(int fd, std::uint32_t mode);
/// Takes the file's exclusive lock if nobody has it (flock).
bool try_lock_file(int fd);
/// Something in a folder still leads to this file.
bool has_name(int fd);

/// The names in a folder, without `.` and `..`, in no order.
class FolderReader {
 public:
  explicit FolderReader(Fd folder);
  ~FolderReader();
  FolderReader(const FolderReader&) = delete;
  /// False at the end, and when error() says why it cannot go on.
  bool next(std::string& name);
  int error() const { return error_; }
  int descriptor() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  int error_ = 0;
};

}  // namespace weft::lwp::os
