// SPDX-License-Identifier: BSL-1.0
// weft fetch URL: a file in pieces, from a server that may die between two of them.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "labs/columns.hpp"
#include "labs/exit.hpp"
#include "labs/fetch/fetch.hpp"

namespace weft::labs {
namespace {

struct Flags {
  std::string url, output = "-", state = "stateless";
  std::uint64_t piece = 64 * 1024;
  int lease = 5;
  double pause = 0;  // ms
};

int fetch_file(const Flags& f, const Terminal& terminal) {
  using fetch::Keeping;
  const Say& say = terminal.say;
  auto url = load::parse_url(f.url);
  if (!url) return refuse(terminal, "fetch", {say("load.bad_url", {{"url", f.url}})});
  const Keeping keeping = f.state == "stateful" ? Keeping::stateful
                          : f.state == "soft"   ? Keeping::soft
                                                : Keeping::stateless;
  const bool to_file = f.output != "-";
  std::FILE* out = to_file ? std::fopen(f.output.c_str(), "wb") : stdout;
  auto tell = [&](const std::string& text) {
    std::fprintf(stderr, "%s\n", terminal.shown(wrap("weft fetch: " + text, kWidth, 2)).c_str());
  };
  const auto pause = static_cast<lwp::os::Nanos>(f.pause * lwp::os::kMillisecond);
  fetch::Fetch fetching({*url, keeping, f.piece, f.lease, pause}, say, tell);
  bool written = out != nullptr;
  while (written) {
    const auto piece = fetching.next();
    if (!piece) break;
    // Each piece is out before the next is asked for: whoever reads along sees how far it is.
    written =
        std::fwrite(piece->data(), 1, piece->size(), out) == piece->size() && std::fflush(out) == 0;
    if (pause > 0) lwp::os::sleep_until(lwp::os::now() + pause);
  }
  if (to_file && out != nullptr) written = std::fclose(out) == 0 && written;
  if (!written) {
    return refuse(terminal, "fetch",
                  {say("usage.cannot_write", {{"path", f.output}}), kMachineLacks});
  }
  if (fetching.why_not()) return refuse(terminal, "fetch", *fetching.why_not());
  tell(say("fetch.done", {{"bytes", std::to_string(fetching.bytes())},
                          {"pieces", std::to_string(fetching.pieces())}}));
  return kDone;
}

}  // namespace

void fetch_command(CLI::App& sub, const Terminal& terminal, int& exit_code) {
  auto f = std::make_shared<Flags>();
  const Say& say = terminal.say;
  sub.add_option("URL", f->url, say("fetch.help_url"))->required();
  sub.add_option("-o,--output", f->output, say("fetch.help_output"))
      ->type_name("FILE")
      ->capture_default_str();
  sub.add_option("--state", f->state, say("fetch.help_state"))
      ->check(CLI::IsMember({"stateless", "stateful", "soft"}))
      ->type_name("KIND")
      ->capture_default_str();
  sub.add_option("--piece", f->piece, say("fetch.help_piece"))
      ->transform(CLI::AsSizeValue(false).description(""))
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 26))
      ->type_name("BYTES")
      ->default_str("64K");
  sub.add_option("--lease", f->lease, say("fetch.help_lease"))
      ->check(CLI::Range(1, 86'400))
      ->type_name("SECONDS")
      ->capture_default_str();
  sub.add_option("--pause", f->pause, say("fetch.help_pause"))
      ->check(CLI::Range(0.0, 3.6e6))
      ->type_name("MS")
      ->capture_default_str();
  sub.footer(say("fetch.footer"));
  sub.callback([f, &terminal, &exit_code] { exit_code = fetch_file(*f, terminal); });
}

}  // namespace weft::labs
