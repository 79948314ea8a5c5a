#pragma once
// The words of fault scripts for what a fault's fields can be, each in the order of its
// enumeration. The reader of fault scripts and their writer share them.

#include <array>
#include <string_view>

namespace heald::sim {

inline constexpr std::array<std::string_view, 3> leak_words = {"hang", "answer_badly", "crash"};
inline constexpr std::array<std::string_view, 6> actions_words = {
    "fail", "half_succeed", "time_out", "never_report", "report_late", "report_twice"};
inline constexpr std::array<std::string_view, 5> probes_words = {"pass", "fail", "silent",
                                                                 "unknown", "late"};
inline constexpr std::array<std::string_view, 3> in_flight_words = {"lost", "done", "unwritten"};
inline constexpr std::array<std::string_view, 2> boot_words = {"same", "another"};
inline constexpr std::array<std::string_view, 8> operation_words = {
    "start", "stop", "restart", "pause", "resume", "freeze", "thaw", "confirm"};

/// The word of one enumerator.
template <class Words, class Enumeration>
[[nodiscard]] constexpr std::string_view word_in(const Words& words, Enumeration value) {
  return words.at(static_cast<std::size_t>(value));
}

}  // namespace heald::sim
