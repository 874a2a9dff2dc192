// SPDX-License-Identifier: BSL-1.0
#include "labs/serve/layouts.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <system_error>

#include "labs/columns.hpp"
#include "labs/exit.hpp"
#include "lwp/os/addresses.hpp"
#include "lwp/trace/recorder.hpp"
#include "servers/control.hpp"
#include "servers/layouts/superserver.hpp"
#include "servers/layouts/supervisor.hpp"
#include "servers/listener.hpp"
#include "servers/registrar.hpp"

namespace weft::labs {
namespace {

namespace os = lwp::os;
using servers::Refusal;

// As what the server that listens on `port` is to be registered; nothing without --register.
std::optional<servers::Registration> registration_of(const ServeFlags& f,
                                                     const servers::ServerOptions& options,
                                                     std::uint16_t port) {
  if (f.register_as.empty()) return std::nullopt;
  Refusal checked;  // by `weft serve`
  auto out = servers::parse_registration(f.register_as, f.lease, checked);
  auto bound = options.listener >= 0 ? os::local_host(options.listener) : options.bind.host;
  if (out && bound) out->endpoint = servers::endpoint_of({*bound, port}, out->names);
  return out;
}

void say(const std::string& line) {
  std::fprintf(stderr, "%s\n", wrap("weft serve: " + line, 80, 2).c_str());
}

os::Nanos seconds(double number) {
  return static_cast<os::Nanos>(number * static_cast<double>(os::kSecond));
}

// One server, in this process, until it is drained; `listens` is told its port. The exit code.
int run_server(const ServeFlags& f, const servers::ServerOptions& options, const std::string& role,
               const std::function<void(int port)>& listens) {
  Refusal why;
  // Before any thread or process is made. A log on the screen ends with its terminal.
  const bool renames = !options.access_log.empty() && options.access_log != "-";
  auto signals = servers::Control::take_signals(renames);
  if (!signals) return refuse_serving({"the kernel gives no signal descriptor", kMachineLacks});
  auto server = servers::Server::open(options, why);
  if (!server) return refuse_serving(why);
  lwp::trace::set_role(role);

  std::optional<servers::Registrar> registrar;
  if (auto as = registration_of(f, options, server->port())) {
    // Of several processes with one listener another may serve on when this one ends.
    using Endpoint = servers::Registrar::Endpoint;
    registrar.emplace(*as, f.layout == "prefork" ? Endpoint::shared : Endpoint::own, say);
  }
  servers::Control control(*server, std::move(*signals),
                           {.drain_time = seconds(f.drain_seconds),
                            .stats_at_end = f.stats,
                            .idle_end = f.layout == "on-demand" ? seconds(f.end_after) : os::kNever,
                            .at_drain = [&] {
                              if (registrar) registrar->leave();
                            }});
  os::meter_idle([&] { return server->waiting(); });
  listens(server->port());
  try {
    server->run();
  } catch (const std::exception& error) {  // no kernel thread, no memory
    why = {std::string(error.what()) +
               "; the server needs fewer --workers or --lwps, or a higher limit (ulimit -u, -v)",
           kMachineLacks};
  }
  os::meter_idle({});  // what it asked is about to go
  return why.message.empty() ? kDone : refuse_serving(why);
}

// The sockets that the processes of a layout listen on.
struct Listeners {
  std::vector<os::Fd> made;
  std::vector<int> sockets;
  std::vector<std::uint16_t> ports;

  bool open(const servers::ServerOptions& options, int count, Refusal& why) {
    for (int i = 0; i < count; ++i) {
      if (options.listener >= 0) {
        sockets.push_back(options.listener);
      } else {
        os::Address at = options.bind;
        if (at.port != 0 && at.port + i > 65535) {
          why = {"from --port " + std::to_string(at.port) + " on there are no " +
                 std::to_string(count) + " ports. Take a lower one, or 0: any free ones"};
          return false;
        }
        if (at.port != 0) at.port = static_cast<std::uint16_t>(at.port + i);
        made.push_back(servers::listen_at(at, why));
        if (!made.back()) return false;
        sockets.push_back(made.back().get());
      }
      // A process that is told to end has no connection then whose client has yet to ask.
      os::accept_with_data(sockets.back(), os::kSecond);
      const auto port = os::local_port(sockets.back());
      ports.push_back(port ? *port : 0);
    }
    return true;
  }
};

// Several processes, kept running by one more; they share a listener, or have one each.
int supervise(const ServeFlags& f, const servers::ServerOptions& options,
              const Listeners& listeners, int processes,
              const std::function<void(int port)>& say_listening) {
  auto body = [&](int number, servers::Readiness ready) {
    const auto place = static_cast<std::size_t>(number - 1);
    servers::ServerOptions own = options;
    own.listener = listeners.sockets[place % listeners.sockets.size()];
    if (f.layout == "partitioned") {
      own.partition = {.host = options.bind.host, .ports = listeners.ports, .self = place};
    }
    return run_server(f, own, "server " + std::to_string(number), [&](int) { ready.tell(); });
  };
  auto serving = [&] {
    for (const auto port : listeners.ports) say_listening(port);
  };
  servers::Supervisor supervisor(
      {.processes = processes, .pauses = {}, .body = body, .serving = serving, .say = say});
  const int code = supervisor.run();
  if (f.layout == "prefork") {
    if (auto as = registration_of(f, options, listeners.ports[0])) servers::unregister(*as);
  }
  return code;
}

// A process for each connection, or one that is started when somebody comes.
int serve_on_demand(const ServeFlags& f, const servers::ServerOptions& options,
                    const Listeners& listeners, int most,
                    const std::function<void(int port)>& say_listening) {
  // What would hinder each process is told now, and once. In a process: a server may make threads.
  auto trial = os::fork_process([&] {
    Refusal why;
    servers::ServerOptions own = options;
    own.listener = listeners.sockets[0];
    return servers::Server::open(own, why) ? kDone : refuse_serving(why);
  });
  if (!trial) return refuse_serving({"no process can be started here", kMachineLacks});
  if (const auto exit = trial->wait(); exit && exit->code != kDone) return exit->code;
  const bool per_connection = f.layout == "per-connection";
  auto body = [&](std::uint64_t number, int connection) {
    servers::ServerOptions own = options;
    own.connection = connection;
    if (connection < 0) own.listener = listeners.sockets[0];
    return run_server(f, own, "server " + std::to_string(number), [](int) {});
  };
  servers::Superserver server({.listener = listeners.sockets[0],
                               .most = per_connection ? most : 1,
                               .accepts = per_connection,
                               .pauses = {},
                               .body = body,
                               .say = say});
  say_listening(listeners.ports[0]);
  return server.run();
}

}  // namespace

int refuse_serving(const Refusal& why) {
  // A compiler's words on a policy have lines of their own.
  std::string text = "weft serve: " + why.message;
  if (text.find('\n') == text.npos) text = wrap(text, 80, 2);
  std::fprintf(stderr, "%s\n", text.c_str());
  return why.exit_code;
}

int serve_in_layout(const ServeFlags& f, const servers::ServerOptions& options,
                    const std::function<void(int port)>& say_listening) {
  if (f.layout == "single") return run_server(f, options, "server", say_listening);
  const bool superserver = f.layout == "per-connection" || f.layout == "on-demand";
  const bool own_ports = f.layout == "partitioned" || f.layout == "replicated";
  int processes = f.processes;
  if (processes == 0) {
    processes = superserver ? 64 : static_cast<int>(os::allowed_cpus().size());
    if (own_ports) processes = std::max(processes, 2);
  }
  servers::ServerOptions own = options;
  // What one process changes another would not see: an owner is the only one to change its files.
  if (options.writable && f.layout != "partitioned") own.file_cache = 0;
  Refusal why;
  Listeners listeners;
  if (!listeners.open(own, own_ports ? processes : 1, why)) return refuse_serving(why);
  try {
    return superserver ? serve_on_demand(f, own, listeners, processes, say_listening)
                       : supervise(f, own, listeners, processes, say_listening);
  } catch (const std::system_error& error) {
    return refuse_serving(
        {std::string("the kernel refuses a resource: ") + error.what(), kMachineLacks});
  }
}

}  // namespace weft::labs
