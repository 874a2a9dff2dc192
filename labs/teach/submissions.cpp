// SPDX-License-Identifier: BSL-1.0
#include "labs/teach/submissions.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <stdexcept>

#include "labs/compile.hpp"
#include "labs/sandbox.hpp"
#include "labs/toolchain.hpp"
#include "lwp/os.hpp"

namespace weft::labs::teach {
namespace {

namespace fs = std::filesystem;
using lab::Exercise;

constexpr Fence kUnpacking{.cpu_seconds = 60, .wall_seconds = 120, .file = 16LL << 20};
constexpr int kDeepest = 8;

bool is_archive(const fs::path& path) {
  const std::string name = path.filename();
  for (const char* end : {".zip", ".tar", ".tar.gz", ".tgz", ".7z"}) {
    if (name.ends_with(end)) return true;
  }
  return false;
}

// What operating systems leave in archives.
bool is_litter(const fs::path& path) {
  const std::string name = path.filename();
  return name == "__MACOSX" || name.starts_with('.') || name == "Thumbs.db";
}

void unpack(const fs::path& archive, const fs::path& into) {
  const Output output = run_command(fenced({"bsdtar", "--no-same-owner", "-xf",
                                            fs::absolute(archive).string(), "-C", into.string()},
                                           kUnpacking),
                                    120'000'000'000);
  if (output.code == 0) return;
  throw std::runtime_error(archive.string() + ": " +
                           (output.text.empty() ? "bsdtar cannot read it" : output.text));
}

std::vector<fs::path> entries(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    if (!is_litter(entry.path()) && !entry.is_symlink()) out.push_back(entry.path());
  }
  std::ranges::sort(out);
  return out;
}

// "reader.cpp", Canvas's "reader-2.cpp" and "silvaana_1234_5678_reader.cpp".
bool is_called(const std::string& file, const std::string& wanted) {
  if (file == wanted) return true;
  const auto dot = wanted.rfind('.');
  const std::string stem = wanted.substr(0, dot), end = wanted.substr(dot);
  if (!file.ends_with(end)) return false;
  std::string name = file.substr(0, file.size() - end.size());
  const auto dash = name.rfind('-');
  if (dash != name.npos && dash + 1 < name.size() &&
      std::ranges::all_of(name.substr(dash + 1), [](unsigned char c) { return std::isdigit(c); }))
    name.erase(dash);
  return name == stem || name.ends_with("_" + stem);
}

void all_files(const fs::path& folder, int depth, std::vector<fs::path>& out) {
  if (depth > kDeepest) return;
  for (const auto& path : entries(folder)) {
    std::error_code none;
    if (fs::is_directory(path, none)) {
      all_files(path, depth + 1, out);
    } else {
      out.push_back(path);
    }
  }
}

class Finder {
 public:
  Finder(const Exercise& exercise, Scratch& scratch, std::vector<std::string>& left_out)
      : exercise_(exercise), scratch_(scratch), left_out_(left_out) {}

  void look_at(const fs::path& path) {
    std::error_code none;
    if (!fs::exists(path, none)) throw std::runtime_error(path.string() + ": is not there");
    if (!fs::is_directory(path, none)) {
      if (!is_archive(path)) throw std::runtime_error(path.string() + ": no folder, no archive");
      const fs::path folder = scratch_.folder();
      unpack(path, folder);
      const auto inside = entries(folder);
      // A platform's archive of all, or one student's.
      if (is_one(folder)) return add(path.stem(), path.string(), folder);
      const bool wrapped = inside.size() == 1 && fs::is_directory(inside.front(), none);
      return each(wrapped ? inside.front() : folder, path.string());
    }
    const fs::path named = path.filename().empty() ? path.parent_path() : path;
    is_one(path) ? add(named.filename(), path.string(), path) : each(path, path.string());
  }

  std::vector<Submission> take() {
    std::ranges::sort(found_, {}, &Submission::student);
    return std::move(found_);
  }

 private:
  // It holds the lab's files itself, or one folder that does.
  bool is_one(const fs::path& folder) const {
    const auto inside = entries(folder);
    std::error_code none;
    const auto here = std::ranges::count_if(inside, [&](const fs::path& p) {
      return std::ranges::count(exercise_.files, p.filename().string()) > 0;
    });
    if (here > 0) return true;
    return inside.size() == 1 && fs::is_directory(inside.front(), none) &&
           inside.front().filename() == exercise_.name && is_one(inside.front());
  }

  // `shown`: where the teacher finds it.
  void each(const fs::path& folder, const std::string& shown) {
    std::map<std::string, std::vector<fs::path>> loose;  // by student
    for (const auto& path : entries(folder)) {
      const std::string name = path.filename();
      std::error_code none;
      if (fs::is_directory(path, none)) {
        add(student_of(name), shown + "/" + name, path);
        continue;
      }
      const bool wanted = std::ranges::any_of(
          exercise_.files, [&](const std::string& f) { return is_called(name, f); });
      if (is_archive(path)) {
        unpacked(student_of(path.stem()), path, shown + "/" + name);
      } else if (wanted) {
        loose[student_of(name)].push_back(path);
      } else if (name != "submission_metadata.yml") {
        left_out_.push_back(shown + "/" + name);
      }
    }
    for (const auto& [student, paths] : loose) {
      Submission s{student, shown, {}, "", {}};
      pick(s, paths);
      found_.push_back(std::move(s));
    }
  }

  void unpacked(const std::string& student, const fs::path& archive, const std::string& shown) {
    const fs::path into = scratch_.folder();
    try {
      unpack(archive, into);
      add(student, shown, into);
    } catch (const std::exception& error) {
      found_.push_back({student, shown, {}, "", {error.what()}});
    }
  }

  // All files below, also of the archives in it.
  void add(const std::string& student, const std::string& source, const fs::path& folder) {
    Submission s{student, source, {}, "", {}};
    std::vector<fs::path> paths;
    all_files(folder, 0, paths);
    for (std::size_t i = 0, n = paths.size(); i < n; ++i) {
      if (!is_archive(paths[i])) continue;
      const fs::path into = scratch_.folder();
      try {
        unpack(paths[i], into);
        all_files(into, 0, paths);
      } catch (const std::exception& error) {
        s.remarks.emplace_back(error.what());
      }
    }
    pick(s, paths);
    found_.push_back(std::move(s));
  }

  void pick(Submission& s, const std::vector<fs::path>& paths) const {
    for (const auto& wanted : exercise_.files) {
      std::vector<fs::path> called;
      for (const auto& path : paths) {
        if (is_called(path.filename(), wanted)) called.push_back(path);
      }
      if (called.empty()) continue;
      // The one that lies highest; of equals the last, which is the newest on Canvas.
      auto depth = [](const fs::path& p) { return std::distance(p.begin(), p.end()); };
      const fs::path best = *std::ranges::min_element(called, [&](auto& a, auto& b) {
        return depth(a) != depth(b) ? depth(a) < depth(b) : a > b;
      });
      if (called.size() > 1) {
        s.remarks.push_back(std::to_string(called.size()) + " files " + wanted + ": took " +
                            best.filename().string());
      }
      std::error_code none;
      if (fs::file_size(best, none) > lab::kLargestFile) {
        s.remarks.push_back(wanted + " is too large");
        continue;
      }
      s.files[wanted] = contents(best).value_or("");
    }
    for (const auto& path : paths) {
      if (path.filename() == "handin.json") s.predictions = contents(path).value_or("");
    }
  }

  static std::string student_of(const std::string& name) {
    constexpr std::string_view kGradescope = "submission_";
    if (name.starts_with(kGradescope)) return name;
    const auto bar = name.find('_');
    return bar == name.npos ? name : name.substr(0, bar);
  }

  const Exercise& exercise_;
  Scratch& scratch_;
  std::vector<std::string>& left_out_;
  std::vector<Submission> found_;
};

}  // namespace

Scratch::Scratch()
    : path_(fs::temp_directory_path() / ("weft-teach-" + std::to_string(lwp::os::thread_id()))) {
  fs::create_directories(path_);
}
Scratch::~Scratch() {
  std::error_code none;
  fs::remove_all(path_, none);
}
fs::path Scratch::folder() {
  const fs::path made = path_ / std::to_string(++count_);
  fs::create_directories(made);
  return made;
}

std::vector<Submission> find_submissions(const std::vector<std::string>& paths,
                                         const Exercise& exercise, Scratch& scratch,
                                         std::vector<std::string>& left_out) {
  Finder finder(exercise, scratch, left_out);
  for (const auto& path : paths) finder.look_at(path);
  return finder.take();
}

}  // namespace weft::labs::teach
