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
// It begins as a chunk does, or as one that was made ahead and never used.
bool is_recording(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  lwp::trace::Header h;
  return in.read(reinterpret_cast<char*>(&h), sizeof h) &&
         (h.magic == lwp::trace::kMagic || h.magic == 0);
}
}  // namespace

void add_option(CLI::App& sub, std::string& file, const Say& say) {
  sub.add_option("--trace", file, say("run.help_trace"))->type_name("FILE");
}

std::optional<Refusal> start(const std::string& file, bool flight, const Say& say) {
  if (file.empty()) return std::nullopt;
  std::error_code none;
  if (std::filesystem::is_regular_file(file, none) && std::filesystem::file_size(file, none) > 0 &&
      !is_recording(file)) {
    return Refusal{say("run.not_over", {{"path", file}})};
  }
  std::ofstream empty(file, std::ios::binary | std::ios::trunc);
  if (!empty) return Refusal{say("usage.cannot_write", {{"path", file}}), kMachineLacks};
  lwp::os::set_environment("WEFT_TRACE", (flight ? "flight:" : "") + file);
  return std::nullopt;
}

Kept::Kept(const std::string& file) : file_(file), aside_(file + ".before") {
  if (file.empty() || !has_events(file)) return;
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
  std::ifstream in(file, std::ios::binary);
  lwp::trace::Header h;
  // The first chunk may be the one that is always ready, and never used.
  while (in.read(reinterpret_cast<char*>(&h), sizeof h)) {
    if (h.magic == lwp::trace::kMagic && h.runtime != 0) return true;
    in.seekg(static_cast<std::streamoff>(lwp::trace::kChunkBytes - sizeof h), std::ios::cur);
  }
  return false;
}

}  // namespace weft::labs::trace
