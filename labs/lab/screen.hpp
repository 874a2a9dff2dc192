// SPDX-License-Identifier: BSL-1.0
// What a student reads: tables, questions, bars.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "labs/lab/grade.hpp"
#include "labs/lab/mine.hpp"
#include "labs/terminal.hpp"

namespace weft::labs::lab {

/// All labs: which is current, which are passed, how long they take.
std::string table_of(const std::vector<Exercise>& all, const Mine& mine, const Say& say);
/// A lab's checks: a line each.
std::string table_of(const Exercise& exercise, const Report& report, const Terminal& terminal);
/// What a lab is about, and where its files are. `there`: it was started before.
std::string introduction(const Exercise& exercise, const Say& say, bool there);
/// For a command line without a terminal.
std::string questions_of(const Exercise& exercise, const Mine& mine, const Say& say);
/// The measured numbers as bars.
std::string bars_of(const Exercise& exercise, const Grader::Measured& measured, const Say& say);
/// What was predicted beside what is.
std::string compared(const Exercise& exercise, const std::map<std::string, Prediction>& predicted,
                     const Grader::Measured& measured, const Say& say);

}  // namespace weft::labs::lab
