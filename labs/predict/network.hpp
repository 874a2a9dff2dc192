// SPDX-License-Identifier: BSL-1.0
// The server as a closed queueing network: n requests in service at all times (16 clients without
// think time see to that), one CPU, and a disk with `heads` heads that every third request visits.
//
//            ┌────────────► hot ───────────────┐
//   n ──► [ CPU 15 ms ]                        ├──► answered, the next request takes its place
//     ▲      └────► cold ─► [ disk 75 ms × K ]─┘           │
//     └─────────────────────────────────────────────────────┘
//
// Three answers to "how many requests a second?", from the nearest to the roughest:
//   simulate_rps  exactly this network: first come first served, service times that do not vary
//   mva_rps       exponential service times instead, solved exactly (mean value analysis)
//   bound_rps     no queueing at all: an upper bound (asymptotic bound analysis)
// Service times that vary cost throughput, so mva_rps <= simulate_rps <= bound_rps.
#pragma once

#include <cstdint>

namespace weft::labs::predict {

struct Network {
  double cpu_ms = 15;   ///< of each request
  double disk_ms = 75;  ///< of each cold request
  int heads = 8;        ///< requests the disk serves at once
  int deck = 30;        ///< cold requests are dealt from decks of this size…
  int cold = 10;        ///< …holding this many
};

/// Requests a second with `in_service` requests in the network: an event simulation over
/// `requests` requests dealt from decks of `seed`. Deterministic.
double simulate_rps(const Network& network, int in_service, std::uint64_t seed = 1,
                    int requests = 300'000);

/// The same with exponential service times: exact mean value analysis with the disk as a
/// load-dependent centre (M. Reiser, S. S. Lavenberg, JACM 27(2), 1980, section 3).
double mva_rps(const Network& network, int in_service);

/// Nobody ever queues, or the busiest centre never rests, whichever is less (J. D. C. Little's law
/// and the utilisation law; P. J. Denning, J. P. Buzen, Computing Surveys 10(3), 1978).
double bound_rps(const Network& network, int in_service);

}  // namespace weft::labs::predict
