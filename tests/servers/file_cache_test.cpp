// SPDX-License-Identifier: BSL-1.0
#include "servers/file_cache.hpp"

#include <filesystem>

#include "tests/catch.hpp"
#include "tests/servers/live.hpp"

using namespace weft;
using namespace weft::tests;
using servers::FileCache;

namespace {

constexpr os::Nanos kKeep = 100;

std::string text_of(const FileCache::Held& file) {
  std::array<std::byte, 100> buffer;
  auto n = os::pread(file.fd(), buffer, 0);
  return {reinterpret_cast<const char*>(buffer.data()), n ? *n : 0};
}

// Another file takes the name, as an editor's would.
void replace(Folder& folder, const std::string& name, std::string_view text) {
  folder.file("new", text);
  std::filesystem::rename(folder.path() + "/new", folder.path() + '/' + name);
}

}  // namespace

TEST_CASE("a file stays open for its time, and who reads it keeps it for longer") {
  os::ManualClock clock;
  Folder folder;
  folder.file("a", "old");
  const os::Fd root = std::move(os::open_directory(folder.path())).value();
  FileCache files(kKeep);
  auto first = files.open(root.get(), "a").value();
  replace(folder, "a", "newer");
  clock.advance(kKeep - 1);
  auto second = files.open(root.get(), "a").value();
  CHECK(second.fd() == first.fd());
  CHECK(second.info().size == 3);
  CHECK(text_of(second) == "old");
  clock.advance(1);
  auto third = files.open(root.get(), "a").value();
  CHECK(third.info().size == 5);
  CHECK(text_of(third) == "newer");
  CHECK(text_of(first) == "old");
}

TEST_CASE("what is forgotten is opened anew at once, and 0 keeps nothing") {
  Folder folder;
  folder.file("a", "old");
  const os::Fd root = std::move(os::open_directory(folder.path())).value();
  FileCache kept(os::kSecond * 1000), none(0);
  CHECK(text_of(kept.open(root.get(), "a").value()) == "old");
  CHECK(text_of(none.open(root.get(), "a").value()) == "old");
  replace(folder, "a", "newer");
  CHECK(text_of(kept.open(root.get(), "a").value()) == "old");
  CHECK(text_of(none.open(root.get(), "a").value()) == "newer");
  kept.forget();
  CHECK(text_of(kept.open(root.get(), "a").value()) == "newer");
  CHECK(kept.open(root.get(), "b").error() == ENOENT);
}

TEST_CASE("a bounded number of files stays open") {
  Folder folder;
  for (int i = 0; i < 400; ++i) folder.file(std::to_string(i), "x");
  const os::Fd root = std::move(os::open_directory(folder.path())).value();
  auto open_files = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  };
  const auto before = open_files();
  {
    FileCache files(os::kSecond * 1000);
    for (int i = 0; i < 400; ++i) REQUIRE(files.open(root.get(), std::to_string(i)));
    CHECK(open_files() > before);
    CHECK(open_files() <= before + 256);
  }
  CHECK(open_files() == before);
}

TEST_CASE("what this server changes is served at once, however long files stay open") {
  auto setup = GENERATE(from_range(all_setups()));
  INFO(setup);
  Folder root;
  root.file("a", "first");
  Live live(setup, root.path(), [](auto& o) {
    o.file_cache = 1000 * os::kSecond;
    o.writable = true;
  });
  Client client(live.port());
  auto ask = [&](const std::string& method, const std::string& fields,
                 const std::string& body = {}) {
    return client.send(method + " /a HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n" + body).answer();
  };
  CHECK(ask("GET", "").ends_with("first"));
  CHECK(ask("PUT", "Content-Length: 6\r\n", "second").starts_with("HTTP/1.1 204"));
  CHECK(ask("GET", "").ends_with("second"));
  CHECK(ask("DELETE", "").starts_with("HTTP/1.1 204"));
  CHECK(ask("GET", "").starts_with("HTTP/1.1 404"));
}
