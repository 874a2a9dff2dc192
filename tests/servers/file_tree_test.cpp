// SPDX-License-Identifier: BSL-1.0
// Changes to a real tree: whole or not at all, one at a time, and nothing left behind.
#include "servers/file_tree.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "lwp/os/folders.hpp"
#include "tests/catch.hpp"
#include "tests/servers/live.hpp"

using namespace weft;
using namespace weft::tests;
using servers::DiskDone;
using servers::DiskWork;
using servers::Precondition;
using servers::Result;
using servers::TemporaryFile;
using Kind = DiskWork::Kind;

namespace {

struct Tree {
  Tree() : root(std::move(os::open_directory(folder.path()).value())) {}
  // 0, or why not.
  int change(Kind kind, const std::string& name, const std::string& to = "", bool overwrite = true,
             bool deep = true) {
    DiskWork work{.kind = kind, .deep = deep, .overwrite = overwrite, .name = &name, .to = &to};
    work.root = root.get();
    auto result = servers::carry_out(work);
    done = result ? *result : DiskDone{};
    return result.error();
  }
  int put(const std::string& name, const std::string& content,
          const Precondition* condition = nullptr) {
    TemporaryFile temporary;
    DiskWork work{.kind = Kind::create, .name = &name, .condition = condition};
    work.root = root.get();
    work.temporary = &temporary;
    for (Kind kind : {Kind::create, Kind::write, Kind::publish}) {
      work.kind = kind;
      work.from = servers::as_bytes(content);
      auto result = servers::carry_out(work);
      if (!result) return result.error();
      done = *result;
    }
    return 0;
  }
  std::string read(const std::string& name) const {
    std::ifstream in(folder.path() + "/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // Every path below the root, and where links lead.
  std::set<std::string> all() const {
    std::set<std::string> out;
    for (const auto& e : std::filesystem::recursive_directory_iterator(folder.path())) {
      std::string name = e.path().string().substr(folder.path().size() + 1);
      if (e.is_symlink()) name += " -> " + std::filesystem::read_symlink(e.path()).string();
      out.insert(name);
    }
    return out;
  }
  Folder folder;
  os::Fd root;
  DiskDone done;
};

using Names = std::set<std::string>;

// Of one version of a file.
struct Unchanged final : Precondition {
  explicit Unchanged(const os::FileInfo& file) : inode(file.inode), mtime(file.mtime) {}
  bool holds(const os::FileInfo* current) const override {
    return current != nullptr && current->inode == inode && current->mtime == mtime;
  }
  const std::uint64_t inode;
  const os::Nanos mtime;
};

// Only the kernel can say that one does not lead out of the root.
bool links_are_followed() {
  return os::has(os::Feature::openat2);
}

}  // namespace

TEST_CASE("a published file has its content, its old mode, and is younger than what it replaces") {
  Tree tree;
  CHECK(tree.put("a", "one") == 0);
  CHECK_FALSE(tree.done.replaced);
  std::filesystem::permissions(tree.folder.path() + "/a", std::filesystem::perms::owner_read |
                                                              std::filesystem::perms::owner_write);
  for (int i = 0; i < 50; ++i) {
    const os::Nanos before = tree.done.file.mtime;
    REQUIRE(tree.put("a", "two") == 0);
    REQUIRE(tree.done.file.mtime > before);
  }
  CHECK(tree.done.replaced);
  CHECK(tree.read("a") == "two");
  CHECK(os::mode_of(tree.root.get(), "a").value() == 0600);
  CHECK(tree.all() == Names{"a"});
}

TEST_CASE("names that nothing can be put at") {
  Tree tree;
  tree.folder.file("file", "x").file("sub/x", "x").link("out", "/tmp");
  CHECK(tree.put("absent/x", "y") == ENOTDIR);
  CHECK(tree.put("file/x", "y") == ENOTDIR);
  CHECK(tree.put("sub", "y") == EISDIR);
  CHECK(tree.put("out/x", "y") == (links_are_followed() ? EXDEV : ENOTDIR));
  CHECK(tree.put("", "y") == EPERM);
  CHECK(tree.put("out", "a file in place of the link") == 0);
  CHECK(tree.all() == Names{"file", "out", "sub", "sub/x"});
}

TEST_CASE("an upload that is given up leaves nothing, with and without a name") {
  Tree tree;
  const std::string name = "a";
  DiskWork work{.kind = Kind::create, .name = &name};
  work.root = tree.root.get();
  {
    TemporaryFile temporary;
    work.temporary = &temporary;
    REQUIRE(servers::carry_out(work));
    CHECK(temporary.file);
  }
  CHECK(tree.all().empty());
}

TEST_CASE("of many that change one version, from several processes, one succeeds") {
  Tree tree;
  constexpr int kRounds = 20, kWriters = 4;
  REQUIRE(tree.put("counter", "0") == 0);
  for (int round = 0; round < kRounds; ++round) {
    const Unchanged condition(tree.done.file);
    std::vector<os::Process> writers;
    for (int i = 0; i < kWriters; ++i) {
      auto forked = os::fork_process([&] {
        Tree& mine = tree;
        const int error = mine.put("counter", std::to_string(i), &condition);
        return error == 0 ? 0 : error == ECANCELED ? 1 : 2;
      });
      REQUIRE(forked);
      writers.push_back(std::move(*forked));
    }
    int succeeded = 0, failed = 0;
    for (auto& w : writers) {
      auto exit = w.wait(os::now() + Client::kPatience);
      REQUIRE(exit);
      succeeded += exit->code == 0;
      failed += exit->code == 1;
    }
    CHECK(succeeded == 1);
    CHECK(failed == kWriters - 1);
    auto file = os::open_beneath(tree.root.get(), "counter");
    tree.done.file = os::file_info(file->get()).value();
  }
  CHECK(tree.all() == Names{"counter"});
}

TEST_CASE("trees are removed, copied and moved") {
  Tree tree;
  tree.folder.file("t/a", "a").file("t/sub/b", "b").link("t/link", "a").file("other", "o");
  const Names whole = {"t", "t/a", "t/link -> a", "t/sub", "t/sub/b"};

  CHECK(tree.change(Kind::copy, "t/", "u/") == 0);
  CHECK_FALSE(tree.done.replaced);
  CHECK(tree.read("u/sub/b") == "b");
  CHECK(tree.all().contains("u/link -> a"));
  CHECK(tree.change(Kind::copy, "t", "u", false) == ECANCELED);
  CHECK(tree.change(Kind::copy, "t", "other", false) == ECANCELED);
  CHECK(tree.change(Kind::copy, "t", "other") == 0);  // a tree in place of a file
  CHECK(tree.done.replaced);
  CHECK(tree.change(Kind::copy, "t/a", "other") == 0);  // and the other way round
  CHECK(tree.read("other") == "a");
  CHECK(tree.change(Kind::copy, "t", "flat", true, false) == 0);
  CHECK(tree.change(Kind::remove, "u") == 0);
  CHECK(tree.change(Kind::remove, "other/") == ENOENT);  // no folder
  CHECK(tree.change(Kind::remove, "other") == 0);

  CHECK(tree.change(Kind::move, "t", "flat/t2") == 0);
  CHECK(tree.change(Kind::move, "flat/t2", "flat") == 0);  // over the folder it lies in
  CHECK(tree.change(Kind::move, "flat", "t") == 0);
  CHECK(tree.all() == whole);

  CHECK(tree.change(Kind::copy, "t/a", "absent/x") == ENOTDIR);
  CHECK(tree.change(Kind::move, "t/a", "absent/x") == ENOTDIR);
  CHECK(tree.change(Kind::copy, "absent", "x") == ENOENT);
  CHECK(tree.change(Kind::move, "absent/y", "x") == ENOENT);
  CHECK(tree.change(Kind::remove, "absent/y") == ENOENT);
  CHECK(tree.change(Kind::remove, "") == EPERM);
  CHECK(tree.change(Kind::move, "t", "t/sub/x") == EINVAL);
  CHECK(tree.change(Kind::make_folder, "t") == EEXIST);
  CHECK(tree.change(Kind::make_folder, "absent/y/") == ENOTDIR);
  CHECK(tree.all() == whole);
  CHECK(tree.change(Kind::make_folder, "new/") == 0);
}

TEST_CASE("a copy into itself, also by a link, ends") {
  Tree tree;
  tree.folder.file("t/a", "a").link("t/self", ".").link("by", "t");
  CHECK(tree.change(Kind::copy, "t", links_are_followed() ? "by/copy" : "t/copy") == 0);
  CHECK(tree.read("t/copy/a") == "a");
  CHECK(tree.all().contains("t/copy/self -> ."));
  CHECK_FALSE(tree.all().contains("t/copy/copy"));
}

TEST_CASE("a tree deeper than a stack would bear is copied and removed") {
  Tree tree;
  std::string path = "d";
  for (int i = 0; i < 400; ++i) path += "/d";
  std::filesystem::create_directories(tree.folder.path() + "/" + path);
  CHECK(tree.change(Kind::copy, "d", "e") == 0);
  CHECK(std::filesystem::exists(tree.folder.path() + "/e" + path.substr(1)));
  CHECK(tree.change(Kind::remove, "d") == 0);
  CHECK(tree.change(Kind::remove, "e") == 0);
  CHECK(tree.all().empty());
}

TEST_CASE("what a crash has left goes at the next start, what is in use stays") {
  Tree tree;
  const std::string left = std::string(servers::kTemporary) + "1", used = left + "-used";
  tree.folder.file("a", "a").file(left, "x").file("sub/" + left + "/y/z", "x").file("sub/b", "b");
  tree.folder.link("sub/" + left + "-link", "/tmp").file(used, "x");
  auto busy = os::open_beneath(tree.root.get(), used);
  REQUIRE(busy);
  REQUIRE(os::try_lock_file(busy->get()));
  servers::remove_stale(tree.root.get());
  CHECK(tree.all() == Names{"a", "sub", "sub/b", used});
}

TEST_CASE("a folder's listing shows what a client can have") {
  Tree tree;
  Folder outside;
  outside.file("secret", "secret");
  tree.folder.file("a", "hello").file("sub/x", "x").link("in", "a").link("out", outside.path());
  tree.folder.file(std::string(servers::kTemporary) + "1", "x");
  REQUIRE(run("mkfifo " + tree.folder.path() + "/fifo").code == 0);
  servers::FolderListing listing;
  const std::string name;
  DiskWork work{.kind = Kind::list, .name = &name, .listing = &listing};
  work.root = tree.root.get();
  REQUIRE(servers::carry_out(work));
  std::set<std::string> seen;
  for (const auto& e : listing.entries) {
    seen.insert(e.name + " " + (e.file.directory ? "folder" : std::to_string(e.file.size)));
  }
  Names expected = {"a 5", "sub folder"};
  if (links_are_followed()) expected.insert("in 5");
  CHECK(seen == expected);
}

TEST_CASE("names that lead to temporary files are known") {
  const std::string t = std::string(servers::kTemporary) + "1";
  CHECK(servers::leads_to_temporary(t));
  CHECK(servers::leads_to_temporary("a/" + t));
  CHECK(servers::leads_to_temporary("a/" + t + "/b"));
  CHECK(servers::leads_to_temporary("x" + t + "/" + t));
  CHECK_FALSE(servers::leads_to_temporary("x" + t));
  CHECK_FALSE(servers::leads_to_temporary(".weft"));
}
