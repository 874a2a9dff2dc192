// SPDX-License-Identifier: BSL-1.0
#include "labs/catalogue.hpp"

#include <set>

#include "labs/columns.hpp"
#include "labs/suggest.hpp"
#include "tests/catch.hpp"

using namespace weft::labs;

TEST_CASE("every message exists in both languages, with the same placeholders, under one id") {
  std::set<std::string_view> ids;
  for (const auto& m : kMessages) {
    CAPTURE(m.id);
    CHECK(ids.insert(m.id).second);
    CHECK_FALSE(m.en.empty());
    CHECK_FALSE(m.zh.empty());
    CHECK(placeholders(m.en) == placeholders(m.zh));
  }
}

TEST_CASE("messages are UTF-8 without control characters, English ones mostly ASCII") {
  for (const auto& m : kMessages)
    for (auto text : {m.en, m.zh})
      for (std::size_t at = 0; at < text.size();) {
        char32_t c = take_code_point(text, at);
        CAPTURE(m.id);
        CHECK(c != 0xFFFD);
        CHECK(c >= 0x20);
      }
  for (const auto& m : kMessages) {
    CAPTURE(m.id, m.en);
    CHECK(ascii(m.en).find('?') == m.en.find('?'));  // everything has a stand-in
  }
}

TEST_CASE("placeholders are filled by name, others stay") {
  CHECK(fill("{a} and {b} and {a}", {{"a", "1"}, {"b", "{a}"}}) == "1 and {a} and 1");
  CHECK(fill("{a} {missing} { } {X} {", {{"a", "1"}}) == "1 {missing} { } {X} {");
  CHECK(placeholders("{b} {a} {b} {A} {}") == std::vector<std::string>{"a", "b"});
  CHECK(Say(Language::en)("main.launcher", {{"command", "doctor"}}).ends_with("./weft doctor"));
  CHECK(Say(Language::zh)("row.single") == "单线程");
}

TEST_CASE("languages are known by name and by locale") {
  CHECK(language_named("zh_CN.UTF-8") == Language::zh);
  CHECK(language_named("zh") == Language::zh);
  CHECK(language_named("en_GB.UTF-8") == Language::en);
  CHECK(language_named("C.UTF-8") == Language::en);
  CHECK_FALSE(language_named("fr_FR"));
}

TEST_CASE("columns: Chinese characters take two, combining marks none") {
  CHECK(columns("abc") == 3);
  CHECK(columns("单线程") == 6);
  CHECK(columns("8 个工作线程，多对一") == 20);
  CHECK(columns("▇▇ ±⅔") == 5);
  CHECK(columns("e\u0301") == 1);
  CHECK(columns("\xff\xfe") == 2);  // not UTF-8: a replacement each
  CHECK(pad_left("单", 4) == "  单");
  CHECK(pad_right("单", 4) == "单  ");
  CHECK(pad_right("long", 2) == "long");
}

TEST_CASE("wrapping: at spaces, between Chinese characters, not before closing punctuation") {
  CHECK(wrap("one two three", 8, 2) == "one two\n  three");
  CHECK(wrap("15\u00a0ms of CPU", 5) == "15 ms\nof\nCPU");
  CHECK(wrap("unbreakable", 4) == "unbreakable");
  CHECK(printable("a\x1b[2J 王\n\xCD\xF5") == "a\uFFFD[2J 王\n\uFFFD\uFFFD");
  CHECK(wrap("一二三，四", 6) == "一二\n三，四");
  CHECK(wrap("调用 read() 时", 8) == "调用\nread()\n时");
  std::string text = wrap(Say(Language::zh)("compare.finding_machine"), 40, 2);
  for (std::size_t at = 0, end; at < text.size(); at = end + 1) {
    end = std::min(text.find('\n', at), text.size());
    CHECK(columns(text.substr(at, end - at)) <= 40);
  }
}

TEST_CASE("what a terminal without UTF-8 shows") {
  CHECK(ascii("▇▇ ±1\u00a0% 66⅔ “x” 线") == "## +-1 % 66 2/3 \"x\" ?");
}

TEST_CASE("the nearest word") {
  CHECK(edit_distance("compare", "comapre") == 1);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
  const std::vector<std::string> words = {"compare", "load", "serve", "doctor", "test"};
  CHECK(nearest("comapre", words) == "compare");
  CHECK(nearest("comp", words) == "compare");
  CHECK(nearest("laod", words) == "load");
  CHECK(nearest("srv", words) == "serve");
  CHECK_FALSE(nearest("xyzzy", words));
  CHECK_FALSE(nearest("", words));
}
