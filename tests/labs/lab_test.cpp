// SPDX-License-Identifier: BSL-1.0
// weft lab, weft teach and weft new lab, end to end: what is right passes, and whatever else a
// student hands in earns nothing and gets an answer.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "labs/lab/exercise.hpp"
#include "tests/labs/weft_program.hpp"

using namespace weft::labs::testing;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

const fs::path kLabs = fs::path(WEFT_SOURCE_DIR) / "labs/exercises";
const fs::path kTemplate = fs::path(WEFT_SOURCE_DIR) / "labs/new";  // holds one lab, exercise

bool there() {
  const bool built = fs::exists(fs::path(WEFT_PROGRAM).parent_path() / "weft-explorer");
  if (!built) WARN("SKIPPED: needs weft-explorer");
  return built;
}
bool has_archiver() {
  const bool has = std::system("bsdtar --version >/dev/null 2>&1") == 0;
  if (!has) WARN("SKIPPED: needs bsdtar");
  return has;
}

// The lab that `weft new lab` copies, and a student's folder of this test's own.
class Student {
 public:
  Student() {
    ::setenv("WEFT_EXERCISES", kTemplate.c_str(), 1);
    ::setenv("WEFT_MINE", mine().c_str(), 1);
  }
  ~Student() {
    ::unsetenv("WEFT_EXERCISES");
    ::unsetenv("WEFT_MINE");
  }
  fs::path mine() const { return folder_ / "mine"; }
  fs::path file() const { return mine() / "exercise/answer.cpp"; }
  void writes(const std::string& text) const {
    fs::create_directories(file().parent_path());
    std::ofstream(file()) << text;
  }
  void copies(const fs::path& other) const { writes(content(other)); }
  fs::path path(const char* name) const { return folder_ / name; }

 private:
  Folder folder_;
};

// With what it says on standard error.
Answer refused(const std::string& words) {
  auto process =
      os::spawn_process({"/bin/sh", "-c", std::string(WEFT_PROGRAM) + " " + words + " 2>&1"});
  return finish(*process);
}

json checked(const Student& student) {
  const fs::path result = student.path("result.json");
  const Answer answer = run_weft({"lab", "check", "exercise", "--json", result.string()});
  INFO(answer.out);
  json report = json::parse(content(result), nullptr, false);
  REQUIRE(report.is_object());
  CHECK((answer.code == 0) == report.at("passed").get<bool>());
  return report;
}

std::string first_message(const json& report) {
  for (const auto& c : report.at("checks")) {
    if (c.at("verdict") != "pass") return c.at("message");
  }
  return "";
}

std::string around(const std::string& body) {
  return "#include \"answer.hpp\"\n" + body;
}

}  // namespace

TEST_CASE("weft lab: the starter fails, the solution passes, and only a pass earns points") {
  if (!there()) return;
  Student student;
  REQUIRE(run_weft({"lab", "start", "exercise"}).code == 0);
  CHECK(fs::exists(student.mine() / "exercise/answer.hpp"));
  CHECK_FALSE(fs::exists(student.mine() / "exercise/solution"));
  CHECK(first_message(checked(student)) == "exercise.wrong-answer");
  const Answer explored = run_weft({"explore", "exercise"});  // likewise
  CHECK(explored.code == 1);
  CHECK(explored.out.find("[exercise.wrong-answer]") != std::string::npos);

  student.copies(kTemplate / "exercise/solution/answer.cpp");
  const json report = checked(student);
  CHECK(report.at("points") == 3);
  CHECK(report.at("most") == 3);
  CHECK(report.at("checks").at(1).at("exhaustive") == true);
  CHECK(run_weft({"lab", "list"}).out.find("✓ exercise") != std::string::npos);
}

TEST_CASE("weft lab: nothing but a right answer earns a point (long)") {
  if (!there()) return;
  Student student;
  const auto [text, message] = GENERATE(table<std::string, std::string>({
      {"nonsense(\n", "lab.does_not_compile"},
      {around("namespace lab { int asked() { return 42; } }\n"), "lab.does_not_link"},
      {around("int main() {}\n"), "lab.own_symbol"},
      {around("#include <cstdlib>\nvoid* operator new(unsigned long n) { return std::malloc(n); }\n"
              "namespace lab { int answer() { return 42; } int asked() { return 2; } }\n"),
       "lab.own_symbol"},
      {around("void program() {}\n"
              "namespace lab { int answer() { return 42; } int asked() { return 2; } }\n"),
       "lab.own_symbol"},
      {around("namespace weft::lwp::sim { void fail() {} }\n"
              "namespace lab { int answer() { return 42; } int asked() { return 2; } }\n"),
       "lab.own_symbol"},
      {around("#include \"labs/new/exercise/solution/answer.cpp\"\n"), "lab.not_given"},
      {around("#include <unistd.h>\n"
              "namespace lab { int answer() { _exit(0); } int asked() { return 2; } }\n"),
       "lab.exits"},
      {around("#include <cstdlib>\n"
              "namespace lab { int answer() { std::exit(0); } int asked() { return 2; } }\n"),
       "lab.exits"},
      {around("namespace lab { int answer() { return *(volatile int*)8; } int asked() { return 2; "
              "} }\n"),
       "lab.crash"},
      {around("namespace lab { int answer() { throw 1; } int asked() { return 2; } }\n"),
       "lab.exception"},
      {around("namespace lab { volatile bool on = true; int answer() { while (on) {} return 42; } "
              "int asked() { return 2; } }\n"),
       "lab.computes"},
      {around("#include <unistd.h>\nnamespace lab { int answer() { int p[2]; char c; "
              "if (pipe(p) == 0) return (int)read(p[0], &c, 1); return 0; } "
              "int asked() { return 2; } }\n"),
       "exercise.blocks"},
      // Attempts to write the result, to read the answer, to be the judge.
      {around("#include <fstream>\nnamespace lab { int answer() { std::ofstream(\"/tmp/x\") << 1; "
              "return 1; } int asked() { return 2; } }\n"),
       "lab.calls"},
      {around("#include <unistd.h>\nnamespace lab { int answer() { return fork() == 0 ? 1 : 42; } "
              "int asked() { return 2; } }\n"),
       "lab.calls"},
      {around(
           "namespace stage { extern int asked; }\n"
           "namespace lab { int answer() { return stage::asked; } int asked() { return 2; } }\n"),
       "lab.calls"},
      {around("#include <string_view>\nnamespace weft::lwp::sim { enum class Kind : unsigned char; "
              "[[noreturn]] void fail(std::string_view, Kind); }\n"
              "namespace lab { int answer() { weft::lwp::sim::fail(\"\", {}); } "
              "int asked() { return 2; } }\n"),
       "lab.calls"},
      {around("namespace weft { [[gnu::weak, gnu::visibility(\"hidden\")]] void f() {} } "
              "namespace lab { int answer() { __as"
              "m__(\"\"); return 42; } int asked() { return 2; } "
              "}\n"),
       "lab.calls"},
      {around("namespace weft::lwp::sim { [[gnu::weak, gnu::visibility(\"hidden\")]] "
              "void broken(const char*) {} }\n"
              "namespace lab { int answer() { return 1; } int asked() { return 2; } }\n"),
       "lab.own_symbol"},
      {around("#include <unistd.h>\nextern \"C\" { static void* chosen() { return nullptr; } "
              "ssize_t write(int, const void*, size_t) __attribute__((ifunc(\"chosen\"))); }\n"
              "namespace lab { int answer() { return chosen() != nullptr; } "
              "int asked() { return 2; } }\n"),
       "lab.own_symbol"},
  }));
  CAPTURE(text);
  student.writes(text);
  const json report = checked(student);
  CHECK(report.at("points") == 0);
  CHECK(report.at("passed") == false);
  CHECK(first_message(report) == message);
}

TEST_CASE("weft lab: a constructor that ends the process, and a file too large, earn nothing") {
  if (!there()) return;
  Student student;
  student.writes(
      around("#include <unistd.h>\nstatic int early = (_exit(0), 0);\n"
             "namespace lab { int answer() { return 42; } int asked() { return 2 + early; } }\n"));
  CHECK(first_message(checked(student)) == "lab.exits");
  student.writes(content(kTemplate / "exercise/solution/answer.cpp") + std::string(300'000, '\n'));
  CHECK(first_message(checked(student)) == "lab.missing_file");
  fs::remove(student.file());
  CHECK(first_message(checked(student)) == "lab.missing_file");
}

TEST_CASE("weft lab: what is harmless is not refused") {
  if (!there()) return;
  Student student;
  // Variables and functions at namespace level, output, asm in a word and in a comment.
  student.writes(
      "#include <cstdio>\n#include <iostream>\n#include <map>\n#include <memory>\n"
      "int calls;\nint helper(int n) { return n; }\n// asm\nstatic const char* asm_of_ = "
      "\"as"
      "m\";\n" +
      ("/*" + std::string(100'000, '*') +
       "as"
       "m */\n") +
      content(kTemplate / "exercise/solution/answer.cpp") +
      "\n[[maybe_unused]] static void talk() { std::printf(\"%s %d\", asm_of_, helper(++calls));"
      " std::cout << std::make_shared<std::map<int, int>>()->size(); }\n");
  CHECK(checked(student).at("passed") == true);
}

TEST_CASE("weft lab: a failure names its schedule, and the token brings it again") {
  if (!there()) return;
  Student student;
  student.copies(kTemplate / "exercise/wrong/loses_a_count.cpp");
  const json report = checked(student);
  REQUIRE(first_message(report) == "exercise.lost");
  const std::string token = report.at("checks").at(1).at("token");
  CHECK_THAT(report.at("checks").at(1).at("story").get<std::string>(), Contains("count.store"));
  const Answer again = run_weft({"lab", "replay", token});
  CHECK(again.code == 1);
  CHECK_THAT(again.out, Contains("exercise.lost") && Contains("count.store"));

  student.copies(kTemplate / "exercise/solution/answer.cpp");  // and with the mend it passes
  const Answer mended = run_weft({"lab", "replay", token});
  CHECK(mended.code == 0);
  CHECK(run_weft({"lab", "replay", "no-token"}).code == 2);
}

TEST_CASE("weft lab: the student's tests are tried on what is right, and on what is wrong (long)") {
  if (!there()) return;
  Student student;
  const fs::path lab = student.path("labs") / "adding";
  fs::create_directories(lab);
  auto put = [&](const char* name, const std::string& text) { std::ofstream(lab / name) << text; };
  put("lab.json", R"({"order": 1, "title": {"en": "t", "zh": "t"}, "minutes": 1, "difficulty": 1,
    "chapter": {"en": "c", "zh": "c"}, "files": ["tests.cpp"], "include": ["fibers/explore.hpp"],
    "checks": [{"id": "tests", "kind": "mutants", "title": {"en": "t", "zh": "t"},
      "reference": "right.cpp", "mutants": ["minus.cpp", "first.cpp"], "need": 2,
      "on": {"rejects_right": "rejects", "survivors": "alive"}}],
    "messages": {
      "rejects": {"broken": {"en": "b", "zh": "b"}, "rule": {"en": "r", "zh": "r"},
                  "next": {"en": "n", "zh": "n"}},
      "alive": {"broken": {"en": "b", "zh": "b"}, "rule": {"en": "r", "zh": "r"},
                "next": {"en": "n", "zh": "n"}}}})");
  put("tests.cpp", "");
  put("adding.hpp", "int add(int a, int b);\nvoid test();\n");
  for (const auto& [name, sum] : {std::pair("right.cpp", "a + b"),
                                  {"minus.cpp", "a - b"},
                                  {"first.cpp", "b < 9 ? a : a + b"}}) {
    put(name, std::string("#include \"adding.hpp\"\nint add(int a, [[maybe_unused]] int b) { "
                          "return ") +
                  sum + "; }\nvoid program() { test(); }\n");
  }
  ::setenv("WEFT_EXERCISES", lab.parent_path().c_str(), 1);
  auto graded = [&](const std::string& test) {
    const fs::path file = student.mine() / "adding/tests.cpp";
    fs::create_directories(file.parent_path());
    std::ofstream(file) << "#include \"adding.hpp\"\n#include \"fibers/explore.hpp\"\n"
                           "void test() { " +
                               test + " }\n";
    const fs::path result = student.path("result.json");
    run_weft({"lab", "check", "adding", "--json", result.string()});
    return json::parse(content(result)).at("checks").at(0);
  };
  CHECK(graded("weft::check(add(1, 2) == 3, \"sum\");").at("verdict") == "pass");
  const json none = graded("");
  CHECK(none.at("message") == "adding.alive");
  CHECK_THAT(none.at("evidence").get<std::string>(), Contains("number 1, 2"));
  const json one = graded("weft::check(add(9, 9) == 18, \"sum\");");
  CHECK(one.at("message") == "adding.alive");
  CHECK_THAT(one.at("evidence").get<std::string>(), Contains("number 2"));
  const json rejects = graded("weft::check(add(2, 2) == 5, \"sum\");");
  CHECK(rejects.at("message") == "adding.rejects");
  CHECK(run_weft({"lab", "replay", rejects.at("token")}).code == 1);
}

TEST_CASE("weft lab: reset keeps the old folder, predictions are kept and shown") {
  if (!there()) return;
  Student student;
  REQUIRE(run_weft({"lab", "start", "exercise"}).code == 0);
  student.writes("// mine\n");
  REQUIRE(run_weft({"lab", "reset"}).code == 0);
  CHECK(content(student.mine() / "exercise.old-1/answer.cpp") == "// mine\n");
  CHECK_THAT(content(student.file()), Contains("return 0"));

  CHECK(run_weft({"lab", "predict", "answer", "43", "--reason", "a guess"}).code == 0);
  CHECK(run_weft({"lab", "predict", "unknown", "43"}).code == 2);
  student.copies(kTemplate / "exercise/solution/answer.cpp");
  const Answer measured = run_weft({"lab", "measure"});
  CHECK(measured.code == 0);
  CHECK_THAT(measured.out, Contains("42") && Contains("43 (a guess)"));

  CHECK(run_weft({"lab", "hint", "--level", "3"}).out.find("c\n") != std::string::npos);
  CHECK(run_weft({"lab", "solution"}).code == 1);  // not passed yet
  CHECK(run_weft({"lab", "check"}).code == 0);
  CHECK_THAT(run_weft({"lab", "solution"}).out, Contains("return 42"));
}

TEST_CASE("weft lab: wrong use gets an answer") {
  Student student;
  if (!there()) return;
  const Answer action = refused("lab chekc"), name = refused("lab start exercize");
  CHECK(action.code == 2);
  CHECK_THAT(action.out, Contains("./weft lab check"));
  CHECK(name.code == 2);
  CHECK_THAT(name.out, Contains("did you mean exercise"));
  CHECK(run_weft({"lab", "check"}).code == 2);
  CHECK(run_weft({"lab", "hint", "exercise", "--level", "4"}).code == 2);
  REQUIRE(run_weft({"lab", "start", "exercise"}).code == 0);
  CHECK_THAT(refused("lab predict answer").out, Contains("ANSWER"));
  CHECK_THAT(refused("lab check --from /nowhere").out, Contains("no folder"));
  CHECK_THAT(refused("lab start exercises").out, Contains("exercise"));
}

TEST_CASE("weft teach gate: the grader is tried against the lab's own mistakes") {
  if (!there()) return;
  Student student;
  const fs::path result = student.path("gate.json"), docs = student.path("matrix.md");
  const Answer answer = run_weft({"teach", "gate", "exercise", "--runs", "2", "--json",
                                  result.string(), "--docs", docs.string()});
  CHECK(answer.code == 1);  // two wrong ones are too few
  CHECK_THAT(answer.out, Contains("wrong/: five at least"));
  const json gate = json::parse(content(result)).at("labs").at(0);
  CHECK(gate.at("starter_fails") == true);
  CHECK(gate.at("solution_passed") == 2);
  CHECK(gate.at("flakes") == 0);
  REQUIRE(gate.at("wrong").size() == 2);
  for (const auto& w : gate.at("wrong")) CHECK((w.at("rejected") && w.at("message_ok")));
  CHECK_THAT(content(docs), Contains("| forty_one | **✗** |"));
}

namespace {

// Each platform's way of delivering the same three students.
void deliver(const std::string& platform, const fs::path& to, const std::vector<std::string>& all) {
  fs::create_directories(to);
  auto put = [](const fs::path& file, const std::string& text) {
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
  };
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string n = std::to_string(i);
    if (platform == "moodle") {
      put(to / ("Ana Silva " + n + "_10" + n + "_assignsubmission_file_") / "answer.cpp", all[i]);
    } else if (platform == "canvas") {
      put(to / ("silvaana" + n + "_late_10" + n + "_50" + n + "_answer-2.cpp"), all[i]);
    } else if (platform == "gradescope") {
      put(to / ("submission_10" + n) / "src/answer.cpp", all[i]);
      put(to / "submission_metadata.yml", "x: 1\n");
    } else {
      const fs::path folder = to / ("work" + n);
      put(folder / "answer.cpp", all[i]);
      put(folder / "__MACOSX/answer.cpp", "litter");
      const std::string zip = (to / ("silvaana" + n + "_10" + n + "_50" + n + "_x.zip")).string();
      REQUIRE(std::system(("bsdtar --format zip -cf '" + zip + "' -C '" + folder.string() + "' .")
                              .c_str()) == 0);
      fs::remove_all(folder);
    }
  }
}

}  // namespace

TEST_CASE("weft teach grade takes what platforms deliver (long)") {
  if (!there()) return;
  const std::string platform = GENERATE("moodle", "canvas", "gradescope", "zips");
  CAPTURE(platform);
  if (platform == "zips" && !has_archiver()) return;
  Student student;
  const fs::path in = student.path("in"), out = student.path("out.json"),
                 csv = student.path("out.csv"), junit = student.path("out.xml"),
                 each = student.path("each");
  deliver(platform, in,
          {content(kTemplate / "exercise/solution/answer.cpp"),
           content(kTemplate / "exercise/wrong/forty_one.cpp"),
           content(kTemplate / "exercise/wrong/loses_a_count.cpp")});
  const Answer answer = run_weft({"teach", "grade", in.string(), "--lab", "exercise", "--json",
                                  out.string(), "--csv", csv.string(), "--junit", junit.string(),
                                  "--gradescope", each.string(), "--autolab", each.string()});
  INFO(answer.out);
  REQUIRE(answer.code == 0);
  const json whole = json::parse(content(out));
  CHECK(whole.at("schema") == "weft.grade/1");
  REQUIRE(whole.at("submissions") == 3);
  CHECK(whole.at("full") == 1);
  CHECK(whole.at("part") == 2);
  CHECK(whole.at("grader_errors").empty());
  CHECK(whole.at("inconclusive").empty());
  std::set<std::string> messages;
  for (const auto& m : whole.at("misconceptions")) messages.insert(m.at("message"));
  CHECK(messages == std::set<std::string>{"exercise.wrong-answer", "exercise.lost"});
  for (const auto& r : whole.at("results")) CHECK_FALSE(r.at("token").get<std::string>().empty());
  CHECK_THAT(content(csv), Contains("exercise.lost"));
  CHECK_THAT(content(junit), Contains("<testsuite name="));
  std::size_t written = 0;
  for (const auto& entry : fs::recursive_directory_iterator(each)) {
    if (entry.path().filename() == "results.json") {
      CHECK(json::parse(content(entry.path())).contains("score"));
      ++written;
    }
  }
  CHECK(written == 3);
}

TEST_CASE("weft teach grade: each student has one row, and it is his (long)") {
  if (!there() || !has_archiver()) return;
  Student student;
  const std::string right = content(kTemplate / "exercise/solution/answer.cpp"),
                    wrong = content(kTemplate / "exercise/wrong/forty_one.cpp");
  const fs::path in = student.path("in"), out = student.path("out.json");
  auto put = [&](const fs::path& name, const std::string& text) {
    fs::create_directories((in / name).parent_path());
    std::ofstream(in / name) << text;
  };
  std::map<std::string, int> wanted;
  SECTION("Moodle: two of one name, a text beside a file, nothing, and what is no submission") {
    put("Ana Silva_1_assignsubmission_file_/answer.cpp", right);
    put("Ana Silva_2_assignsubmission_file_/Answer (1).CPP", wrong);
    put("Bo_3_assignsubmission_onlinetext_/onlinetext.html", "hello");
    put("Bo_3_assignsubmission_file_/answer.cpp", right);
    put("Cy_4_assignsubmission_file_/main.cpp", right);
    put("\xCD\xF5_5_assignsubmission_file_/answer.cpp", right);  // GBK
    wanted = {{"Ana Silva 1", 3}, {"Ana Silva 2", 1}, {"Bo", 3}, {"Cy", 0}, {"\uFFFD\uFFFD 5", 3}};
  }
  SECTION("Canvas: the newest by number, two with the same key") {
    put("wangwei_10_999_answer-9.cpp", wrong);
    put("wangwei_10_1000_answer-10.cpp", right);
    put("wangwei_11_1001_answer.cpp", wrong);
    put("broken_12_1002_answer.zip", "no archive");
    wanted = {{"wangwei 10", 3}, {"wangwei 11", 1}, {"broken", 0}};
  }
  SECTION("Gradescope says the names beside") {
    put("submission_7/answer.cpp", right);
    put("submission_8/src/answer.cpp", wrong);
    put("submission_metadata.yml",
        "submission_7:\n  :submitters:\n  - :name: Ana Silva\n    :sid: 1\n");
    wanted = {{"Ana Silva 7", 3}, {"submission 8", 1}};
  }
  SECTION("a class of one, and folders whose names have bars") {
    put("all/silva_ana/answer.cpp", right);
    wanted = {{"in", 3}};
  }
  SECTION("folders whose names have bars") {
    put("silva_ana/answer.cpp", right);
    put("silva_jose/answer.cpp", wrong);
    wanted = {{"silva_ana", 3}, {"silva_jose", 1}};
  }
  const Answer answer =
      run_weft({"teach", "grade", in.string(), "--lab", "exercise", "--json", out.string()});
  INFO(answer.out);
  REQUIRE(answer.code == 0);
  std::map<std::string, int> got;
  const json whole = json::parse(content(out));
  for (const auto& r : whole.at("results")) {
    got[r.at("student")] = r.at("points");
    if (r.at("points") == 0) CHECK_FALSE(r.at("remarks").empty());
  }
  CHECK(got == wanted);
}

TEST_CASE("weft teach grade: an empty submission in an autograder is nothing, not a failure") {
  if (!there()) return;
  Student student;
  const fs::path in = student.path("submission"), results = student.path("results");
  fs::create_directories(in);
  const std::vector<std::string> command = {"teach",    "grade",        in.string(),     "--lab",
                                            "exercise", "--gradescope", results.string()};
  REQUIRE(run_weft(command).code == 0);
  CHECK(json::parse(content(results / "results.json")).at("score") == 0);
  fs::create_directories(in / "src");
  fs::copy(kTemplate / "exercise/solution/answer.cpp", in / "src/answer.cpp");
  std::ofstream(in / "handin.json") << std::string(60'000, '[');
  REQUIRE(run_weft(command).code == 0);
  CHECK(json::parse(content(results / "results.json")).at("score") == 3);
}

TEST_CASE("weft lab pack and weft teach grade fit together") {
  if (!there() || !has_archiver()) return;
  Student student;
  REQUIRE(run_weft({"lab", "start", "exercise"}).code == 0);
  student.copies(kTemplate / "exercise/solution/answer.cpp");
  REQUIRE(run_weft({"lab", "predict", "answer", "43"}).code == 0);
  REQUIRE(run_weft({"lab", "pack"}).code == 0);
  const fs::path out = student.path("out.json");
  REQUIRE(run_weft({"teach", "grade", (student.mine() / "exercise/exercise.zip").string(), "--lab",
                    "exercise", "--json", out.string()})
              .code == 0);
  const json result = json::parse(content(out)).at("results").at(0);
  CHECK(result.at("passed") == true);
  CHECK(result.at("predictions").at("answer").at("answer") == "43");
}

TEST_CASE("weft new lab makes a lab that only lacks wrong solutions") {
  if (!there()) return;
  Student student;
  const fs::path labs = student.path("labs");
  fs::create_directories(labs);
  ::setenv("WEFT_EXERCISES", labs.c_str(), 1);
  REQUIRE(run_weft({"new", "lab", "buffers"}).code == 0);
  CHECK(run_weft({"new", "lab", "buffers"}).code == 2);  // it is there, and stays
  const Answer gate = run_weft({"teach", "gate", "buffers", "--runs", "1"});
  CHECK(gate.code == 1);
  CHECK_THAT(gate.out, Contains("passes 1 of 1, 2 of 2") && Contains("wrong/: five at least"));
}

TEST_CASE("weft teach: wrong use gets an answer") {
  if (!there()) return;
  Student student;
  CHECK(run_weft({"teach", "grade", "/nowhere", "--lab", "exercise"}).code == 2);
  CHECK(run_weft({"teach", "grade", kTemplate.string()}).code == 2);
  CHECK(run_weft({"teach", "grade", kTemplate.string(), "--lab", "none"}).code == 2);
  CHECK(run_weft({"teach", "frobnicate"}).code == 2);
}

// ---- the labs' texts ---------------------------------------------------------------------------

namespace {

struct Shape {
  std::vector<std::size_t> headings;  // their levels
  std::vector<std::string> code;      // blocks, whole
  std::multiset<std::string> words;   // `in backticks`, a line of a paragraph each
  bool operator==(const Shape&) const = default;
};

Shape shape_of(const std::string& text) {
  Shape shape;
  std::istringstream in(text);
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) shape.code.emplace_back();
    } else if (inside) {
      shape.code.back() += line + "\n";
    } else {
      if (line.starts_with('#')) shape.headings.push_back(line.find(' '));
      for (auto at = line.find('`'); at != line.npos;) {
        const auto end = line.find('`', at + 1);
        if (end == line.npos) break;
        shape.words.insert(line.substr(at + 1, end - at - 1));
        at = line.find('`', end + 1);
      }
    }
  }
  return shape;
}

}  // namespace

TEST_CASE("Labs: what is said in English is said in Chinese, with the same code") {
  for (const auto& lab : fs::directory_iterator(kLabs)) {
    if (!fs::exists(lab.path() / "lab.json")) continue;
    CAPTURE(lab.path().filename().string());
    auto loaded = weft::labs::lab::load(lab.path());
    if (auto* bad = std::get_if<weft::labs::lab::BadLab>(&loaded)) FAIL(bad->message);
    for (const char* text : {"README", "hints"}) {
      CAPTURE(text);
      const Shape en = shape_of(content(lab.path() / (std::string(text) + ".md"))),
                  zh = shape_of(content(lab.path() / (std::string(text) + ".zh.md")));
      CHECK(en.headings == zh.headings);
      CHECK(en.code == zh.code);
      CHECK(en.words == zh.words);
    }
  }
}

TEST_CASE("Labs: a lab.json that is wrong says where") {
  Folder folder;
  const auto [text, why] = GENERATE(table<std::string, std::string>({
      {"{", "lab.json"},
      {"{}", "lacks \"order\""},
      {R"({"order": 1, "title": {"en": "a"}})", "title lacks \"zh\""},
      {R"({"order": "x"})", "of another type"},
      {R"({"order": 1, "title": {"en": "a", "zh": "b"}, "chapter": {"en": "a", "zh": "b"},
           "minutes": 1, "difficulty": 1, "files": ["none.cpp"], "checks": []})",
       "names none.cpp"},
      {R"({"order": 1, "title": {"en": "a", "zh": "b"}, "chapter": {"en": "a", "zh": "b"},
           "minutes": 1, "difficulty": 1, "files": [], "checks": [], "wieght": 3})",
       "no field \"wieght\""},
  }));
  std::ofstream(folder / "lab.json") << text;
  auto loaded = weft::labs::lab::load(folder / ".");
  auto* bad = std::get_if<weft::labs::lab::BadLab>(&loaded);
  REQUIRE(bad != nullptr);
  CHECK_THAT(bad->message, Contains(why));
}
