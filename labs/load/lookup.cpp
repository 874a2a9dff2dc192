// SPDX-License-Identifier: BSL-1.0
#include "labs/load/lookup.hpp"

namespace weft::labs::load {

using namespace lwp::os;
using State = servers::NamesQuestion::State;

namespace {

// A server that dies makes many requests fail at once. A question that takes longer is given up.
constexpr Nanos kBetween = 200 * kMillisecond;

}  // namespace

void Lookup::ask(Nanos t) {
  if (!named_ || t < not_before_) return;
  not_before_ = t + kBetween;
  end();
  question_ = std::make_unique<servers::NamesQuestion>(named_->server, "lookup " + named_->name);
  // Before it is connected: the poller says when.
  if (question_->socket() < 0 ||
      !poller_.add(question_->socket(), kWritable, Poller::Trigger::level, this))
    end();
}

void Lookup::ready() {
  if (!question_) return;  // given up while an earlier event of this batch was handled
  const State state = question_->go_on();
  if (state == State::waits) {
    (void)poller_.change(question_->socket(), question_->interest(), Poller::Trigger::level, this)
        .error();
    return;
  }
  if (state == State::answered) endpoints_.replace(servers::endpoints_in(question_->answer()));
  end();
}

void Lookup::end() {
  if (question_ && question_->socket() >= 0) poller_.remove(question_->socket());
  question_.reset();
}

}  // namespace weft::labs::load
