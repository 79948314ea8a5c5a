#pragma once
// Enumerators as words, and back. The words are those of the engine's `to_string`; the few
// enumerations that have none there have theirs here.

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>

#include "heald/decision.hpp"
#include "heald/event.hpp"
#include "heald/message.hpp"
#include "heald/state.hpp"

namespace heald {

/// Names the last enumerator of an enumeration that the journal writes, so that its words can be
/// searched. A new enumerator after it has to be named here.
template <class E>
struct Vocabulary;

template <> struct Vocabulary<Desired> { static constexpr auto last = Desired::done; };
template <> struct Vocabulary<Health> { static constexpr auto last = Health::unhealthy; };
template <> struct Vocabulary<Activity> { static constexpr auto last = Activity::latched; };
template <> struct Vocabulary<Verdict> { static constexpr auto last = Verdict::unknown; };
template <> struct Vocabulary<Cause> { static constexpr auto last = Cause::operation; };
template <> struct Vocabulary<Guard> { static constexpr auto last = Guard::ladder; };
template <> struct Vocabulary<ConditionStatus> {
  static constexpr auto last = ConditionStatus::fail;
};
template <> struct Vocabulary<Closing> { static constexpr auto last = Closing::removed; };
template <> struct Vocabulary<Operation> { static constexpr auto last = Operation::confirm; };
template <> struct Vocabulary<ActionKind> { static constexpr auto last = ActionKind::notify; };
template <> struct Vocabulary<ActionResult> {
  static constexpr auto last = ActionResult::unknown;
};
template <> struct Vocabulary<Outcome> { static constexpr auto last = Outcome::unknown; };
template <> struct Vocabulary<Occasion> { static constexpr auto last = Occasion::recovered; };
template <> struct Vocabulary<MessageEnd> { static constexpr auto last = MessageEnd::dropped; };
template <> struct Vocabulary<RecordKind> { static constexpr auto last = RecordKind::shutdown; };

template <> struct Vocabulary<ExitStatus::Kind> {
  static constexpr auto last = ExitStatus::Kind::unknown;
  static constexpr std::array<std::string_view, 3> words{"exited", "signaled", "unknown"};
};
template <> struct Vocabulary<ProcessFound::What> {
  static constexpr auto last = ProcessFound::What::none;
  static constexpr std::array<std::string_view, 3> words{"running", "ended", "none"};
};
template <> struct Vocabulary<Restarted::Boot> {
  static constexpr auto last = Restarted::Boot::another;
  static constexpr std::array<std::string_view, 2> words{"same", "another"};
};
template <> struct Vocabulary<JournalChanged::What> {
  static constexpr auto last = JournalChanged::What::fails;
  static constexpr std::array<std::string_view, 2> words{"works", "fails"};
};
template <> struct Vocabulary<Operated::Dependents> {
  static constexpr auto last = Operated::Dependents::include;
  static constexpr std::array<std::string_view, 2> words{"refuse", "include"};
};

template <class E>
concept Word = std::is_enum_v<E> && requires { Vocabulary<E>::last; };

template <Word E>
[[nodiscard]] std::string_view word_of(E value) {
  if constexpr (requires { Vocabulary<E>::words; }) {
    return Vocabulary<E>::words.at(static_cast<std::size_t>(value));
  } else {
    return to_string(value);
  }
}

/// The enumerator of a word; empty: there is none.
template <Word E>
[[nodiscard]] std::optional<E> find_word(std::string_view word) {
  constexpr auto count = static_cast<std::size_t>(Vocabulary<E>::last) + 1;
  for (std::size_t i = 0; i < count; ++i) {
    if (word_of(static_cast<E>(i)) == word) return static_cast<E>(i);
  }
  return std::nullopt;
}

}  // namespace heald
