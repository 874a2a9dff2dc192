// SPDX-License-Identifier: BSL-1.0
// The weft command: its tree, and how wrong use is answered. Each command lives elsewhere in labs/.
// Exit codes are those of labs/exit.hpp; the command-line library's own never leave the program.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "labs/columns.hpp"
#include "labs/commands.hpp"
#include "labs/exit.hpp"
#include "labs/help.hpp"  // made by CMake from labs/help/weft.txt
#include "labs/serve/command.hpp"
#include "labs/suggest.hpp"
#include "labs/terminal.hpp"

namespace {

using namespace weft::labs;

// --lang and --color decide how everything else is said, so they are looked for first.
std::string_view value_of(std::string_view flag, int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::string_view word = argv[i];
    if (word == "--") break;
    if (word == flag && i + 1 < argc) return argv[i + 1];
    if (word.starts_with(flag) && word.size() > flag.size() && word[flag.size()] == '=')
      return word.substr(flag.size() + 1);
  }
  return {};
}

// The innermost command that was typed.
CLI::App& typed_command(CLI::App& app) {
  auto parsed = app.get_subcommands();
  return parsed.empty() ? app : *parsed.front();
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* option : app.get_options())
    for (const auto& name : option->get_lnames())
      if (!option->get_group().empty()) names.push_back("--" + name);  // no group: hidden
  if (const auto* parent = app.get_parent())
    for (auto& name : option_names(*parent)) names.push_back(std::move(name));
  return names;
}

std::vector<std::string> command_names(CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* sub : app.get_subcommands({})) names.push_back(sub->get_name());
  return names;
}

// The command-line library's own words, said as the rest of weft speaks. "Could not convert:
// --scale = abc", "--report: 1 required TEXT missing", "URL is required", "--lang: de not in
// {en,zh}".
std::string in_our_words(const CLI::ParseError& error, const Say& say) {
  std::string text = error.what();
  if (dynamic_cast<const CLI::ConversionError*>(&error)) {
    auto at = text.find(": "), equals = text.find(" = ");
    if (at != text.npos && equals != text.npos)
      return say("main.bad_value", {{"text", text.substr(equals + 3)},
                                    {"flag", text.substr(at + 2, equals - at - 2)}});
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error))
    return say("main.no_value", {{"flag", text.substr(0, text.find(':'))}});
  if (dynamic_cast<const CLI::RequiredError*>(&error))
    return say("main.missing", {{"what", text.substr(0, text.find(' '))}});
  if (!text.ends_with('.')) text += ".";
  return text;
}

// Wrong use: what, and the nearest thing that would be right.
int explain(CLI::App& app, const CLI::ParseError& error, const Terminal& terminal) {
  CLI::App& command = typed_command(app);
  const Say& say = terminal.say;
  bool top = &command == &app;
  std::string message = in_our_words(error, say);
  auto extra = command.remaining();
  if (extra.empty()) extra = app.remaining(true);
  if (dynamic_cast<const CLI::ExtrasError*>(&error) && !extra.empty()) {
    std::string typed = extra.front().substr(0, extra.front().find('='));
    bool option = typed.starts_with("-");
    message = !option && top ? say("main.no_command", {{"word", typed}})
                             : say("main.no_option", {{"word", typed}});
    auto near = nearest(typed, option || !top ? option_names(command) : command_names(app));
    if (near) message += say("main.did_you_mean", {{"word", *near}});
  }
  std::string name = top ? "" : " " + command.get_name();
  // The command on a line of its own: a person copies it.
  message = wrap("weft" + name + ": " + message, 80, 2) + "\n  " +
            say("main.see_help", {{"command", name}});
  std::fprintf(stderr, "%s\n", terminal.shown(message).c_str());
  return kWrongUse;
}

int run(int argc, char** argv) {
  std::string_view lang = value_of("--lang", argc, argv), colour = value_of("--color", argc, argv);
  const Terminal terminal = terminal_for(lang, colour);
  const Say& say = terminal.say;
  int exit_code = kDone;

  CLI::App app;
  app.name("weft");
  app.description("weft " WEFT_VERSION);
  app.set_help_flag("");
  bool help = false, version = false;
  app.add_flag("-h,--help", help, say("main.help_help"));
  app.add_flag("--version", version, say("main.help_version"));
  std::string unused;
  app.add_option("--lang", unused, say("main.help_lang"))->check(CLI::IsMember({"en", "zh"}));
  app.add_option("--color", unused, say("main.help_color"))
      ->check(CLI::IsMember({"auto", "always", "never"}));
  app.require_subcommand(0, 1);

  auto command = [&](const char* name, MessageId about) {
    auto* sub = app.add_subcommand(name, say(about));
    sub->fallthrough();
    return sub;
  };
  compare_command(*command("compare", "main.about_compare"), terminal, exit_code);
  load_command(*command("load", "main.about_load"), terminal, exit_code);
  measure_command(*command("measure", "main.about_measure"), terminal, exit_code);
  explore_command(*command("explore", "main.about_explore"), terminal, exit_code);
  simulate_command(*command("simulate", "main.about_simulate"), terminal, exit_code);
  lab_command(*command("lab", "main.about_lab"), terminal, exit_code);
  teach_command(*command("teach", "main.about_teach"), terminal, exit_code);
  new_command(*command("new", "main.about_new"), terminal, exit_code);
  bench_command(*command("bench", "main.about_bench"), terminal, exit_code);
  serve_command(*command("serve", "main.about_serve"), terminal, exit_code);
  fetch_command(*command("fetch", "main.about_fetch"), terminal, exit_code);
  // What follows the program's name is the program's.
  run_command(*command("run", "main.about_run"), terminal, exit_code);
  report_command(*command("report", "main.about_report"), terminal, exit_code);
  ps_command(*command("ps", "main.about_ps"), terminal, exit_code);
  for (const char* name : {"doctor", "test"})
    command(name, "main.about_launcher")->callback([&, name] {
      exit_code = refuse(terminal, name, {say("main.launcher", {{"command", name}})});
    });

  // Help is shown before anything else is judged: `weft compare --scale x --help` helps.
  auto* fmt = dynamic_cast<CLI::Formatter*>(app.get_formatter().get());
  if (fmt) fmt->column_width(26);
  try {
    for (int i = 1; i < argc; ++i) {
      std::string_view word = argv[i];
      if (word == "--") break;
      if (word != "-h" && word != "--help") continue;
      std::string text = kHelp;
      for (const auto* sub : app.get_subcommands({}))
        if (sub->get_name() == argv[1]) text = sub->help("weft");
      // Hidden options leave empty groups behind.
      for (auto at = text.find("\n\n\n"); at != text.npos; at = text.find("\n\n\n"))
        text.erase(at, 1);
      std::fputs(terminal.shown(text).c_str(), stdout);
      return kDone;
    }
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return explain(app, error, terminal);
  }
  if (version)
    std::puts("weft " WEFT_VERSION);
  else if (app.get_subcommands().empty())
    std::fputs(terminal.shown(kHelp).c_str(), stdout);
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv);
}
