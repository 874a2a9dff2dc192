// SPDX-License-Identifier: BSL-1.0
// The commands of this program that live in labs/. Each gives its CLI11 sub-command options and an
// action, which sets `exit_code` (labs/exit.hpp). `terminal` must live as long as `sub`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "labs/terminal.hpp"
#include "servers/refusal.hpp"

namespace CLI {
class App;
}

namespace weft::labs {

void bench_command(CLI::App& sub, const Terminal& terminal, int& exit_code);
void fetch_command(CLI::App& sub, const Terminal& terminal, int& exit_code);
void compare_command(CLI::App& sub, const Terminal& terminal, int& exit_code);
void explore_command(CLI::App& sub, const Terminal& terminal, int& exit_code);
void simulate_command(CLI::App& sub, const Terminal& terminal, int& exit_code);
void new_command(CLI::App& sub, const Terminal& terminal, int& exit_code);
void teach_command(CLI::App& sub, const Terminal& terminal, int& exit_code);
void lab_command(CLI::App& sub, const Terminal& terminal, int& exit_code);
/// As `weft lab check NAME --json FILE`; nothing if no lab is called that.
std::optional<int> check_lab(const std::string& name, const std::string& json, const Terminal&);
void measure_command(CLI::App& sub, const Terminal& terminal, int& exit_code);
void report_command(CLI::App& sub, const Terminal& terminal, int& exit_code);
void run_command(CLI::App& sub, const Terminal& terminal, int& exit_code);
void ps_command(CLI::App& sub, const Terminal& terminal, int& exit_code);
void load_command(CLI::App& sub, const Terminal& terminal, int& exit_code);

using servers::Refusal;
/// Prints "weft COMMAND: message" on standard error; returns the exit code.
int refuse(const Terminal& terminal, std::string_view command, const Refusal& why);

}  // namespace weft::labs
