// SPDX-License-Identifier: BSL-1.0
#include "labs/lab/screen.hpp"

#include <algorithm>
#include <cstdio>

#include "labs/columns.hpp"

namespace weft::labs::lab {
namespace {

constexpr std::size_t kBar = 36;

std::string in_short(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

std::string repeated(const char* text, std::size_t n) {
  std::string out;
  while (n-- > 0) out += text;
  return out;
}

}  // namespace

std::string table_of(const std::vector<Exercise>& all, const Mine& mine, const Say& say) {
  std::size_t names = 0;
  for (const auto& e : all) names = std::max(names, columns(e.name));
  std::string out;
  for (const auto& e : all) {
    const bool current = mine.current() == e.name;
    out += std::string(current ? ">" : " ") + (mine.passed(e.name) ? "✓ " : "  ") +
           pad_right(e.name, names + 2) +
           pad_left(say("lab.minutes", {{"n", std::to_string(e.minutes)}}), 8) + "  " +
           e.title.in(say.language()) + "\n";
  }
  return out;
}

std::string table_of(const Exercise& exercise, const Report& report, const Terminal& terminal) {
  const Say& say = terminal.say;
  const std::string points = say(
      "lab.points", {{"n", std::to_string(report.points)}, {"of", std::to_string(report.most)}});
  const std::string head = exercise.name + ": " + exercise.title.in(say.language());
  const std::size_t used = columns(head) + columns(points);
  std::string out =
      terminal.bold(head) + std::string(used + 2 < kWidth ? kWidth - used : 2, ' ') + points + "\n";
  for (const Finding& f : report.findings) {
    const std::string mark = f.verdict == Verdict::pass           ? "✓ "
                             : f.verdict == Verdict::inconclusive ? "? "
                                                                  : "✗ ";
    const std::string title = wrap(
        f.title.in(say.language()) + (f.optional ? " " + say("lab.optional") : ""), kWidth - 10, 2);
    out += mark + title;
    const std::size_t last = columns(title.substr(title.rfind('\n') + 1));
    const std::string worth =
        std::to_string(f.verdict == Verdict::pass ? f.weight : 0) + "/" + std::to_string(f.weight);
    const std::size_t at = last + 2 + columns(worth);
    out += std::string(at < kWidth ? kWidth - at : 1, ' ') + worth + "\n";
  }
  return out;
}

std::string introduction(const Exercise& e, const Say& say, bool there) {
  std::string out = e.name + ": " + e.title.in(say.language()) + "\n";
  out += say("lab.about",
             {{"chapter", e.chapter.in(say.language())}, {"minutes", std::to_string(e.minutes)}}) +
         "\n\n";
  const std::string folder = "labs/mine/" + e.name + "/";
  out += (there ? say("lab.there", {{"folder", folder}}) : say("lab.made", {{"folder", folder}})) +
         "\n";
  const char* readme = say.language() == Language::zh ? "README.zh.md" : "README.md";
  out += "  " + folder + readme + "\n";
  for (const auto& file : e.files) out += "  " + folder + file + "\n";
  for (const auto& file : e.given) {
    out += "  " + folder + file + "  " + say("lab.given") + "\n";
  }
  return out + "\n";
}

std::string questions_of(const Exercise& e, const Mine& mine, const Say& say) {
  const auto known = mine.predictions(e.name);
  std::string out;
  for (const Question& q : e.predict) {
    out += wrap(q.id + ": " + q.ask.in(say.language()), kWidth, 2) + "\n";
    if (auto at = known.find(q.id); at != known.end()) {
      out += "  " + say("lab.you_said", {{"answer", at->second.answer}}) + "\n";
    }
  }
  return out + say("lab.how_to_predict") + "\n";
}

std::string bars_of(const Exercise& e, const Grader::Measured& measured, const Say& say) {
  if (!measured.picture.empty()) return measured.picture;
  std::string out;
  std::size_t names = 0;
  double most = 0;
  auto label = [&](const std::string& figure) {
    auto at = e.figures.find(figure);
    return at == e.figures.end() ? figure : at->second.in(say.language());
  };
  for (const auto& [figure, value] : measured.figures) {
    names = std::max(names, columns(label(figure)));
    most = std::max(most, value);
  }
  for (const auto& [figure, value] : measured.figures) {
    const double share = most > 0 ? value / most : 0;
    auto cells = static_cast<std::size_t>(share * static_cast<double>(kBar) + 0.5);
    if (cells == 0 && value > 0) cells = 1;
    out += pad_right(label(figure), names) + "  " + repeated("█", cells) + (cells > 0 ? " " : "") +
           in_short(value) + "\n";
  }
  if (!measured.problem.empty()) out += measured.problem + "\n";
  return out;
}

std::string compared(const Exercise& e, const std::map<std::string, Prediction>& predicted,
                     const Grader::Measured& measured, const Say& say) {
  std::string out;
  for (const Question& q : e.predict) {
    auto p = predicted.find(q.id);
    if (p == predicted.end() || p->second.answer.empty()) continue;
    auto figure = std::ranges::find(measured.figures, q.figure, [](auto& f) { return f.first; });
    const std::string was = figure == measured.figures.end() ? "–" : in_short(figure->second);
    out += "\n" + wrap(q.ask.in(say.language()), kWidth) + "\n" +
           wrap("  " + say("lab.said_and_is",
                           {{"answer", p->second.answer},
                            {"reason", p->second.reason.empty()
                                           ? ""
                                           : say("lab.because", {{"reason", p->second.reason}})},
                            {"is", was}}),
                kWidth, 2) +
           "\n";
  }
  return out;
}

}  // namespace weft::labs::lab
