#pragma once
// Blindness: telling a prober that cannot see from targets that are gone.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "heald/time.hpp"

namespace heald {

/// One probe's part in its source.
struct Vantage {
  std::uint64_t address = 0;  ///< a hash that stands for it
  Instant silent_since{};     ///< when it turned silent
  std::uint32_t source = 0;
  bool joined = false;        ///< it counts; not what is not to be looked at
  bool silent = false;        ///< its latest look was unknown or got no answer
};

/// Counts, for each source, which of its probes get no answer at all. A source is blind when
/// within one window at least 80 % and at least 5 of its probes, over at least 3 addresses,
/// turned silent; it sees again when fewer than that are silent. Targets that died one by one
/// over days stay silent without being called blindness, for their turns lie outside the window.
class Sources {
 public:
  /// Adds a probe. The window of a source is the longest span in which each of its probes is
  /// due to answer: interval plus timeout.
  Vantage join(std::string_view source, std::string_view address, Duration window);
  /// What it did to its source.
  enum class Change : std::uint8_t { none, silence, blinded, sighted };
  /// Takes it out again, if it is in. `sighted`: without it, its source sees.
  [[nodiscard]] Change leave(Vantage& vantage);

  /// Whether one look was answered.
  enum class Heard : std::uint8_t { answer, silence };
  /// `silence`: the probe's own silence began or ended.
  Change saw(Vantage& vantage, Heard heard, Instant now);

  /// What is out is not blind: nobody looks.
  [[nodiscard]] bool blind(const Vantage& vantage) const;
  [[nodiscard]] const std::string& name(const Vantage& vantage) const;
  /// "6 of 7 probes over 4 addresses got no answer".
  [[nodiscard]] std::string describe_silence(const Vantage& vantage) const;

 private:
  struct Source {
    std::string name;
    Duration window{};
    std::uint32_t probes = 0;
    std::uint32_t silent = 0;
    std::map<std::uint64_t, std::uint32_t> silent_addresses;  // how many silent probes each
    std::vector<Instant> turns;  // of the silent ones, in order of time
    bool blind = false;
  };
  void turn_silent(Source& source, Vantage& vantage, Instant now);
  static void turn_heard(Source& source, Vantage& vantage);
  static bool enough(const Source& source, std::size_t silent);

  std::vector<Source> all_;
  std::map<std::string, std::uint32_t, std::less<>> by_name_;
};

}  // namespace heald
