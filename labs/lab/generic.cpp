// SPDX-License-Identifier: BSL-1.0
#include "labs/lab/generic.hpp"

#include <algorithm>
#include <iterator>

namespace weft::labs::lab {
namespace {

struct Row {
  std::string_view outcome;
  MessageId broken, rule, next;
};

const Row kRows[] = {
    {"missing_file", "lab.broken.missing_file", "lab.rule.missing_file", "lab.next.missing_file"},
    {"does_not_compile", "lab.broken.does_not_compile", "lab.rule.does_not_compile",
     "lab.next.does_not_compile"},
    {"does_not_link", "lab.broken.does_not_link", "lab.rule.does_not_link",
     "lab.next.does_not_link"},
    {"not_given", "lab.broken.not_given", "lab.rule.not_given", "lab.next.not_given"},
    {"own_symbol", "lab.broken.own_symbol", "lab.rule.own_symbol", "lab.next.own_symbol"},
    {"calls", "lab.broken.calls", "lab.rule.calls", "lab.next.calls"},
    {"deadlock", "lab.broken.deadlock", "lab.rule.deadlock", "lab.next.deadlock"},
    {"blocked", "lab.broken.blocked", "lab.rule.blocked", "lab.next.blocked"},
    {"endless", "lab.broken.endless", "lab.rule.endless", "lab.next.endless"},
    {"computes", "lab.broken.computes", "lab.rule.computes", "lab.next.computes"},
    {"crash", "lab.broken.crash", "lab.rule.crash", "lab.next.crash"},
    {"exception", "lab.broken.exception", "lab.rule.exception", "lab.next.exception"},
    {"exits", "lab.broken.exits", "lab.rule.exits", "lab.next.exits"},
    {"race", "lab.broken.race", "lab.rule.race", "lab.next.race"},
    {"leak", "lab.broken.leak", "lab.rule.leak", "lab.next.leak"},
    {"kernel", "lab.broken.kernel", "lab.rule.kernel", "lab.next.kernel"},
    {"stranger", "lab.broken.stranger", "lab.rule.stranger", "lab.next.stranger"},
    {"unsteady", "lab.broken.unsteady", "lab.rule.unsteady", "lab.next.unsteady"},
    {"property", "lab.broken.property", "lab.rule.property", "lab.next.property"},
    {"policy_rule", "lab.broken.policy_rule", "lab.rule.policy_rule", "lab.next.policy_rule"},
    {"no_time", "lab.broken.no_time", "lab.rule.no_time", "lab.next.no_time"},
    {"forged", "lab.broken.forged", "lab.rule.forged", "lab.next.forged"},
    {"grader", "lab.broken.grader", "lab.rule.grader", "lab.next.grader"},
};

}  // namespace

Generic generic(std::string_view outcome, const Say& say) {
  auto row = std::ranges::find(kRows, outcome, &Row::outcome);
  if (row == std::end(kRows)) return {};
  return {say(row->broken), say(row->rule), say(row->next)};
}

}  // namespace weft::labs::lab
