// SPDX-License-Identifier: BSL-1.0
#include "labs/teach/grading.hpp"

#include <algorithm>
#include <map>
#include <sstream>

#include "labs/columns.hpp"
#include "labs/teach/apart.hpp"

namespace weft::labs::teach {
namespace {

using lab::Exercise;
using nlohmann::ordered_json;

ordered_json grade_one(const Submission& s, const Exercise& exercise, const Say& say,
                       std::uint64_t seed) {
  lab::Grader grader(exercise, say);
  const lab::Report report = grader.grade(s.files, seed);
  ordered_json out = lab::to_json(report);
  std::size_t i = 0;
  for (const auto& f : report.findings) {
    out["checks"][i++]["text"] = f.verdict == lab::Verdict::pass ? "" : grader.explain(f);
  }
  out["token"] = report.oral_token();
  return out;
}

// What a student may have written there himself.
ordered_json predictions_in(const std::string& text) {
  constexpr int kDeepest = 6;
  try {
    return ordered_json::parse(text, [](int depth, auto, auto&) {
      if (depth > kDeepest) throw std::runtime_error("too deep");
      return true;
    });
  } catch (const std::exception&) {
    return nullptr;
  }
}

// A grader that ends without a result, which is never the student's fault for certain.
ordered_json none(const Exercise& exercise) {
  lab::Report report;
  report.exercise = exercise.name;
  report.most = exercise.points();
  for (const auto& check : exercise.checks) {
    lab::Finding f;
    f.check = check.id;
    f.title = check.title;
    f.weight = check.weight;
    f.id = "lab.grader";
    report.findings.push_back(std::move(f));
  }
  return lab::to_json(report);
}

bool has(const ordered_json& result, const char* verdict) {
  return std::ranges::any_of(result.at("checks"),
                             [&](const auto& c) { return c.at("verdict") == verdict; });
}

std::string xml(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        if (static_cast<unsigned char>(c) >= ' ' || c == '\n') out += c;
    }
  }
  return out;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  // A table must not take it for a formula.
  if (!text.empty() && std::string_view("=+-@\t").find(text.front()) != std::string_view::npos)
    out += '\'';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

}  // namespace

std::vector<ordered_json> grade_all(const std::vector<Submission>& submissions,
                                    const Exercise& exercise, const Say& say, int jobs,
                                    std::uint64_t seed,
                                    const std::function<void(std::size_t)>& done) {
  auto results = each_apart(
      submissions.size(), jobs,
      [&](std::size_t n) { return grade_one(submissions[n], exercise, say, seed); }, done);
  std::vector<ordered_json> out;
  for (std::size_t n = 0; n < submissions.size(); ++n) {
    const Submission& s = submissions[n];
    ordered_json one = {{"student", s.student}, {"source", s.source}, {"remarks", s.remarks}};
    one.update(results[n].is_null() ? none(exercise) : results[n]);
    one["predictions"] = predictions_in(s.predictions);
    if (!one["predictions"].is_object() || !one["predictions"].contains("predictions")) {
      one["predictions"] = nullptr;
    } else {
      one["predictions"] = ordered_json(one["predictions"]["predictions"]);
    }
    out.push_back(std::move(one));
  }
  return out;
}

ordered_json summary(const std::vector<ordered_json>& results, const Exercise& exercise) {
  std::vector<std::string> errors, inconclusive;
  std::map<std::string, std::vector<std::string>> by_message;
  int full = 0, part = 0, nothing = 0;
  for (const auto& r : results) {
    const std::string student = r.at("student");
    if (has(r, "grader error")) errors.push_back(student);
    if (has(r, "inconclusive")) inconclusive.push_back(student);
    const int points = r.at("points");
    (points == r.at("most").get<int>() ? full : points > 0 ? part : nothing)++;
    // The first failure is the misconception; what follows often follows from it.
    for (const auto& c : r.at("checks")) {
      if (c.at("verdict") != "fail") continue;
      by_message[c.at("message")].push_back(student);
      break;
    }
  }
  std::vector<std::pair<std::string, std::vector<std::string>>> sorted(by_message.begin(),
                                                                       by_message.end());
  std::ranges::stable_sort(sorted, std::ranges::greater{},
                           [](const auto& m) { return m.second.size(); });
  auto misconceptions = ordered_json::array();
  for (const auto& [id, students] : sorted) {
    misconceptions.push_back({{"message", id}, {"count", students.size()}, {"students", students}});
  }
  return {{"schema", "weft.grade/1"},
          {"lab", exercise.name},
          {"submissions", results.size()},
          {"grader_errors", errors},
          {"inconclusive", inconclusive},
          {"full", full},
          {"part", part},
          {"nothing", nothing},
          {"misconceptions", std::move(misconceptions)},
          {"results", results}};
}

std::string summary_text(const ordered_json& s, const Exercise& exercise, const Say& say) {
  auto names = [](const ordered_json& all) {
    std::string out;
    for (std::size_t i = 0; i < all.size() && i < 8; ++i) {
      out += (i > 0 ? ", " : "") + all[i].get<std::string>();
    }
    return out + (all.size() > 8 ? ", …" : "");
  };
  auto count = [&](const char* key) { return std::to_string(s.at(key).get<int>()); };
  std::string out;
  for (const bool errors : {true, false}) {
    const auto& all = s.at(errors ? "grader_errors" : "inconclusive");
    const MessageId id = errors ? MessageId("teach.errors") : MessageId("teach.inconclusive");
    out +=
        wrap(say(id, {{"n", std::to_string(all.size())}}) + (all.empty() ? "" : ": " + names(all)),
             kWidth, 2) +
        "\n";
  }
  out += say("teach.points", {{"n", count("submissions")},
                              {"full", count("full")},
                              {"part", count("part")},
                              {"nothing", count("nothing")}}) +
         "\n";
  if (s.at("misconceptions").empty()) return out;
  out += "\n" + say("teach.misconceptions") + "\n";
  for (const auto& m : s.at("misconceptions")) {
    const std::string id = m.at("message");
    const auto own = exercise.messages.find(id.substr(id.find('.') + 1));
    constexpr std::size_t kIndent = 7;
    std::string line = id;
    if (own != exercise.messages.end() && id.starts_with(exercise.name + ".")) {
      line += "  " + own->second.broken.in(say.language());
    }
    out += pad_left(std::to_string(m.at("count").get<int>()), kIndent - 2) + "  " +
           wrap(line, kWidth - kIndent, kIndent) + "\n" + std::string(kIndent, ' ') +
           wrap(names(m.at("students")), kWidth - kIndent, kIndent) + "\n";
  }
  return out;
}

std::string to_csv(const std::vector<ordered_json>& results) {
  std::ostringstream out;
  out << "student,points,most,verdict,first_message,token,source";
  if (!results.empty()) {
    for (const auto& c : results.front().at("checks"))
      out << "," << quoted(c.at("id").get<std::string>());
  }
  out << "\n";
  for (const auto& r : results) {
    std::string message;
    for (const auto& c : r.at("checks")) {
      if (message.empty()) message = c.at("message");
    }
    const char* verdict = has(r, "grader error")   ? "grader error"
                          : has(r, "inconclusive") ? "inconclusive"
                          : r.at("passed")         ? "pass"
                                                   : "fail";
    out << quoted(r.at("student")) << "," << r.at("points") << "," << r.at("most") << "," << verdict
        << "," << message << "," << quoted(r.value("token", "")) << "," << quoted(r.at("source"));
    for (const auto& c : r.at("checks")) out << "," << c.at("points");
    out << "\n";
  }
  return out.str();
}

std::string to_junit(const std::vector<ordered_json>& results) {
  std::ostringstream out;
  out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (const auto& r : results) {
    int failures = 0, errors = 0;
    for (const auto& c : r.at("checks")) {
      if (c.at("verdict") == "fail") ++failures;
      if (c.at("verdict") == "grader error" || c.at("verdict") == "inconclusive") ++errors;
    }
    const std::string student = xml(r.at("student"));
    out << "  <testsuite name=\"" << student << "\" tests=\"" << r.at("checks").size()
        << "\" failures=\"" << failures << "\" errors=\"" << errors << "\">\n";
    for (const auto& c : r.at("checks")) {
      out << "    <testcase classname=\"" << xml(r.at("lab")) << "." << student << "\" name=\""
          << xml(c.at("id")) << "\"";
      if (c.at("verdict") == "pass") {
        out << "/>\n";
        continue;
      }
      const char* element = c.at("verdict") == "fail" ? "failure" : "error";
      out << ">\n      <" << element << " message=\"" << xml(c.at("message")) << "\">"
          << xml(c.value("text", "")) << "</" << element << ">\n    </testcase>\n";
    }
    out << "  </testsuite>\n";
  }
  out << "</testsuites>\n";
  return out.str();
}

std::string to_gradescope(const ordered_json& r) {
  auto tests = ordered_json::array();
  for (const auto& c : r.at("checks")) {
    tests.push_back({{"name", c.at("title")},
                     {"score", c.at("points")},
                     {"max_score", c.at("most")},
                     {"status", c.at("verdict") == "pass" ? "passed" : "failed"},
                     {"output", c.value("text", "")}});
  }
  ordered_json out = {{"score", r.at("points")}, {"tests", std::move(tests)}};
  if (has(r, "grader error") || has(r, "inconclusive"))
    out["output"] = "Not every check has come to a verdict: a teacher will look at it.";
  return out.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string to_autolab(const ordered_json& r) {
  ordered_json scores = ordered_json::object();
  for (const auto& c : r.at("checks")) scores[c.at("id").get<std::string>()] = c.at("points");
  return ordered_json{{"scores", std::move(scores)}}.dump(
             -1, ' ', false, nlohmann::json::error_handler_t::replace) +
         "\n";
}

}  // namespace weft::labs::teach
