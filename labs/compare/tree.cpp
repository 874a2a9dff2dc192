// SPDX-License-Identifier: BSL-1.0
#include "labs/compare/tree.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <utility>

#include "labs/random.hpp"

namespace weft::labs::compare {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kOwnFiles = 30, kMostFiles = 60;
constexpr std::uintmax_t kLargest = 1024 * 1024;  // more would be a measurement of copying

// A folder nobody else has.
fs::path new_folder() {
  std::random_device entropy;
  for (int attempt = 0; attempt < 100; ++attempt) {
    auto path = fs::temp_directory_path() / ("weft-compare-" + std::to_string(entropy()));
    if (!fs::create_directory(path)) continue;
    fs::permissions(path, fs::perms::owner_all);
    return path;
  }
  throw fs::filesystem_error("no new folder", fs::temp_directory_path(),
                             std::make_error_code(std::errc::file_exists));
}

void write_page(const fs::path& path, int number, Random& random) {
  std::ofstream page(path, std::ios::binary);
  std::string line = "Page " + std::to_string(number) + " of the shelf.\n";
  for (auto left = 1024 + random.below(7 * 1024); left > line.size(); left -= line.size())
    page << line;
}

// Regular files below `root`, in the order of their paths, so that equal trees give equal runs.
std::vector<fs::path> find_files(const fs::path& root) {
  std::vector<fs::path> found;
  auto options = fs::directory_options::skip_permission_denied;
  int looked_at = 0;
  for (auto it = fs::recursive_directory_iterator(root, options); it != fs::end(it); ++it) {
    if (++looked_at > 20'000) break;
    if (it->is_symlink() || !it->is_regular_file() || it->file_size() > kLargest) continue;
    if (std::ifstream(it->path())) found.push_back(it->path());
  }
  std::sort(found.begin(), found.end());
  if (found.size() > kMostFiles) found.resize(kMostFiles);
  return found;
}

void link_or_copy(const fs::path& from, const fs::path& to) {
  std::error_code refused;
  fs::create_hard_link(from, to, refused);
  if (refused) fs::copy_file(from, to);
}

}  // namespace

std::optional<Tree> Tree::make(const std::string& root, std::uint64_t seed, std::string& error) {
  Tree tree;  // removes what is there if something throws
  try {
    std::vector<fs::path> sources;
    if (!root.empty()) sources = find_files(root);
    if (!root.empty() && sources.empty()) {
      error = "no readable regular file of at most 1 MiB below " + root;
      return std::nullopt;
    }
    fs::path path = new_folder();
    tree.path_ = path;
    fs::create_directory(path / "hot");
    fs::create_directory(path / "cold");
    Random random(seed);
    std::size_t count = root.empty() ? kOwnFiles : sources.size();
    for (std::size_t i = 0; i < count; ++i) {
      std::string extension = root.empty() ? ".txt" : sources[i].extension().string();
      // Names of our own: a name with a space or a percent sign would need escaping in a request.
      if (extension.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.") != extension.npos)
        extension.clear();
      std::string name = "page" + std::to_string(i) + extension;
      if (root.empty())
        write_page(path / "hot" / name, static_cast<int>(i), random);
      else
        link_or_copy(sources[i], path / "hot" / name);
      link_or_copy(path / "hot" / name, path / "cold" / name);
      tree.files_.push_back(name);
    }
    return tree;
  } catch (const fs::filesystem_error& e) {
    error = e.what();
    return std::nullopt;
  }
}

Tree::Tree(Tree&& other) noexcept
    : path_(std::exchange(other.path_, {})), files_(std::move(other.files_)) {}

Tree::~Tree() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace weft::labs::compare
