// SPDX-License-Identifier: BSL-1.0
// In place of libFuzzer: feeds the target files and what is in folders, each once. Says of each
// that it begins, so the last line names the one that failed. Options of libFuzzer are passed over.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

#include "tests/fuzz/require.hpp"

namespace {

void replay(const std::filesystem::path& path) {
  std::cout << path.string() << std::endl;
  std::ifstream in(path, std::ios::binary);
  // Of just this length on the heap: AddressSanitizer sees what is read behind it.
  const std::vector<char> bytes(std::istreambuf_iterator<char>(in), {});
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
  for (const std::string_view word : std::vector<std::string_view>(argv + 1, argv + argc)) {
    if (word.starts_with('-')) continue;
    if (!std::filesystem::is_directory(word)) {
      replay(word);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(word)) replay(entry.path());
  }
}
