// SPDX-License-Identifier: BSL-1.0
// weft report: recordings as a page, as text, or for other programs.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "labs/commands.hpp"
#include "labs/exit.hpp"
#include "labs/output_file.hpp"
#include "labs/trace/page.hpp"
#include "labs/trace/perfetto.hpp"
#include "labs/trace/text.hpp"

namespace weft::labs {
namespace {

struct ReportFlags {
  std::vector<std::string> files;
  std::string out, to;
  bool text = false;
};

int write(const std::string& path, const std::string& text, const Terminal& t) {
  if (write_output(path, text)) return kDone;
  return refuse(t, "report", {t.say("usage.cannot_write", {{"path", path}}), kMachineLacks});
}

int make_report(const ReportFlags& f, const Terminal& t) {
  const Say& say = t.say;
  if (!f.to.empty() && f.to != "csv" && f.to != "perfetto") {
    return refuse(t, "report", {say("report.what_export", {{"word", f.to}})});
  }
  if (std::error_code none; std::filesystem::is_directory(f.out, none)) {
    return refuse(t, "report", {say("trace.is_folder", {{"path", f.out}})});
  }
  if (f.text && !f.to.empty()) return refuse(t, "report", {say("report.one_of_both")});
  for (const auto& file : f.files) {
    std::error_code none;
    if (!f.out.empty() && std::filesystem::equivalent(file, f.out, none)) {
      return refuse(t, "report", {say("report.onto_itself", {{"path", file}})});
    }
  }
  if (f.text || !f.to.empty()) {  // all files are one recording
    auto recording = trace::read(f.files, say);
    if (auto* why = std::get_if<Refusal>(&recording)) return refuse(t, "report", *why);
    const trace::Model m = trace::model_of(std::move(std::get<trace::Recording>(recording)));
    const std::string out = f.out.empty() ? "-" : f.out;
    if (!f.text && m.recording.dropped > 0) {  // other programs have no word for it
      std::fprintf(
          stderr, "%s\n",
          t.shown(say("found.dropped", {{"n", std::to_string(m.recording.dropped)}})).c_str());
    }
    if (f.to == "csv") return write(out, trace::to_csv(m), t);
    if (f.to == "perfetto") return write(out, trace::to_perfetto(m), t);
    return write(out, t.shown(trace::in_text(m, trace::summarize(m, say), t)), t);
  }
  std::vector<trace::Model> models;
  for (const auto& file : f.files) {  // each is shown beside the others
    auto recording = trace::read({file}, say);
    if (auto* why = std::get_if<Refusal>(&recording)) return refuse(t, "report", *why);
    models.push_back(trace::model_of(std::move(std::get<trace::Recording>(recording))));
  }
  std::vector<trace::Shown> shown;
  for (std::size_t i = 0; i < models.size(); ++i) {
    shown.push_back({&models[i], trace::summarize(models[i], say), f.files[i]});
  }
  const std::string out = f.out.empty() ? f.files.front() + ".html" : f.out;
  if (int failed = write(out, trace::to_page(shown, say), t)) return failed;
  if (out != "-") std::printf("%s\n", t.shown(say("report.written", {{"path", out}})).c_str());
  return kDone;
}

}  // namespace

void report_command(CLI::App& sub, const Terminal& terminal, int& exit_code) {
  auto f = std::make_shared<ReportFlags>();
  const Say& say = terminal.say;
  sub.add_option("files", f->files, say("report.help_files"))->required()->type_name("FILE");
  sub.add_option("-o,--out", f->out, say("report.help_out"))->type_name("OUT");
  sub.add_flag("--text", f->text, say("report.help_text"));
  sub.add_option("--export", f->to, say("report.help_export"))->type_name("FORMAT");
  sub.footer(say("report.footer"));
  sub.callback([f, &terminal, &exit_code] { exit_code = make_report(*f, terminal); });
}

}  // namespace weft::labs
