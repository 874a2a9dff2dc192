// SPDX-License-Identifier: BSL-1.0
// How latency, throughput and CPU time grow together as more is asked of a server: its capacity is
// found by a short closed loop, then an open loop asks for a tenth of it, two tenths, up to 120 %.
// Of several servers the rates are shares of the largest capacity, so that all are asked the same.
#pragma once

#include "labs/load/experiment.hpp"

namespace weft::labs::load {

struct Sweep {
  std::vector<double> capacity;  ///< of each variant, requests a second
  struct Step {
    double share = 0;           ///< of the largest capacity
    double rate = 0;            ///< requests a second
    std::vector<Trial> trials;  ///< of each variant
  };
  std::vector<Step> steps;
  bool interrupted = false;
  std::optional<std::size_t> unreachable;
  int connect_error = 0;  ///< why

  double largest_capacity() const;
};

Sweep sweep(const Job& job, const Watch& watch);

}  // namespace weft::labs::load
