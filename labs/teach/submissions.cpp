// SPDX-License-Identifier: BSL-1.0
#include "labs/teach/submissions.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <tuple>

#include "labs/columns.hpp"
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
constexpr std::uintmax_t kLargestHandin = 64 * 1024;

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool is_archive(const fs::path& path) {
  const std::string name = lower(path.filename());
  for (const char* end :
       {".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".7z", ".rar"}) {
    if (name.ends_with(end)) return true;
  }
  return false;
}

// What operating systems leave in archives.
bool is_litter(const fs::path& path) {
  const std::string name = path.filename();
  return name == "__MACOSX" || name.starts_with('.') || name == "Thumbs.db";
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

// What could not be read; "" if all was. Throws if nothing could.
std::string unpack(const fs::path& archive, const fs::path& into) {
  // Names are read as UTF-8 whatever this machine speaks.
  const Output output =
      run_command(fenced({"env", "LC_ALL=C.UTF-8", "bsdtar", "--no-same-owner", "-xf",
                          fs::absolute(archive).string(), "-C", into.string()},
                         kUnpacking),
                  120'000'000'000);
  if (output.code == 0) return "";
  const std::string why =
      printable(output.text.empty() ? "bsdtar cannot read it" : output.text.substr(0, 300));
  if (entries(into).empty()) throw std::runtime_error(archive.filename().string() + ": " + why);
  return why;
}

// "reader.cpp", and as browsers and platforms number it: "reader-2.cpp", "reader (1).cpp".
bool is_called(const std::string& file, const std::string& wanted) {
  const std::string name = lower(file), plain = lower(wanted);
  if (name == plain) return true;
  const auto dot = plain.rfind('.');
  const std::string stem = plain.substr(0, dot), end = plain.substr(dot);
  if (!name.ends_with(end)) return false;
  static const std::regex kNumber(R"(( ?\(\d+\)|-\d+)$)");
  const std::string without =
      std::regex_replace(name.substr(0, name.size() - end.size()), kNumber, "");
  return without == stem || without.ends_with("_" + stem);
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

// With the numbers in it as numbers: 2 comes before 10.
bool comes_before(const std::string& a, const std::string& b) {
  auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) && is_digit(b[j])) {
      std::size_t from_a = i, from_b = j;
      while (i < a.size() && is_digit(a[i])) ++i;
      while (j < b.size() && is_digit(b[j])) ++j;
      while (from_a + 1 < i && a[from_a] == '0') ++from_a;
      while (from_b + 1 < j && b[from_b] == '0') ++from_b;
      const std::string x = a.substr(from_a, i - from_a), y = b.substr(from_b, j - from_b);
      if (x.size() != y.size()) return x.size() < y.size();
      if (x != y) return x < y;
    } else {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i, ++j;
    }
  }
  return a.size() - i < b.size() - j;
}

// Who has handed it in, as a platform's name for a file or a folder says.
struct Who {
  std::string name, number;  // of the student, or of the submission
  auto operator<=>(const Who&) const = default;
};
std::optional<Who> who(const std::string& entry) {
  static const std::regex kMoodle(R"((.+)_(\d+)_assignsubmission_[a-z]+.*)"),
      kCanvas(R"(([^_]+)(?:_late)?_(\d+)_(\d+)_.+)", std::regex::icase),
      kGradescope(R"((submission)_(\d+))");
  std::smatch m;
  for (const auto* known : {&kMoodle, &kCanvas, &kGradescope}) {
    if (std::regex_match(entry, m, *known)) return Who{m[1], m[2]};
  }
  return std::nullopt;
}

class Finder {
 public:
  Finder(const Exercise& exercise, Scratch& scratch, bool one, std::vector<std::string>& left_out)
      : exercise_(exercise), scratch_(scratch), one_(one), left_out_(left_out) {}

  void look_at(const fs::path& given) {
    std::error_code none;
    const fs::path path = given.filename().empty() ? given.parent_path() : given;
    if (!fs::exists(path, none)) throw std::runtime_error(path.string() + ": is not there");
    if (fs::is_directory(path, none)) return look_into(path, path.filename(), path.string());
    if (!is_archive(path)) throw std::runtime_error(path.string() + ": no folder, no archive");
    const fs::path folder = scratch_.folder();
    const std::string why = unpack(path, folder);
    if (!why.empty()) left_out_.push_back(path.string() + ": " + why);
    look_into(folder, path.stem(), path.string());
  }

  std::vector<Submission> take() {
    std::vector<Submission> out;
    std::map<std::string, int> called;
    for (const auto& [who, found] : found_) ++called[who.name];
    for (auto& [who, found] : found_) {
      Submission s = std::move(found.submission);
      // Two of one name are two students.
      s.student = printable(who.number.empty() || (called[who.name] == 1 && !found.bare)
                                ? who.name
                                : who.name + " " + who.number);
      if (auto named = names_.find(who.name + "_" + who.number); named != names_.end())
        s.student = printable(named->second + " " + who.number);
      s.source = printable(s.source);
      pick(s, found.paths);
      out.push_back(std::move(s));
    }
    return out;
  }

 private:
  struct Found {
    Submission submission;
    std::vector<fs::path> paths;
    bool bare = false;  // the name alone says nothing: "submission"
  };

  // `name`: of whoever is in it, if that is one.
  void look_into(const fs::path& folder, const std::string& name, const std::string& shown) {
    const auto inside = entries(folder);
    std::error_code none;
    const bool by_platform = std::ranges::any_of(
        inside, [](const fs::path& p) { return who(p.filename()).has_value(); });
    if (!by_platform && (is_one(folder) || (one_ && holds_one(folder))))
      return add({name, ""}, shown, folder);
    if (!by_platform && inside.size() == 1 && fs::is_directory(inside.front(), none))
      return look_into(inside.front(), name, shown + "/" + inside.front().filename().string());
    for (const auto& path : inside) each(path, shown + "/" + path.filename().string());
  }

  // It holds the lab's files itself, or in one folder with the lab's name; or it is empty.
  bool is_one(const fs::path& folder) const {
    const auto inside = entries(folder);
    std::error_code none;
    const auto here = std::ranges::count_if(inside, [&](const fs::path& p) {
      return std::ranges::count(exercise_.files, p.filename().string()) > 0;
    });
    if (here > 0 || inside.empty()) return true;
    return inside.size() == 1 && fs::is_directory(inside.front(), none) &&
           inside.front().filename() == exercise_.name && is_one(inside.front());
  }

  // Somewhere in it lies one of each file, at most.
  bool holds_one(const fs::path& folder) const {
    std::vector<fs::path> paths;
    all_files(folder, 0, paths);
    return std::ranges::all_of(exercise_.files, [&](const std::string& wanted) {
      return std::ranges::count_if(
                 paths, [&](const fs::path& p) { return is_called(p.filename(), wanted); }) <= 1;
    });
  }

  void each(const fs::path& path, const std::string& shown) {
    const std::string name = path.filename();
    std::error_code none;
    const auto known = who(name);
    if (name == "submission_metadata.yml") return read_names(path);
    if (fs::is_directory(path, none)) return add(known.value_or(Who{name, ""}), shown, path);
    const bool wanted =
        std::ranges::any_of(exercise_.files, [&](const auto& f) { return is_called(name, f); });
    if (!known && !wanted && !is_archive(path)) {
      left_out_.push_back(printable(shown));
      return;
    }
    // "silva_ana_reader.cpp" is silva_ana's.
    const std::string stem = path.stem();
    const auto bar = wanted ? stem.rfind('_') : std::string::npos;
    add_file(known.value_or(Who{stem.substr(0, bar), ""}), shown, path);
  }

  Found& of(const Who& who, const std::string& source) {
    Found& found = found_[who];
    if (found.submission.source.empty()) found.submission.source = source;
    found.bare = who.name == "submission" || printable(who.name) != who.name;
    return found;
  }
  void add(const Who& who, const std::string& source, const fs::path& folder) {
    Found& found = of(who, source);
    std::vector<fs::path> paths;
    all_files(folder, 0, paths);
    for (const auto& path : paths) add_to(found, path);
  }
  void add_file(const Who& who, const std::string& source, const fs::path& path) {
    add_to(of(who, source), path);
  }
  // Of an archive, what is in it.
  void add_to(Found& found, const fs::path& path) {
    if (!is_archive(path)) {
      found.paths.push_back(path);
      return;
    }
    auto& remarks = found.submission.remarks;
    const fs::path into = scratch_.folder();
    try {
      const std::string why = unpack(path, into);
      if (!why.empty()) remarks.push_back(printable(path.filename().string() + ": " + why));
      all_files(into, 0, found.paths);
    } catch (const std::exception& error) {
      remarks.push_back(printable(error.what()));
    }
  }

  void pick(Submission& s, const std::vector<fs::path>& paths) const {
    for (const auto& wanted : exercise_.files) {
      std::vector<fs::path> called;
      for (const auto& path : paths) {
        if (is_called(path.filename(), wanted)) called.push_back(path);
      }
      if (called.empty()) {
        s.remarks.push_back(
            "no file " + wanted +
            (paths.empty() ? ": there is none at all" : "; there is: " + some(paths)));
        continue;
      }
      // The one that lies highest; of equals the last, which is the newest on Canvas.
      auto depth = [](const fs::path& p) { return std::distance(p.begin(), p.end()); };
      const fs::path best = *std::ranges::min_element(called, [&](auto& a, auto& b) {
        return depth(a) != depth(b) ? depth(a) < depth(b) : comes_before(b.string(), a.string());
      });
      if (called.size() > 1) {
        s.remarks.push_back(printable(std::to_string(called.size()) + " files " + wanted +
                                      ": took " + best.parent_path().filename().string() + "/" +
                                      best.filename().string()));
      }
      std::error_code none;
      if (fs::file_size(best, none) > lab::kLargestFile) {
        s.remarks.push_back(wanted + " is too large");
        continue;
      }
      s.files[wanted] = contents(best).value_or("");
    }
    for (const auto& path : paths) {
      std::error_code none;
      if (path.filename() == "handin.json" && fs::file_size(path, none) <= kLargestHandin)
        s.predictions = contents(path).value_or("");
    }
  }
  static std::string some(const std::vector<fs::path>& paths) {
    constexpr std::size_t kMost = 4;
    std::string out;
    for (std::size_t i = 0; i < std::min(paths.size(), kMost); ++i) {
      out += (i > 0 ? ", " : "") + paths[i].filename().string();
    }
    return printable(out + (paths.size() > kMost ? ", …" : ""));
  }

  // Gradescope's: "submission_123:", and below it ":name: Ana Silva".
  void read_names(const fs::path& path) {
    std::istringstream lines(contents(path).value_or(""));
    std::string current;
    static const std::regex kSubmission(R"((submission_\d+):\s*)"), kName(R"(.*:name:\s*(.+?)\s*)");
    std::smatch m;
    constexpr std::size_t kLongest = 500;  // a line of ours is short
    for (std::string line; std::getline(lines, line);) {
      if (line.size() > kLongest) continue;
      if (std::regex_match(line, m, kSubmission)) {
        current = m[1];
      } else if (!current.empty() && std::regex_match(line, m, kName)) {
        std::string& name = names_[current];
        name += (name.empty() ? "" : ", ") + m[1].str();
      }
    }
  }

  const Exercise& exercise_;
  Scratch& scratch_;
  const bool one_;
  std::vector<std::string>& left_out_;
  std::map<Who, Found> found_;
  std::map<std::string, std::string> names_;  // by "submission_123"
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
                                         const Exercise& exercise, Scratch& scratch, bool one,
                                         std::vector<std::string>& left_out) {
  Finder finder(exercise, scratch, one, left_out);
  for (const auto& path : paths) finder.look_at(path);
  return finder.take();
}

}  // namespace weft::labs::teach
