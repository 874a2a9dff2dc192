// SPDX-License-Identifier: BSL-1.0
// Files of more than a buffer: where the disk has them at hand they go from the page cache to the
// socket, else through the session's buffer. Nobody can tell which.
#include "tests/catch.hpp"
#include "tests/servers/live.hpp"

using namespace weft;
using namespace weft::tests;

namespace {

std::string pattern(std::size_t bytes) {
  std::string text(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>(i * 31 + i / 253);
  return text;
}

}  // namespace

TEST_CASE("a big file arrives whole and in parts, and who leaves in the middle harms nobody") {
  auto setup = GENERATE(from_range(all_setups()));
  auto disk = GENERATE("none", "real");
  INFO(setup << ", " << disk);
  const std::string text = pattern(5'000'003);
  Folder root;
  root.file("big", text);
  Live live(setup, root.path(), [&](auto& o) { o.disk = *servers::parse_disk(disk).spec; });
  auto get = [](const std::string& fields) {
    return "GET /big HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
  };
  {
    Client leaves(live.port());  // in the middle, with bytes that nobody has read
    leaves.send(get(""));
    REQUIRE(leaves.bytes(10).size() == 10);
  }
  Client client(live.port());
  client.send(get("") + get("Range: bytes=1234567-4567890\r\n") + get("Range: bytes=-1\r\n"));
  CHECK(client.answer().ends_with(text));
  CHECK(client.answer().ends_with("\r\n\r\n" + text.substr(1234567, 4567890 - 1234567 + 1)));
  CHECK(client.answer().ends_with("\r\n\r\n" + text.substr(text.size() - 1)));
}
