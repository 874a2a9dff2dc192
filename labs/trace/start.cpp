// SPDX-License-Identifier: BSL-1.0
#include "labs/trace/start.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>

#include "labs/exit.hpp"
#include "lwp/os.hpp"
#include "lwp/trace/format.hpp"

namespace weft::labs::trace {

namespace {
// Whether any chunk's header is such a one.
template <class Test>
bool has_chunk(const std::string& file, Test&& test) {
  // A recording's first chunks may be unused yet, but not a whole gigabyte of them.
  constexpr std::size_t kMostStrange = (std::size_t{1} << 30) / lwp::trace::kChunkBytes;
  std::ifstream in(file, std::ios::binary);
  lwp::trace::Header h;
  bool known = false;
  for (std::size_t n = 0; known || n < kMostStrange; ++n) {
    if (!in.read(reinterpret_cast<char*>(&h), sizeof h)) break;
    known = known || h.magic == lwp::trace::kMagic;
    if (h.magic == lwp::trace::kMagic && test(h)) return true;
    in.seekg(static_cast<std::streamoff>(lwp::trace::kChunkBytes - sizeof h), std::ios::cur);
  }
  return false;
}
bool is_recording(const std::string& file) {
  return has_chunk(file, [](const lwp::trace::Header&) { return true; });
}

// Another name beside it, that nothing has.
std::string free_name(const std::string& file) {
  std::error_code none;
  for (int i = 0; i < 1000; ++i) {
    std::string name = file + ".before" + (i == 0 ? "" : std::to_string(i));
    if (!std::filesystem::exists(std::filesystem::symlink_status(name, none))) return name;
  }
  return {};
}
// Where a link leads.
std::string real_name(const std::string& file) {
  std::error_code failed;
  const auto real = std::filesystem::canonical(file, failed);
  return failed ? file : real.string();
}
}  // namespace

void add_option(CLI::App& sub, std::string& file, const Say& say) {
  sub.add_option("--trace", file, say("run.help_trace"))->type_name("FILE");
}

std::optional<Refusal> start(const std::string& file, bool flight, const Say& say) {
  if (file.empty()) return std::nullopt;
  std::error_code none;
  if (std::filesystem::is_directory(file, none)) {
    return Refusal{say("trace.is_folder", {{"path", file}})};
  }
  if (std::filesystem::is_regular_file(file, none) && std::filesystem::file_size(file, none) > 0 &&
      !is_recording(file)) {
    return Refusal{say("run.not_over", {{"path", file}})};
  }
  std::ofstream empty(file, std::ios::binary | std::ios::trunc);
  if (!empty) return Refusal{say("usage.cannot_write", {{"path", file}}), kMachineLacks};
  // Whole: the program may go to another folder first, or begin its name with a word of WEFT_TRACE.
  const std::string whole = std::filesystem::absolute(file, none).string();
  lwp::os::set_environment("WEFT_TRACE", (flight ? "flight:" : "") + whole);
  return std::nullopt;
}

Kept::Kept(const std::string& file) : file_(real_name(file)), aside_(free_name(file_)) {
  if (file.empty() || aside_.empty() || !has_events(file_)) return;
  std::error_code failed;
  std::filesystem::rename(file_, aside_, failed);
  held_ = !failed;
}

Kept::~Kept() {
  if (!held_) return;
  std::error_code none;
  if (is_needed()) {
    std::filesystem::rename(aside_, file_, none);
  } else {
    std::filesystem::remove(aside_, none);
  }
}

bool Kept::is_needed() const {
  return held_ && !has_events(file_);
}

std::string recorded(const std::string& file, const Say& say) {
  return file.empty() ? "" : say("run.recorded", {{"path", file}});
}

bool has_events(const std::string& file) {
  return has_chunk(file, [](const lwp::trace::Header& h) { return h.runtime != 0; });
}

}  // namespace weft::labs::trace
