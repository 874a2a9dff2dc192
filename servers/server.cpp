// SPDX-License-Identifier: BSL-1.0
#include "servers/server.hpp"

#include <algorithm>
#include <cstring>
#include <system_error>

#include "lwp/os/socket_options.hpp"
#include "servers/echo.hpp"
#include "servers/file/file_service.hpp"
#include "servers/file_tree.hpp"
#include "servers/json_line.hpp"
#include "servers/listener.hpp"
#include "servers/names.hpp"
#include "servers/picture.hpp"

namespace weft::servers {
namespace {

// Of a connection whose peer does not read: megabytes for each would be the kernel's memory gone.
constexpr int kMostUnsent = 256 * 1024;

std::string reason(int error) {
  return std::generic_category().message(error);
}

std::unique_ptr<Service> make_service(const ServerOptions& options) {
  if (options.service == "echo") {
    return std::make_unique<EchoService>(
        EchoOptions{.limits = options.limits, .cpu_per_request = options.cpu_per_request});
  }
  if (options.service == "names") {
    return std::make_unique<NamesService>(NamesOptions{.cpu_per_request = options.cpu_per_request});
  }
  return std::make_unique<FileService>(FileOptions{.limits = options.limits,
                                                   .cpu_per_request = options.cpu_per_request,
                                                   .writable = options.writable,
                                                   .partition = options.partition,
                                                   .wall = options.wall});
}

// A connection in a request has a socket and a file, some have two.
ServerOptions with_defaults(ServerOptions options) {
  std::size_t& most = options.limits.connections;
  if (most == 0) most = os::raise_descriptor_limit() / 2;
  return options;
}

bool is_loopback(const std::string& host) {
  return host.starts_with("127.") || host == "::1";
}

bool may_write(const ServerOptions& options, Refusal& why) {
  if (!options.writable) {
    if (!options.anyone_can_write) return true;
    why = {"--yes-anyone-can-write changes nothing without --writable. Say both or neither"};
  } else if (options.service != "file") {
    why = {"--service " + options.service +
           " has no files, so --writable would change nothing. Leave it out"};
  } else if (!is_loopback(options.bind.host) && !options.anyone_can_write) {
    why = {"with --writable and --bind " + options.bind.host +
           " whoever reaches this machine can change and delete files of " + options.root +
           ". Stay on 127.0.0.1, or say --yes-anyone-can-write"};
  } else {
    return true;
  }
  return false;
}

}  // namespace

Server::Server(const ServerOptions& options)
    : options_(with_defaults(options)), files_(options.file_cache) {}
Server::~Server() = default;

std::unique_ptr<Server> Server::open(const ServerOptions& options, Refusal& why) {
  std::unique_ptr<Server> server(new Server(options));
  server->entry_ = find_model(options.model);
  if (server->entry_ == nullptr) {
    why = {"there is no model '" + options.model + "'"};
    return nullptr;
  }
  if (std::find(kServices.begin(), kServices.end(), options.service) == kServices.end()) {
    why = {"there is no service '" + options.service + "'"};
    return nullptr;
  }
  if (server->entry_->uses_fibers) {
    if (auto refusal = fibers::refuse(options.fibers)) {
      why = {*refusal};
      return nullptr;
    }
  }
  if (!server->choose_form(why)) return nullptr;
  if (!may_write(options, why)) return nullptr;
  if (!options.access_log.empty() && options.service != "file") {
    why = {"--service " + options.service +
           " has no requests to log, so --access-log would change nothing. Leave it out"};
    return nullptr;
  }
  if (options.service == "file" && !server->open_root(why)) return nullptr;
  if (options.writable) remove_stale(server->root_.get());
  try {
    DiskSpec disk = options.disk;
    disk.writable = options.writable;
    // As many threads can block as there are workers; a fiber for each connection has no bound.
    if (options.workers > 0) disk.readers = static_cast<std::size_t>(options.workers);
    server->disk_ = make_disk(disk);
    Source source;  // after the disk process is forked, which must not keep the port
    if (!server->open_source(source, why)) return nullptr;
    if (!options.access_log.empty()) {
      server->log_ = AccessLog::open(options.access_log, options.wall, why);
      if (!server->log_) return nullptr;
    }
    server->service_ = make_service(server->options_);
    server->model_ = server->entry_->make({.site = {.service = *server->service_,
                                                    .disk = *server->disk_,
                                                    .limits = server->options_.limits,
                                                    .files = server->files_,
                                                    .root = server->root_.get(),
                                                    .cpu_per_request = options.cpu_per_request,
                                                    .counters = server->counters_,
                                                    .tail = server->tail_,
                                                    .log = server->log_.get()},
                                           .source = std::move(source),
                                           .form = server->form_,
                                           .fibers = options.fibers,
                                           .workers = options.workers});
  } catch (const std::system_error& e) {
    why = {std::string("the kernel refuses a resource: ") + e.what() +
               ". Fewer --workers need fewer; see also: ulimit -n, ulimit -u",
           lwp::kMachineLacks};
    return nullptr;
  }
  if (options.fibers.dump_on_sigquit && !server->entry_->uses_fibers) {
    server->pictured_.emplace(server.get(), show);
  }
  return server;
}

void Server::run() {
  thread_.store(os::thread_id(), lwp::memory_order_relaxed);
  model_->run();
}

void Server::show(const void* server, int fd) {
  const auto& s = *static_cast<const Server*>(server);
  servers::show({.model = s.entry_->name,
                 .port = s.port_,
                 .thread = s.thread_.load(lwp::memory_order_relaxed),
                 .view = s.model_->view()},
                fd);
}

bool Server::choose_form(Refusal& why) {
  std::string known;
  for (const auto& form : entry_->forms) {
    if (options_.form.empty() || options_.form == form) {
      form_ = form;
      return true;
    }
    known.append(known.empty() ? "" : ", ").append(form);
  }
  if (options_.form.empty()) return true;
  why = {known.empty() ? "--model " + options_.model + " has one form only, so --form " +
                             options_.form + " would change nothing. Leave it out"
                       : "--model " + options_.model + " has no form '" + options_.form +
                             "'. There are: " + known};
  return false;
}

bool Server::open_root(Refusal& why) {
  auto root = os::open_directory(options_.root);
  if (!root) {
    why = {"cannot serve --root '" + options_.root + "': " + reason(root.error()) +
           ". It must be a folder, as in: weft serve --root ."};
    return false;
  }
  root_ = std::move(*root);
  return true;
}

bool Server::open_source(Source& source, Refusal& why) {
  const bool one = options_.connection >= 0;
  os::Fd& socket = one ? source.connection : source.listener;
  if (one || options_.listener >= 0) {
    auto same = os::duplicate(one ? options_.connection : options_.listener);
    if (!same) {
      why = {"no descriptor is left for a socket. See: ulimit -n", lwp::kMachineLacks};
      return false;
    }
    socket = std::move(*same);
  } else {
    socket = listen_at(options_.bind, why);
    if (!socket) return false;
  }
  os::limit_unsent(socket.get(), kMostUnsent);
  auto port = os::local_port(socket.get());
  port_ = port ? *port : 0;
  return true;
}

std::string Server::counters_line() const {
  const ModelReport model = model_->report();
  const os::IdleReport idle = os::idle_report();
  const bool fibers = entry_->uses_fibers;
  JsonLine line;
  line.text("schema", "weft.serve/1")
      .text("model", options_.model)
      .text_or_null("form", form_)
      .number("pid", os::process_id())
      .text_or_null("mapping", fibers ? name(options_.fibers.mapping) : std::string_view())
      .text("engine", name(options_.fibers.engine))
      .text("on_block", name(options_.fibers.on_block))
      .number("workers", model.workers)
      .number("lwps", model.lwps)
      .number("stack_kb", fibers ? options_.fibers.stack_bytes / 1024 : 0)
      .number("requests", counters_.requests.get())
      .number("errors", counters_.errors.get())
      .number("connections", counters_.connections.get())
      .number("open_connections", counters_.open())
      .number("refused", counters_.refused.get())
      .number("log_lines_dropped", log_ ? log_->dropped() : 0)
      .number("now_ns", os::now())
      .number("cpu_ns", os::process_cpu())
      .number("idle_ns", idle.idle)
      .number("idle_while_waiting_ns", idle.idle_while_waiting)
      .number("longest_idle_ns", idle.longest_while_waiting)
      .number("times_idle_while_waiting", idle.times_while_waiting)
      .number("blocking_reads", model.blocking_reads)
      .number("blocked_ns", model.blocked)
      .number("ready_at_block", model.ready_at_block)
      .number("blocked_while_ready_ns", model.blocked_while_ready)
      .number("switches", model.switches)
      .number("rss_kb", os::resident_bytes() / 1024)
      .number("remembered_bytes", model.remembered_bytes)
      .number("states", model.states);
  return line.str();
}

}  // namespace weft::servers
