// SPDX-License-Identifier: BSL-1.0
#include "servers/model.hpp"

#include <algorithm>

namespace weft::servers {
namespace {

// A function's static, because models register before main in any order.
std::vector<ModelEntry>& registry() {
  static std::vector<ModelEntry> entries;
  return entries;
}

}  // namespace

RegisterModel::RegisterModel(ModelEntry entry) {
  auto& all = registry();
  auto by_name = [](const ModelEntry& a, const ModelEntry& b) { return a.name < b.name; };
  all.insert(std::upper_bound(all.begin(), all.end(), entry, by_name), entry);
}

const std::vector<ModelEntry>& models() {
  return registry();
}

const ModelEntry* find_model(std::string_view name) {
  for (const auto& m : registry()) {
    if (m.name == name) return &m;
  }
  return nullptr;
}

}  // namespace weft::servers
