// SPDX-License-Identifier: BSL-1.0
// weft serve --dashboard: the server is a process of its own, which the page's controls start anew
// with other options, under a load that they choose. So a lecture changes one thing, and sees what
// it does within two seconds.
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "labs/compare/server.hpp"
#include "labs/dashboard/dashboard.hpp"
#include "lwp/lock.hpp"

namespace weft::labs::dashboard {

class Lecture final : public Controls {
 public:
  struct Setup {
    std::vector<std::string> arguments;          ///< of `weft serve`, without those in `options`
    std::map<std::string, std::string> options;  ///< "--mapping" → "many-to-one"; "" leaves it out
    std::string root;                            ///< whose files the load asks for; "": no load
    std::string file;                            ///< of the recording
    bool fibers = true;                          ///< the model has them
  };
  /// Starts the server. Why it does not start it has said itself on standard error.
  static std::unique_ptr<Lecture> start(const Setup& setup, const Say& say);
  ~Lecture() override;

  /// REQUIRES that nobody sets anything at the moment.
  int port() const { return port_; }
  /// Whether the server has not ended by itself. Thread-safe, as all below.
  bool runs();

  std::string fields() override;
  std::string set(const std::string& values) override;
  std::string status() override;
  std::optional<double> rate() override;

 private:
  struct Field {
    std::string name, label, option;
    std::vector<std::string> choices;  // none: a number
  };
  Lecture(const Setup& setup, const Say& say) : setup_(setup), say_(say) {}
  std::vector<Field> all_fields() const;
  std::string value_of(const Field& field) const;
  bool start_server(const std::map<std::string, std::string>& options);
  void start_load();
  void stop_load();

  lwp::Lock lock_;  // guards all below; held while a server starts
  Setup setup_;
  const Say say_;
  std::vector<std::string> requests_;  // outlive the load
  double asked_ = 0;                   // requests a second
  std::string disk_rest_;              // what was typed of a slow disk besides its time
  int port_ = 0;
  std::optional<compare::ServerProcess> server_;
  std::optional<compare::Counters> before_, after_;
  lwp::os::Fd end_load_;  // closed to end it
  lwp::os::Thread load_;
};

}  // namespace weft::labs::dashboard
