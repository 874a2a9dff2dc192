// SPDX-License-Identifier: BSL-1.0
#include "servers/picture.hpp"

#include "lwp/dump.hpp"
#include "lwp/line.hpp"
#include "servers/connection_pool.hpp"

namespace weft::servers {
namespace {

using lwp::Line;

void number(Line& line, int n) {
  line.number(static_cast<std::uint64_t>(n));
}

// Nothing if none is open.
void path_of_file(Line& line, const Connection::Shown& c) {
  std::array<char, 120> path;
  int file = c.file.load(lwp::memory_order_relaxed);
  if (file >= 0) line.text(os::descriptor_path(file, path));
}

void say_serving(Line& line, const Connection* c) {
  const char* state = c == nullptr ? nullptr : c->shown().state.load(lwp::memory_order_relaxed);
  if (state == nullptr) {
    line.text(", polls");
    return;
  }
  line.text(", serves connection ");
  number(line, c->shown().socket.load(lwp::memory_order_relaxed));
  line.text(": ").text(state).text(" ");
  path_of_file(line, c->shown());
}

struct Output {
  const Picture& picture;
  int fd;
};

void show_thread(int id, std::string_view name, void* context) {
  const auto& out = *static_cast<const Output*>(context);
  Line line;
  number(line.text("  "), id);
  line.column(12).text(name).column(29);
  os::ThreadLook look = os::look_at_thread(id);
  lwp::say_doing(line, look);
  if (id == out.picture.thread) say_serving(line, out.picture.view.serving);
  line.end(out.fd);
}

}  // namespace

void show(const Picture& picture, int fd) {
  std::size_t open = 0;
  const ConnectionPool* connections = picture.view.connections;
  if (connections != nullptr) {
    connections->for_each_shown([&](const char*, const auto&) { ++open; });
  }
  Line line;
  line.text("weft: ").text(picture.model).text(" server on port ").number(picture.port);
  line.text(", ").number(open).text(open == 1 ? " connection" : " connections");
  line.end(fd);
  line.text("  thread    name             state");
  line.end(fd);
  Output out{picture, fd};
  os::each_thread(show_thread, &out);
  line.text("  connection  state      file");
  line.end(fd);
  if (connections == nullptr) return;
  connections->for_each_shown([&](const char* state, const Connection::Shown& c) {
    number(line.text("  "), c.socket.load(lwp::memory_order_relaxed));
    line.column(14).text(state).column(25);
    path_of_file(line, c);
    line.end(fd);
  });
}

}  // namespace weft::servers
