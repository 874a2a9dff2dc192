// SPDX-License-Identifier: BSL-1.0
// Asks weft-explorer, the program that runs another under one schedule after another
// (labs/explore/runner).
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "labs/catalogue.hpp"
#include "labs/sandbox.hpp"

namespace weft::labs::explore {

/// What a program is explored with, to be changed: JSON as the runner takes it.
nlohmann::json question(const std::string& library);

/// Beside this program; it may not be there.
std::filesystem::path runner();

struct Answer {
  nlohmann::json found;  ///< null if it gave none
  int code = 0;          ///< how the runner ended
  bool sealed = true;    ///< false: there is an answer, but somebody else's
};
/// With `fence`, the runner is put inside, and sees nothing of the folders `hidden`.
Answer ask(nlohmann::json question, const Fence* fence = nullptr,
           const std::vector<std::string>& hidden = {});

}  // namespace weft::labs::explore
