// SPDX-License-Identifier: BSL-1.0
// What `weft bench servers` consists of: its clients, and the servers that are measured.
#include <iostream>

#include "labs/bench/servers/clients.hpp"
#include "labs/bench/servers/contestant.hpp"
#include "labs/bench/servers/echo_peers.hpp"
#include "lwp/os/process_clock.hpp"
#include "tests/catch.hpp"

using namespace weft::labs::bench;

namespace {

void ask_both_ways(const os::Address& server, const Question& question) {
  Clients clients(server, question, 10);
  clients.ask(1000);
  clients.ask(3);  // fewer than there are clients
  CHECK(clients.ask(200, 20'000).answered.count() == 200);
  clients.ask(100);
}

}  // namespace

TEST_CASE("bench servers: its echo servers answer all that its clients ask") {
  const int cpu = os::allowed_cpus().front();
  auto serve = GENERATE(echo_by_epoll, echo_by_uring);
  if (serve == echo_by_uring && !os::has(os::Feature::io_uring)) {
    std::cout << "SKIPPED: needs io_uring\n";
    return;
  }
  const Running running = start_fork(serve, cpu);
  for (std::size_t bytes : {1, 64, 40'000}) ask_both_ways(running.address, echo_question(bytes));
  CHECK(os::process_cpu_of(running.process.pid()) > 0);
}

TEST_CASE("bench servers: a file is learnt from its first answer, and must be the right one") {
  const int cpu = os::allowed_cpus().front();
  const Premises premises;
  const std::string name = premises.file(100'000), text = Premises::contents(100'000);
  const Running running =
      start_weft(WEFT_PROGRAM, {"--model", "fsm", "--root", premises.files()}, cpu);
  const Question question = file_question(running.address, name, text);
  CHECK(question.answer_bytes > text.size());
  ask_both_ways(running.address, question);
  CHECK_THROWS(file_question(running.address, name, text + "x"));
  CHECK_THROWS(file_question(running.address, "absent", text));
}

TEST_CASE("bench servers: one that is not here, or does not listen, says why") {
  const int cpu = os::allowed_cpus().front();
  CHECK_THROWS(start_program({"/nowhere/at/all"}, 1, cpu));
  CHECK_THROWS(start_program({"true"}, 1, cpu));
}
