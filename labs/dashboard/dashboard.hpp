// SPDX-License-Identifier: BSL-1.0
// What a running process does, as a page that follows it. The process records itself as a flight
// recorder (lwp/trace); the dashboard lives in another process and reads that file. So it costs the
// process nothing more, and answers while every LWP of it is blocked, or it is stopped.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "labs/commands.hpp"
#include "labs/dashboard/http.hpp"
#include "lwp/atomic.hpp"
#include "lwp/os.hpp"

namespace CLI {
class App;
}

namespace weft::labs::dashboard {

/// What WEFT_TRACE says for a recording that a dashboard follows.
std::string flight_of(const std::string& file);

/// A recording in a folder of its own, which is removed with it.
class Flight {
 public:
  Flight();
  ~Flight();
  Flight(const Flight&) = delete;
  std::string file() const { return folder_ + "/recording"; }

 private:
  std::string folder_;
};

/// What a lecture changes while the page is looked at. Called on the dashboard's thread.
class Controls {
 public:
  virtual ~Controls() = default;
  /// A JSON array of {name, label, value, choices?}.
  virtual std::string fields() = 0;
  /// A JSON object, value by name. What to say of it.
  virtual std::string set(const std::string& values) = 0;
  /// What the process is, and answers a second where that is known.
  virtual std::string status() = 0;
  virtual std::optional<double> rate() = 0;
};

class Dashboard {
 public:
  struct About {
    std::string file;   ///< the recording
    std::string title;  ///< of the page
    Controls* controls = nullptr;
    std::uint16_t port = 0;
  };
  /// Or why it cannot listen.
  static std::variant<std::unique_ptr<Dashboard>, Refusal> open(const About& about, const Say& say);
  std::string url() const { return http_->url(); }

 private:
  Dashboard(const About& about, const Say& say) : about_(about), say_(say) {}
  Answer answer(const Request& request);
  std::string live();
  std::string stack(const Request& request);
  std::string page();

  const About about_;
  const Say say_;
  lwp::atomic<bool> opened_{false};  // pairs with open(): http_ is written
  std::unique_ptr<Http> http_;
};

/// `--dashboard [PORT]`: -1 if it was not given, 0 for any port.
void add_option(CLI::App& sub, int& port, const Say& say);

}  // namespace weft::labs::dashboard
