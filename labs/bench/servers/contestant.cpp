// SPDX-License-Identifier: BSL-1.0
#include "labs/bench/servers/contestant.hpp"

#include <cstdlib>
#include <fstream>
#include <optional>
#include <stdexcept>

namespace weft::labs::bench {
namespace {

namespace fs = std::filesystem;

constexpr os::Nanos kStarting = 10 * os::kSecond;

std::uint16_t free_port() {
  auto listener = os::listen({});
  auto port = listener ? os::local_port(listener->get()) : lwp::Result<std::uint16_t>::failure(1);
  if (!port) throw std::runtime_error("no port is free");
  return *port;
}

bool takes_connections(const os::Address& address) {
  auto socket = os::connect(address);
  return socket && os::wait_ready(socket->get(), os::kWritable, os::now() + os::kSecond) &&
         os::socket_error(socket->get()) == 0;
}

// Where a server's program lies: not every PATH has the folders of administrators.
std::optional<fs::path> find_program(const std::vector<std::string>& names) {
  const char* path = std::getenv("PATH");
  const std::string folders = (path ? std::string(path) + ":" : "") + "/usr/sbin:/usr/local/sbin";
  for (std::size_t at = 0; at < folders.size();) {
    const std::size_t end = std::min(folders.find(':', at), folders.size());
    for (const auto& name : names) {
      std::error_code error;
      fs::path program = fs::path(folders.substr(at, end - at)) / name;
      if (fs::is_regular_file(program, error)) return program;
    }
    at = end + 1;
  }
  return std::nullopt;
}

fs::path need_program(const std::vector<std::string>& names, const std::string& package) {
  if (auto program = find_program(names)) return *program;
  throw std::runtime_error("there is no " + names.front() + " here: sudo apt install " + package);
}

std::string write_file(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
  return path.string();
}

// Each as its manual would have it for static files on one core; none closes a connection or logs.
std::vector<std::string> nginx(const Premises& at, const std::string& port) {
  const fs::path program = need_program({"nginx"}, "nginx");
  std::string folders;
  for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
    folders += "  " + std::string(kind) + "_temp_path " + at.path() + "/nginx-" + kind + ";\n";
  const std::string text =
      "daemon off;\nmaster_process off;\nworker_processes 1;\npid " + at.path() +
      "/nginx.pid;\nerror_log " + at.path() + "/nginx.log crit;\n" +
      R"(events {
  worker_connections 4096;
  multi_accept on;
}
http {
  access_log off;
  sendfile on;
  sendfile_max_chunk 128k;
  keepalive_requests 1000000000;
  open_file_cache max=100;
  default_type application/octet-stream;
)" + folders +
      "  server {\n    listen 127.0.0.1:" + port + ";\n    root " + at.files() + ";\n  }\n}\n";
  return {program.string(), "-c", write_file(at.path() + "/nginx.conf", text), "-e",
          at.path() + "/nginx.log"};
}

std::vector<std::string> lighttpd(const Premises& at, const std::string& port) {
  const fs::path program = need_program({"lighttpd"}, "lighttpd");
  const std::string text = "server.document-root = \"" + at.files() +
                           "\"\nserver.bind = \"127.0.0.1\"\nserver.port = " + port +
                           "\nserver.errorlog = \"" + at.path() + "/lighttpd.log\"\n" +
                           R"(server.max-keep-alive-requests = 65535
server.max-fds = 4096
mimetype.assign = ("" => "application/octet-stream")
)";
  return {program.string(), "-D", "-f", write_file(at.path() + "/lighttpd.conf", text)};
}

std::vector<std::string> apache(const Premises& at, const std::string& port) {
  const fs::path program = need_program({"apache2", "httpd"}, "apache2-bin");
  const std::string modules =
      (program.parent_path().parent_path() / "lib/apache2/modules").string();
  const std::string text =
      "ServerRoot " + at.path() + "\nDefaultRuntimeDir " + at.path() + "\nPidFile " + at.path() +
      "/apache.pid\nErrorLog " + at.path() + "/apache.log\nDocumentRoot " + at.files() +
      "\nListen 127.0.0.1:" + port + "\nLoadModule mpm_event_module " + modules +
      "/mod_mpm_event.so\nLoadModule authz_core_module " + modules + "/mod_authz_core.so\n" +
      R"(ServerName localhost
LogLevel crit
User #65534
Group #65534
ThreadLimit 64
ThreadsPerChild 64
MaxRequestWorkers 64
AsyncRequestWorkerFactor 32
KeepAlive On
KeepAliveTimeout 60
MaxKeepAliveRequests 0
<Directory />
  AllowOverride None
  Require all granted
</Directory>
)";
  return {program.string(), "-X", "-f", write_file(at.path() + "/apache.conf", text)};
}

}  // namespace

Premises::Premises()
    : path_(fs::temp_directory_path() / ("weft-bench-" + std::to_string(os::process_id()))) {
  fs::create_directories(path_ / "files");
}
Premises::~Premises() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string Premises::file(std::size_t bytes) const {
  const std::string name = std::to_string(bytes);
  if (!fs::exists(path_ / "files" / name)) write_file(path_ / "files" / name, contents(bytes));
  return name;
}

std::string Premises::contents(std::size_t bytes) {
  std::string text(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>('a' + (i * 7 + i / 64) % 26);
  return text;
}

Running start_program(const std::vector<std::string>& argv, std::uint16_t port, int cpu) {
  auto process = os::spawn_process(argv, std::span(&cpu, 1));
  if (!process) throw std::runtime_error("it cannot be started: " + argv.front());
  Running running{{.port = port}, std::move(*process)};
  for (const os::Nanos end = os::now() + kStarting; !takes_connections(running.address);) {
    if (running.process.wait(os::now() + os::kMillisecond) || os::now() > end)
      throw std::runtime_error("it takes no connections: " + argv.front());
  }
  return running;
}

Running start_fork(int (*serve)(int listener), int cpu) {
  auto listener = os::listen({});
  auto port = listener ? os::local_port(listener->get()) : lwp::Result<std::uint16_t>::failure(1);
  auto process = port ? os::fork_process([&] { return serve(listener->get()); }, std::span(&cpu, 1))
                      : lwp::Result<os::Process>::failure(1);
  if (!process) throw std::runtime_error("the kernel gives no port or process");
  return {{.port = *port}, std::move(*process)};
}

Running start_weft(const std::string& program, std::vector<std::string> arguments, int cpu) {
  const std::uint16_t port = free_port();
  arguments.insert(arguments.begin(), {program, "serve", "--port", std::to_string(port)});
  return start_program(arguments, port, cpu);
}

Running start_peer(Engine engine, const Premises& premises, int cpu) {
  const std::uint16_t port = free_port();
  const std::string text = std::to_string(port);
  return start_program(engine == Engine::nginx      ? nginx(premises, text)
                       : engine == Engine::lighttpd ? lighttpd(premises, text)
                                                    : apache(premises, text),
                       port, cpu);
}

}  // namespace weft::labs::bench
