// SPDX-License-Identifier: BSL-1.0
#include "labs/dashboard/lecture.hpp"

#include <charconv>
#include <csignal>
#include <filesystem>
#include <mutex>
#include <nlohmann/json.hpp>

#include "labs/load/generator.hpp"
#include "labs/load/url.hpp"
#include "lwp/policy_table.hpp"

namespace weft::labs::dashboard {
namespace {

namespace fs = std::filesystem;
namespace os = lwp::os;
using Json = nlohmann::ordered_json;

constexpr std::size_t kMostFiles = 8;
constexpr std::uintmax_t kMostBytes = 256 * 1024;  // of a file that the load asks for
constexpr double kMost = 100'000;                  // of any number

constexpr const char* kMappings[] = {"many-to-one", "many-to-many", "one-to-one"};
constexpr const char *kRate = "rate", *kDisk = "--disk";

// Some small files of a folder, as requests.
std::vector<std::string> requests_of(const std::string& root) {
  std::vector<std::string> out;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(root, none)) {
    const std::string name = entry.path().filename().string();
    if (out.size() == kMostFiles) break;
    if (name.starts_with('.') || name.find_first_of(" %?#") != name.npos) continue;
    if (!entry.is_regular_file(none) || entry.file_size(none) > kMostBytes) continue;
    load::Url url;
    url.authority = "lecture";
    url.target = "/" + name;
    out.push_back(load::request_for(url, false));
  }
  return out;
}

std::optional<double> number_in(const std::string& text) {
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  if (!(value >= 0 && value <= kMost)) return std::nullopt;
  return value;
}

constexpr std::string_view kSlow = "slow:";

// "slow:7.5,heads=4" → "7.5"; what is no slow disk is 0.
std::string disk_ms(const std::string& disk) {
  if (!disk.starts_with(kSlow)) return "0";
  return disk.substr(kSlow.size(), disk.find(',') - kSlow.size());
}
// → ",heads=4"
std::string disk_rest(const std::string& disk) {
  const auto comma = disk.find(',');
  return disk.starts_with(kSlow) && comma != disk.npos ? disk.substr(comma) : "";
}

// One LWP is one, and with an LWP for each fiber there is nothing to schedule.
bool has_use_for(const std::string& mapping, const std::string& option) {
  if (mapping == "one-to-one") {
    for (const char* of_scheduling :
         {"--lwps", "--policy", "--on-block", "--seed", "--max-lwps", "--preempt"}) {
      if (option == of_scheduling) return false;
    }
    return true;
  }
  return mapping != "many-to-one" || (option != "--lwps" && option != "--preempt");
}
// Another LWP goes on in place of one that stands still: what there is only for that.
bool is_of_handoff(const std::string& option) {
  return option == "--max-lwps" || option == "--preempt";
}

}  // namespace

std::unique_ptr<Lecture> Lecture::start(const Setup& setup, const Say& say) {
  std::unique_ptr<Lecture> lecture(new Lecture(setup, say));
  if (const auto disk = setup.options.find(kDisk); disk != setup.options.end()) {
    lecture->disk_rest_ = disk_rest(disk->second);
  }
  if (!setup.root.empty()) lecture->requests_ = requests_of(setup.root);
  if (!lecture->start_server(setup.options)) return nullptr;
  return lecture;
}

Lecture::~Lecture() {
  stop_load();
  if (server_) server_->stop();
}

bool Lecture::runs() {
  std::lock_guard lock(lock_);
  return server_ && server_->runs();
}

// What the server has no use for it refuses, so it is left out.
bool Lecture::start_server(const std::map<std::string, std::string>& options) {
  std::vector<std::string> arguments = setup_.arguments;
  const auto found = options.find("--mapping");
  const std::string mapping = found == options.end() ? "" : found->second;
  const auto on_block = options.find("--on-block");
  const bool hands_off = on_block != options.end() && on_block->second == "handoff";
  for (const auto& [option, value] : options) {
    if (value.empty() || (value == "0" && option == "--lwps")) continue;
    if (!has_use_for(mapping, option) || (is_of_handoff(option) && !hands_off)) continue;
    arguments.push_back(option);
    arguments.push_back(value);
  }
  // The lecture does not wait for a stuck server's requests.
  if (std::find(arguments.begin(), arguments.end(), "--drain-seconds") == arguments.end()) {
    arguments.insert(arguments.end(), {"--drain-seconds", "0.2"});
  }
  std::error_code none;
  fs::remove(setup_.file, none);
  auto server = compare::ServerProcess::start(os::own_program(), arguments, os::allowed_cpus());
  if (!server) return false;
  server_ = std::move(*server);
  port_ = server_->address().port;
  setup_.options = options;
  setup_.options["--port"] = std::to_string(port_);
  before_.reset();
  after_.reset();
  return true;
}

void Lecture::start_load() {
  if (asked_ <= 0 || requests_.empty() || !server_) return;
  auto ends = os::pipe();
  if (!ends) return;
  load::Plan plan;
  plan.target = server_->address();
  plan.next_request = [this, i = std::size_t{0}]() mutable {
    return std::string_view(requests_[i++ % requests_.size()]);
  };
  plan.rate = asked_;
  plan.poisson = true;
  plan.connections = 512;
  plan.duration = 24 * 3600 * os::kSecond;
  plan.recorded = false;  // the page is about the server
  plan.stop_fd = (*ends)[0].get();
  end_load_ = std::move((*ends)[1]);
  load_ = os::Thread("load", [plan, stop = std::make_shared<os::Fd>(std::move((*ends)[0]))] {
    os::not_metered();
    while (!load::run(plan).interrupted) {
    }
  });
}

void Lecture::stop_load() {
  end_load_ = {};
  if (load_.joinable()) load_.join();
}

std::vector<Lecture::Field> Lecture::all_fields() const {
  std::vector<Field> out;
  auto add = [&](const char* name, MessageId label, const char* option,
                 std::vector<std::string> choices) {
    out.push_back({name, say_(label), option, std::move(choices)});
  };
  if (setup_.fibers) {
    std::vector<std::string> policies = lwp::policy_names();
    std::erase_if(policies, [](const std::string& name) { return lwp::refuse_policy(name); });
    const auto given = setup_.options.find("--policy");
    const std::string policy = given == setup_.options.end() ? "" : given->second;
    policies.insert(policies.begin(), "");
    if (std::find(policies.begin(), policies.end(), policy) == policies.end()) {
      policies.push_back(policy);  // a file of the user's
    }
    add("mapping", "dashboard.mapping", "--mapping", {std::begin(kMappings), std::end(kMappings)});
    add("lwps", "dashboard.lwps", "--lwps", {});
    add("workers", "dashboard.workers", "--workers", {});
    add("policy", "dashboard.policy", "--policy", std::move(policies));
    add("on_block", "dashboard.on_block", "--on-block", {"hold", "handoff", "offload"});
  }
  if (!requests_.empty()) {
    add("disk_ms", "dashboard.disk", kDisk, {});
    add(kRate, "dashboard.rate", "", {});
  }
  return out;
}

std::string Lecture::value_of(const Field& field) const {
  if (field.name == kRate) return Json(asked_).dump();
  const auto found = setup_.options.find(field.option);
  const std::string value = found == setup_.options.end() ? "" : found->second;
  return field.option == kDisk ? disk_ms(value) : value;
}

std::string Lecture::fields() {
  std::lock_guard lock(lock_);
  Json out = Json::array();
  for (const auto& field : all_fields()) {
    Json one{{"name", field.name}, {"label", field.label}, {"value", value_of(field)}};
    if (!field.choices.empty()) one["choices"] = field.choices;
    for (const char* mapping : kMappings) {
      if (!has_use_for(mapping, field.option)) one["idle_with"].push_back(mapping);
    }
    out.push_back(std::move(one));
  }
  return out.dump();
}

std::string Lecture::set(const std::string& values) {
  std::lock_guard lock(lock_);
  const Json asked = Json::parse(values, nullptr, false);
  if (!asked.is_object()) return say_("dashboard.no_values");
  auto options = setup_.options;
  double rate = asked_;
  bool anew = !server_ || !server_->runs();
  for (const auto& field : all_fields()) {
    const auto at = asked.find(field.name);
    if (at == asked.end() || !at->is_string()) continue;
    const std::string value = at->get<std::string>();
    auto refuse = [&] {
      return say_("dashboard.bad_value", {{"label", field.label}, {"value", value}});
    };
    if (!field.choices.empty()) {
      if (std::find(field.choices.begin(), field.choices.end(), value) == field.choices.end())
        return refuse();
    } else if (!number_in(value)) {
      return refuse();
    }
    if (field.name == kRate) {
      rate = *number_in(value);
    } else if (value != value_of(field)) {
      anew = true;
      const bool none = field.option == kDisk && *number_in(value) == 0;
      options[field.option] = none                    ? "none"
                              : field.option == kDisk ? std::string(kSlow) + value + disk_rest_
                                                      : value;
    }
  }
  if (!anew && rate == asked_) return {};
  stop_load();
  asked_ = rate;
  std::string said;
  if (anew) {
    const auto former = setup_.options;
    if (server_) server_->stop();
    server_.reset();
    if (start_server(options)) {
      said = say_("dashboard.anew");
    } else {
      said = say_(start_server(former) ? MessageId("dashboard.not_so")
                                       : MessageId("dashboard.not_at_all"));
    }
  }
  start_load();
  return said;
}

std::string Lecture::status() {
  std::lock_guard lock(lock_);
  if (!server_ || !server_->runs()) return say_("dashboard.ended");
  return "127.0.0.1:" + std::to_string(port_);
}

std::optional<double> Lecture::rate() {
  std::lock_guard lock(lock_);
  if (!server_) return std::nullopt;
  if (auto now = server_->look(100 * os::kMillisecond)) {
    before_ = std::exchange(after_, now);
  }
  if (!before_ || !after_ || after_->now <= before_->now) return std::nullopt;
  return static_cast<double>(after_->requests - before_->requests) * 1e9 /
         static_cast<double>(after_->now - before_->now);
}

}  // namespace weft::labs::dashboard
