// SPDX-License-Identifier: BSL-1.0
#include "labs/serve/flags.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "labs/exit.hpp"
#include "labs/suggest.hpp"

namespace weft::labs {
namespace {

namespace os = lwp::os;
using servers::Refusal;

constexpr std::size_t kMostStack = std::size_t{1} << 30;

const std::vector<std::string> kLayouts = {"single",    "prefork",     "per-connection",
                                           "on-demand", "partitioned", "replicated"};

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& w : words) out += (out.empty() ? "" : ", ") + w;
  return out;
}

// "there is no model 'x'; did you mean …? There are: …"
Refusal unknown(const std::string& flag, const std::string& typed,
                const std::vector<std::string>& words) {
  std::string text = flag + " '" + typed + "' is not known";
  if (auto near = nearest(typed, words)) text += "; did you mean " + flag + " " + *near + "?";
  return {text + (text.back() == '?' ? " " : ". ") + "There are: " + join(words)};
}

// Takes `word` if it is one of `words`.
bool one_of(const std::string& flag, const std::string& word, const std::vector<std::string>& words,
            Refusal& why) {
  if (std::find(words.begin(), words.end(), word) != words.end()) return true;
  why = unknown(flag, word, words);
  return false;
}

// "0,2-3" as 0, 2, 3; all must be CPUs this process may use.
std::vector<int> sorted(std::vector<int> numbers) {
  std::ranges::sort(numbers);
  return numbers;
}

bool read_cpus(const std::string& flag, const std::string& text, std::vector<int>& cpus,
               Refusal& why) {
  const auto allowed = os::allowed_cpus();
  const char* at = text.data();
  const char* end = at + text.size();
  bool sound = !text.empty();
  while (sound && at < end) {
    int first = 0, last = 0;
    auto read = std::from_chars(at, end, first);
    sound = read.ec == std::errc() && first >= 0;
    last = first;
    if (sound && read.ptr < end && *read.ptr == '-') {
      read = std::from_chars(read.ptr + 1, end, last);
      sound = read.ec == std::errc() && last >= first && last - first < 4096;
    }
    for (int cpu = first; sound && cpu <= last; ++cpu) cpus.push_back(cpu);
    at = read.ptr;
    if (sound && at < end) sound = *at++ == ',' && at < end;
  }
  std::vector<std::string> words;
  for (int cpu : allowed) words.push_back(std::to_string(cpu));
  if (!sound) {
    why = {flag + " '" + text +
           "' is no list of CPUs, such as 0 or 0,2-3. This process may use: " + join(words)};
    return false;
  }
  // A process confined to some CPUs may still move to others: only the kernel knows.
  bool may_use = os::confine_to(cpus) && std::ranges::includes(os::allowed_cpus(), sorted(cpus));
  (void)os::confine_to(allowed).error();
  if (!may_use) {
    why = {flag + " " + text + ": this process may not use these CPUs. It may use: " + join(words),
           kMachineLacks};
  }
  return may_use;
}

// Flags that would change nothing.
bool refuse_idle(const ServeFlags& f, Refusal& why) {
  if (f.processes_given && (f.layout == "single" || f.layout == "on-demand")) {
    why = {"--layout " + f.layout +
           " has one process that serves, so --processes would change nothing. Leave it out, or "
           "say --layout prefork"};
    return false;
  }
  if (!f.register_as.empty() && (f.layout == "per-connection" || f.layout == "on-demand")) {
    why = {"--layout " + f.layout +
           " has no process while nobody comes, which could renew a lease (--register). Leave it "
           "out, or say --layout prefork"};
    return false;
  }
  if (f.end_after_given && f.layout != "on-demand") {
    why = {"--end-after belongs to --layout on-demand. Leave it out, or say that"};
    return false;
  }
  if (f.layout == "replicated" && f.writable) {
    why = {
        "--layout replicated has copies that all say the same, so no client may change one "
        "(--writable). Leave it out, or say --layout partitioned"};
    return false;
  }
  if (f.layout == "partitioned" && f.service != "file") {
    why = {"--layout partitioned divides files, and --service " + f.service +
           " has none. Say --layout prefork"};
    return false;
  }
  if (f.limits.queue_given() && (f.model != "dispatcher-worker" || f.workers == 0)) {
    why = {
        "no requests wait for a worker where there are no workers, so --max-queue would change "
        "nothing. Leave it out, or say --model dispatcher-worker"};
    return false;
  }
  if (f.service == "names" && f.layout != "single") {
    why = {"--service names keeps its table in one process. Leave out --layout " + f.layout};
    return false;
  }
  if (f.lease_given && f.register_as.empty()) {
    why = {
        "--lease is for how long a server is registered. Say where, too: --register "
        "NAME@HOST:PORT"};
    return false;
  }
  if (f.max_lwps > 0 && f.on_block == "hold") {
    why = {
        "with --on-block hold there are --lwps LWPs and no more, so --max-lwps would change "
        "nothing. Leave it out, or say --on-block handoff"};
    return false;
  }
  for (const auto& flag : f.of_fibers) {
    if (flag == "--on-block" && f.on_block == "hold") continue;  // what would be without it
    if (f.model != "dispatcher-worker") {
      why = {"--model " + f.model + " runs no fibers, so " + flag +
             " would change nothing. Leave it out, or say --model dispatcher-worker"};
      return false;
    }
    if (f.mapping == "one-to-one" &&
        (flag == "--lwps" || flag == "--policy" || flag == "--seed" || flag == "--on-block" ||
         flag == "--max-lwps" || flag == "--preempt")) {
      why = {
          "with --mapping one-to-one each fiber has a kernel thread, which the kernel schedules, "
          "so " +
          flag + " would change nothing. Leave it out, or say --mapping many-to-many"};
      return false;
    }
  }
  return true;
}

bool check_numbers(const ServeFlags& f, Refusal& why) {
  auto within = [&](const std::string& flag, double value, double least, double most) {
    if (value >= least && value <= most) return true;
    char text[128];
    std::snprintf(text, sizeof text, " %g is out of range: %g to %g", value, least, most);
    why = {flag + text};
    return false;
  };
  return within("--max-lwps", f.max_lwps, 0, 1024) && within("--port", f.port, 0, 65535) &&
         within("--processes", f.processes, 0, 256) && within("--workers", f.workers, 0, 4096) &&
         within("--lwps", f.lwps, 0, 1024) && within("--lease", f.lease, 1, 3600) &&
         (!f.preempt_given || within("--preempt", f.preempt, 1, 10'000)) &&
         within("--cpu-per-request", f.cpu_per_request, 0, 60'000) &&
         within("--end-after", f.end_after, 0.1, 86'400) &&
         within("--file-cache", f.file_cache, 0, 60'000) &&
         within("--drain-seconds", f.drain_seconds, 0, 86'400) &&
         (!f.heads_given || within("--heads", f.heads, 1, 64));
}

bool read_names(const ServeFlags& f, servers::ServerOptions& options, Refusal& why) {
  std::vector<std::string> models;
  for (const auto& m : servers::models()) models.emplace_back(m.name);
  std::vector<std::string> services(servers::kServices.begin(), servers::kServices.end());
  if (!one_of("--service", f.service, services, why) || !one_of("--model", f.model, models, why) ||
      !one_of("--mapping", f.mapping, {"many-to-one", "many-to-many", "one-to-one"}, why) ||
      !one_of("--engine", f.engine, {"weft", "boost-fiber"}, why) ||
      !one_of("--on-block", f.on_block, {"hold", "handoff", "offload"}, why) ||
      !one_of("--layout", f.layout, kLayouts, why)) {
    return false;
  }
  options.service = f.service;
  options.model = f.model;
  options.form = f.form;
  options.fibers.mapping = *fibers::mapping_named(f.mapping);
  options.fibers.engine = *fibers::engine_named(f.engine);
  options.fibers.policy = f.policy;
  options.fibers.seed = f.seed;
  options.fibers.lwps = f.lwps;
  options.fibers.on_block = *fibers::on_block_named(f.on_block);
  options.fibers.max_lwps = f.max_lwps;
  options.fibers.preempt = static_cast<os::Nanos>(f.preempt * os::kMillisecond);
  options.fibers.spin = static_cast<os::Nanos>(f.spin * os::kMicrosecond);
  return true;
}

bool read_stack(const ServeFlags& f, servers::ServerOptions& options, Refusal& why) {
  std::uint64_t bytes = 0;
  if (!read_size(f.stack, bytes) || bytes > kMostStack || bytes < fibers::kLeastStack) {
    why = {"--stack '" + f.stack + "' is no size from 16K to 1024M, such as 128K"};
    return false;
  }
  options.fibers.stack_bytes = bytes;
  return true;
}

bool read_disk(const ServeFlags& f, servers::ServerOptions& options, Refusal& why) {
  auto parsed = servers::parse_disk(f.disk);
  if (!parsed.spec) {
    why = {parsed.error};
    return false;
  }
  options.disk = *parsed.spec;
  if (f.heads_given) {
    if (options.disk.kind != servers::DiskSpec::Kind::slow) {
      why = {"--heads belongs to a slow disk. Try: --disk slow:7.5 --heads " +
             std::to_string(f.heads)};
      return false;
    }
    options.disk.heads = f.heads;
  }
  return true;
}

// Confines this process, and chooses for the disk process the CPUs that are left.
bool confine(const ServeFlags& f, servers::ServerOptions& options, Refusal& why) {
  std::vector<int> cpus, rest;
  if (!f.disk_cpus.empty() && !read_cpus("--disk-cpus", f.disk_cpus, options.disk.cpus, why)) {
    return false;
  }
  if (f.cpus.empty()) return true;
  if (!read_cpus("--cpus", f.cpus, cpus, why)) return false;
  for (int cpu : os::allowed_cpus()) {
    if (std::find(cpus.begin(), cpus.end(), cpu) == cpus.end()) rest.push_back(cpu);
  }
  if (options.disk.cpus.empty()) options.disk.cpus = rest;
  if (auto done = os::confine_to(cpus); !done) {
    why = {"the kernel refuses to confine the server to --cpus " + f.cpus, kMachineLacks};
    return false;
  }
  return true;
}

}  // namespace

bool read_flags(const ServeFlags& f, servers::ServerOptions& options, Refusal& why) {
  options.workers = f.workers;
  options.root = f.root;
  options.access_log = f.access_log;
  options.writable = f.writable;
  options.anyone_can_write = f.anyone_can_write;
  options.bind = {f.bind == "localhost" ? "127.0.0.1" : f.bind, static_cast<std::uint16_t>(f.port)};
  options.cpu_per_request = static_cast<os::Nanos>(f.cpu_per_request * os::kMillisecond);
  options.file_cache = static_cast<os::Nanos>(f.file_cache * os::kMillisecond);
  return check_numbers(f, why) && f.limits.read(options.limits, why) &&
         read_names(f, options, why) && refuse_idle(f, why) && read_stack(f, options, why) &&
         read_disk(f, options, why) && confine(f, options, why);
}

}  // namespace weft::labs
