// SPDX-License-Identifier: BSL-1.0
#include "labs/output_file.hpp"

#include <filesystem>
#include <fstream>

namespace weft::labs {

namespace fs = std::filesystem;

bool can_write(const std::string& path) {
  if (path.empty() || path == "-") return true;
  const bool existed = fs::exists(path);
  const bool good = std::ofstream(path, std::ios::app).good();
  std::error_code ignored;
  if (good && !existed) fs::remove(path, ignored);
  return good;
}

bool write_output(const std::string& path, const std::string& text) {
  if (path.empty()) return true;
  if (path == "-") return std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  const bool replace = !fs::exists(path) || fs::is_regular_file(path);
  const std::string unfinished = replace ? path + ".new" : path;
  std::ofstream file(unfinished, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  std::error_code error;
  if (file && replace) fs::rename(unfinished, path, error);
  if (!file && replace) fs::remove(unfinished, error);
  return file && !error;
}

}  // namespace weft::labs
