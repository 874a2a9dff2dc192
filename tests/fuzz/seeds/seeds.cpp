// SPDX-License-Identifier: BSL-1.0
// Writes the conversations of the tests into a folder, a file each, for fuzzing to begin with.
#include <filesystem>
#include <fstream>

#include "tests/servers/conversations.hpp"

int main(int, char** argv) {
  std::filesystem::remove_all(argv[1]);
  std::filesystem::create_directories(argv[1]);
  int number = 0;
  for (const auto* said : {&weft::tests::corpus(), &weft::tests::changes()}) {
    for (const std::string& text : *said) {
      std::ofstream(argv[1] + ("/" + std::to_string(number++)), std::ios::binary) << text;
    }
  }
}
