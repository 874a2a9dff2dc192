// SPDX-License-Identifier: BSL-1.0
// No path leads out of the root, with openat2 and without it.
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <set>

#include "tests/child.hpp"

namespace weft::lwp {
namespace {

namespace fs = std::filesystem;

// A root with ways out of it, and a secret next to it.
struct Tree {
  Tree() {
    std::string pattern = (fs::temp_directory_path() / "weft-test-").string();
    top = pattern + std::to_string(os::thread_id()) + "-" + std::to_string(os::now());
    fs::create_directories(top / "root/sub/deep");
    write(top / "secret", "secret");
    write(top / "root/file", "inside");
    write(top / "root/sub/deep/file", "deep");
    fs::create_symlink("file", top / "root/link-inside");
    fs::create_symlink("sub", top / "root/link-directory");
    fs::create_symlink("../secret", top / "root/link-out");
    fs::create_symlink((top / "secret").string(), top / "root/link-absolute");
    fs::create_symlink("..", top / "root/link-up");
    fs::create_symlink("/proc/self/root", top / "root/magic");
    fs::create_symlink("loop", top / "root/loop");
    std::string fifo = "mkfifo '" + (top / "root/fifo").string() + "'";
    (void)os::spawn_process({"/bin/sh", "-c", fifo}).value().wait();
    root = std::move(os::open_directory((top / "root").string())).value();
  }
  ~Tree() { fs::remove_all(top); }
  static void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

  std::string open(const std::string& relative) const {
    auto fd = os::open_beneath(root.get(), relative);
    if (!fd) return "refused";
    auto info = os::file_info(fd->get());
    if (!info->regular) return info->directory ? "directory" : "special";
    std::array<std::byte, 100> buffer;
    auto n = os::pread(fd->get(), buffer, 0);
    return {reinterpret_cast<char*>(buffer.data()), *n};
  }

  fs::path top;
  os::Fd root;
};

// Run by the case below in a process of its own, with and without openat2.
TEST_CASE("open_beneath stays beneath", "[beneath]") {
  Tree tree;
  CHECK(tree.open("file") == "inside");
  CHECK(tree.open("./file") == "inside");
  CHECK(tree.open("sub/deep/file") == "deep");
  CHECK(tree.open("sub//deep/./file") == "deep");
  CHECK(tree.open("") == "directory");
  CHECK(tree.open("sub/") == "directory");
  CHECK(tree.open("file/") == "refused");
  CHECK(tree.open("none") == "refused");
  for (const char* out : {"..", "../secret", "sub/../../secret", "/etc/passwd", "/", "link-out",
                          "link-absolute", "link-up/secret", "link-up", "sub/deep/../../../secret",
                          "magic/etc/passwd", "magic", "loop", "link-directory/../../secret"}) {
    INFO(out);
    CHECK(tree.open(out) == "refused");
  }
  // Links that stay inside are a comfort, not a right.
  for (const char* in : {"link-inside", "link-directory/deep/file"}) {
    INFO(in);
    bool comfort = os::has(os::Feature::openat2);
    CHECK((tree.open(in) != "refused") == comfort);
  }
  CHECK(tree.open("fifo") == "special");  // at once, although nobody writes to it
  CHECK(os::open_beneath(tree.root.get(), "../secret").error() == EXDEV);
  CHECK(os::open_beneath(tree.root.get(), "/etc/passwd").error() == EXDEV);
  CHECK(os::open_beneath(tree.root.get(), "none").error() == ENOENT);
}

TEST_CASE("open_beneath stays beneath without openat2, too") {
  auto child = os::spawn_process(
      {"/bin/sh", "-c", "WEFT_WITHOUT=openat2 exec '" + os::own_program() + "' '[beneath]' 2>&1"});
  REQUIRE(child);
  std::string output;
  std::array<std::byte, 4096> buffer;
  for (auto n = os::read(child->out(), buffer); n && *n > 0; n = os::read(child->out(), buffer)) {
    output.append(reinterpret_cast<char*>(buffer.data()), *n);
  }
  INFO(output);
  REQUIRE(child->wait()->code == 0);
  REQUIRE(output.find("All tests passed") != std::string::npos);
}

TEST_CASE("Files: what they are, read at an offset, a descriptor is closed once") {
  Tree tree;
  auto fd = os::open_beneath(tree.root.get(), "file");
  auto info = os::file_info(fd->get());
  CHECK(info->size == 6);
  CHECK(info->regular);
  CHECK_FALSE(info->directory);
  CHECK(info->mtime > 1'600'000'000 * os::kSecond);
  std::array<std::byte, 4> buffer;
  CHECK(*os::pread(fd->get(), buffer, 4) == 2);
  CHECK(*os::pread(fd->get(), buffer, 6) == 0);
  CHECK(*os::pread_at_hand(fd->get(), buffer, 0) == 4);
  os::drop_from_cache(fd->get());
  CHECK(*os::pread(fd->get(), buffer, 0) == 4);
  os::Fd moved = std::move(*fd);
  CHECK_FALSE(*fd);
  int number = moved.get();
  moved.reset();
  CHECK(os::file_info(number).error() == EBADF);
  CHECK(os::open_directory("/no/such").error() == ENOENT);
  CHECK(os::open_directory((tree.top / "secret").string()).error() == ENOTDIR);
}

}  // namespace
}  // namespace weft::lwp
