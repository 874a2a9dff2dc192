// SPDX-License-Identifier: BSL-1.0
// `--policy FILE.cpp`: what a student's file may do, and what is said about one that may not.
#include "labs/policy/policy_file.hpp"

#include <filesystem>
#include <fstream>

#include "labs/exit.hpp"
#include "labs/policy/rules.hpp"
#include "lwp/os.hpp"
#include "lwp/policy_table.hpp"
#include "lwp/sanitizer.hpp"
#include "tests/catch.hpp"

using namespace weft;
using namespace weft::labs;
using Catch::Matchers::Contains;

namespace {

namespace fs = std::filesystem;
namespace os = lwp::os;

const std::string kExample = WEFT_SOURCE_DIR "/labs/policy/examples/fifo.cpp";

std::string contents(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A folder for one test.
class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("weft-policy-" + std::to_string(os::now()))) {
    fs::create_directory(path_);
  }
  ~Folder() {
    std::error_code none;
    fs::remove_all(path_, none);
  }
  std::string file(const std::string& text) {
    std::string path = path_ / ("policy" + std::to_string(++files_) + ".cpp");
    std::ofstream(path) << text;
    return path;
  }

 private:
  fs::path path_;
  int files_ = 0;
};

// The example with a part of it changed.
std::string example_with(const std::string& what, const std::string& by) {
  std::string text = contents(kExample);
  auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

PolicyVerdict verdict(const std::string& file, Language language = Language::en) {
  return use_policy_file(file, Say(language));
}

bool lacks_compiler() {
  if (verdict(kExample).exit_code != kMachineLacks) return false;
  WARN("SKIPPED: needs a C++ compiler");
  return true;
}

}  // namespace

TEST_CASE("Policy file: the example compiles and obeys the rules and becomes known") {
  if (lacks_compiler()) return;
  auto v = verdict(kExample);
  INFO(v.text);
  REQUIRE(v.exit_code == kDone);
  auto type = lwp::policy_named(kExample);
  REQUIRE(type);
  CHECK(!type->clocked());
  CHECK(!lwp::refuse_policy(kExample));
  CHECK(is_policy_file("./mine.cpp"));
  CHECK(!is_policy_file("fifo"));
}

TEST_CASE("Policy file: the first broken rule is named with the sequence that breaks it") {
  if (lacks_compiler()) return;
  Folder folder;
  // Its last task is still the last one after it has gone.
  auto lost = verdict(folder.file(example_with("if (first_ == nullptr) last_ = nullptr;", "")));
  CHECK(lost.exit_code == kNo);
  CHECK_THAT(lost.text, Contains("next() returned nothing, though B is ready"));
  CHECK_THAT(lost.text, Contains("    ready(A, created)\n    next() returns A\n"
                                 "    ready(B, created)\n    next() returns nothing\n"));

  auto twice = verdict(folder.file(example_with("first_ = behind(*task);", "")));
  CHECK(twice.exit_code == kNo);
  CHECK_THAT(twice.text, Contains("returned A, which it has returned already"));

  auto starves = verdict(folder.file(R"(
#include "lwp/policies/list.hpp"
using namespace weft::lwp;
struct Lifo final : Policy {
  static constexpr Traits kTraits{.bound = [](std::size_t n) -> std::uint64_t { return 4 * n; }};
  void ready(Task& t, Why) override { list.push_front(t); }
  Task* next() override { return list.pop_front(); }
  TaskList list;
};
WEFT_POLICY(Lifo))"));
  CHECK(starves.exit_code == kNo);
  CHECK_THAT(starves.text, Contains("waits longer than the bound"));

#if !defined(WEFT_ASAN) && !defined(WEFT_TSAN)  // which have an operator new of their own
  auto allocates = verdict(folder.file(R"(
#include "lwp/policy.hpp"
#include <deque>
using namespace weft::lwp;
struct Queue final : Policy {
  void ready(Task& t, Why) override { list.push_back(&t); }
  Task* next() override {
    if (list.empty()) return nullptr;
    Task* t = list.front();
    list.pop_front();
    return t;
  }
  std::deque<Task*> list;
};
WEFT_POLICY(Queue))"));
  CHECK(allocates.exit_code == kNo);
  CHECK_THAT(allocates.text, Contains("allocated memory"));
#endif
}

TEST_CASE("Policy file: one that crashes or hangs is told with its last calls") {
  if (lacks_compiler()) return;
  Folder folder;
  auto crash = verdict(folder.file(example_with("if (task == nullptr) return nullptr;", "")));
  CHECK(crash.exit_code == kNo);
  CHECK_THAT(crash.text, Contains("crashed") && Contains("    next()\n"));
}

TEST_CASE("Policy file: what does not compile is wrong use") {
  if (lacks_compiler()) return;
  Folder folder;
  auto syntax = verdict(folder.file(example_with("Task* next", "Tusk* next")));
  CHECK(syntax.exit_code == kWrongUse);
  CHECK_THAT(syntax.text, Contains("does not compile:\n") && Contains("Tusk"));
  auto no_export = verdict(folder.file(example_with("WEFT_POLICY(MyFifo)", "")));
  CHECK(no_export.exit_code == kWrongUse);
  CHECK_THAT(no_export.text, Contains("WEFT_POLICY(YourClass)"));
  auto boost = verdict(folder.file("#include <no/such/header.hpp>\n"));
  CHECK(boost.exit_code == kWrongUse);
  auto nothing = verdict("/no/such/file.cpp");
  CHECK(nothing.exit_code == kWrongUse);
  CHECK_THAT(nothing.text, Contains("labs/policy/examples/fifo.cpp"));
  CHECK_THAT(verdict("/no/such/file.cpp", Language::zh).text, Contains("无法读取"));
}

TEST_CASE("Policy rules: weft's own policies obey them") {
  for (const auto& name : lwp::policy_names()) {
    INFO(name);
    auto broken = first_broken_rule(*lwp::policy_named(name));
    if (broken) {
      for (const auto& line : broken->story) UNSCOPED_INFO(line);
      FAIL(lwp::name(broken->rule));
    }
  }
}
