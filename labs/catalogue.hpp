// SPDX-License-Identifier: BSL-1.0
// What the program says, by stable id, in each language (labs/messages.hpp holds the words). An id
// that no message has does not compile; a test checks that every message has the same placeholders
// in every language.
//
//   Say say(Language::zh);
//   say("compare.missing_root", {{"path", "/srv"}})      // {path} is replaced
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "labs/messages.hpp"

namespace weft::labs {

enum class Language { en, zh };

/// The index of a message, checked by the compiler.
class MessageId {
 public:
  template <std::size_t N>
  consteval MessageId(const char (&id)[N]) : index_(find(id)) {}  // NOLINT: converts on purpose
  std::size_t index() const { return index_; }

 private:
  static consteval std::size_t find(std::string_view id) {
    for (std::size_t i = 0; i < std::size(kMessages); ++i)
      if (kMessages[i].id == id) return i;
    throw "labs/messages.hpp has no message with this id";
  }
  std::size_t index_;
};

struct Argument {
  std::string_view name;
  std::string value;
};

/// Says messages in one language. Cheap to copy.
class Say {
 public:
  explicit Say(Language language = Language::en) : language_(language) {}
  Language language() const { return language_; }
  std::string operator()(MessageId id, std::initializer_list<Argument> arguments = {}) const;

 private:
  Language language_;
};

/// Replaces {name} by each argument's value; a placeholder without an argument stays.
std::string fill(std::string_view text, std::initializer_list<Argument> arguments);
/// The names in braces, in the order of the alphabet, each once.
std::vector<std::string> placeholders(std::string_view text);

/// "en", "zh", also "zh_CN.UTF-8" and the like.
std::optional<Language> language_named(std::string_view text);

}  // namespace weft::labs
