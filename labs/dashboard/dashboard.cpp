// SPDX-License-Identifier: BSL-1.0
#include "labs/dashboard/dashboard.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>

#include "labs/exit.hpp"
#include "labs/trace/page.hpp"
#include "labs/trace/stacks.hpp"
#include "lwp/os.hpp"

namespace weft::labs::dashboard {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int kSeconds = 2;                             // on the page
constexpr lwp::os::Nanos kKept = 5 * lwp::os::kSecond;  // sent, to scroll back to
constexpr double kEvery = 0.5;                          // seconds

}  // namespace

// At half a million events a whole second of a busy server, and read in a tenth.
std::string flight_of(const std::string& file) {
  return "followed=4M:" + file;
}

Flight::Flight() {
  std::random_device entropy;
  folder_ = fs::temp_directory_path() / ("weft-flight-" + std::to_string(entropy()));
  fs::create_directory(folder_);
  fs::permissions(folder_, fs::perms::owner_all);
}

Flight::~Flight() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::variant<std::unique_ptr<Dashboard>, Refusal> Dashboard::open(const About& about,
                                                                  const Say& say) {
  std::unique_ptr<Dashboard> d(new Dashboard(about, say));
  auto http = Http::open(about.port, [d = d.get()](const Request& r) { return d->answer(r); });
  if (auto* why = std::get_if<std::string>(&http)) {
    return Refusal{say("dashboard.no_port", {{"port", std::to_string(about.port)}, {"why", *why}}),
                   kMachineLacks};
  }
  d->http_ = std::move(std::get<std::unique_ptr<Http>>(http));
  d->opened_.store(true);
  return d;
}

Answer Dashboard::answer(const Request& r) {
  while (!opened_.load()) lwp::os::yield_cpu();  // its thread is there before we know it
  const bool asks = r.method == "GET";
  if (asks && r.path == "/") return {200, "text/html; charset=utf-8", page()};
  if (asks && r.path == "/live") return {200, "application/json", live()};
  if (asks && r.path == "/stack") return {200, "text/plain; charset=utf-8", stack(r)};
  if (r.method == "POST" && r.path == "/control" && about_.controls != nullptr) {
    Json out{{"said", about_.controls->set(r.body)}};
    out["controls"] = Json::parse(about_.controls->fields());
    return {200, "application/json", out.dump()};
  }
  return {404, "text/plain", "there is nothing here\n"};
}

std::string Dashboard::page() {
  Json about{
      {"token", http_->token()}, {"title", about_.title}, {"seconds", kSeconds}, {"every", kEvery}};
  if (about_.controls != nullptr) about["controls"] = Json::parse(about_.controls->fields());
  return trace::live_page(about.dump(-1, ' ', false, Json::error_handler_t::replace), about_.title,
                          say_);
}

std::string Dashboard::live() {
  Json out{{"status", about_.controls != nullptr ? about_.controls->status() : std::string()},
           {"recordings", Json::array()}};
  if (about_.controls != nullptr) {
    if (auto rate = about_.controls->rate()) out["rps"] = *rate;
  }
  std::string recordings = "[]";
  const lwp::os::Nanos now = lwp::os::now();
  auto recording = trace::read({about_.file}, say_);
  if (auto* r = std::get_if<trace::Recording>(&recording)) {
    trace::leave_out_after(*r, now);
    const trace::Model m = trace::model_of(std::move(*r));
    trace::Shown shown{&m, trace::summarize(m, say_), about_.title, m.recording.ended - kKept};
    recordings = trace::data_of_page({shown}, say_);
  } else {
    out["status"] = say_("dashboard.nothing_yet");
  }
  std::string text = out.dump(-1, ' ', false, Json::error_handler_t::replace);
  const std::string_view empty = "\"recordings\":[]";
  return text.replace(text.find(empty), empty.size(), "\"recordings\":" + recordings);
}

// Of a process that the recording knows, and of no other: a page must not have gdb look elsewhere.
std::string Dashboard::stack(const Request& r) {
  auto number = [&](const char* name) {
    std::uint64_t n = 0;
    const auto found = r.query.find(name);
    if (found == r.query.end()) return n;
    const std::string& text = found->second;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), n);
    return read.ptr == text.data() + text.size() ? n : 0;
  };
  const std::uint64_t process = number("process");
  auto recording = trace::read({about_.file}, say_);
  if (const auto* known = std::get_if<trace::Recording>(&recording)) {
    for (const auto& p : known->processes) {
      if (p.number == process) {
        return trace::stack_of(static_cast<int>(process), number("fiber"), say_);
      }
    }
  }
  return say_("dashboard.nothing_yet");
}

void add_option(CLI::App& sub, int& port, const Say& say) {
  sub.add_option("--dashboard", port, say("dashboard.help"))
      ->type_name("PORT")
      ->expected(0, 1)
      ->default_str("0")
      ->check(CLI::Range(0, 65535));
}

}  // namespace weft::labs::dashboard
