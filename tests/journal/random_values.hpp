#pragma once
// Values of every kind, drawn at random, for round trips.

#include <cstdint>
#include <limits>
#include <random>
#include <string>

#include "heald/event.hpp"
#include "heald/state.hpp"
#include "journal/words.hpp"

namespace heald::test {

/// Draws values, extremes more often than chance would. The seed is printed by the test.
class Draw {
 public:
  explicit Draw(std::uint32_t seed) : engine_(seed) {}

  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
  bool flip() { return below(2) == 0; }

  template <class T>
  T integer() {
    switch (below(4)) {
      case 0: return std::numeric_limits<T>::max();
      case 1: return std::numeric_limits<T>::min();
      default: return static_cast<T>(engine_());
    }
  }
  template <class I>
  I id() {
    return I{integer<typename I::rep>()};
  }
  Instant instant() { return flip() ? never : Instant{Duration{integer<std::int64_t>()}}; }
  Duration duration() { return Duration{integer<std::int64_t>()}; }
  template <Word E>
  E word() {
    return static_cast<E>(below(static_cast<std::uint64_t>(Vocabulary<E>::last) + 1));
  }
  std::string text();
  template <class Make>
  auto maybe(Make make) -> std::optional<decltype(make())> {
    if (flip()) return make();
    return std::nullopt;
  }
  template <class Make>
  auto list(Make make) -> std::vector<decltype(make())> {
    std::vector<decltype(make())> values(below(4));
    for (auto& value : values) value = make();
    return values;
  }

  ServiceState service();
  DaemonState daemon();
  /// Of the alternative with this number.
  Event event(std::size_t alternative);

 private:
  Hold hold();
  Condition condition();
  Incident incident();
  ActionState action();
  VerificationState verification();
  Pause pause();
  ExitStatus exit_status();
  Observation observation();
  Operated operated();

  std::mt19937_64 engine_;
};

}  // namespace heald::test
