#pragma once
// Whether a service came back by itself: without anything that heald did.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "heald/observation.hpp"
#include "heald/policy.hpp"

namespace heald {

/// An action that the new rules take; whether the service comes back without it is awaited.
struct Hope {
  std::size_t action = 0;  ///< the caller's number of it
  std::shared_ptr<const ServicePolicy> policy;
  Instant from{};   ///< when it was decided
  Instant until{};  ///< after this the service did not come back by itself, but stayed away
  std::set<std::string> helpers;  ///< whose recorded actions may have helped; itself as well
};

/// Follows what was recorded, in the order of time.
class Comebacks {
 public:
  void look(const std::string& service, const std::string& probe, const Observation& seen);
  /// What was seen of an earlier process tells nothing about the next one.
  enum class Process : std::uint8_t { runs, missing };
  void process(const std::string& service, Process process);

  /// Whether the latest look of every alive probe passed and began at or after `since`, and its
  /// process is not missing. False where there is nothing to tell it by.
  [[nodiscard]] bool is_back(const ServicePolicy& policy, Instant since) const;

  void await(Hope hope) { hopes_.push_back(std::move(hope)); }
  /// heald acted on this service then: what follows is not by itself.
  void acted(const std::string& service);
  /// Those that came true; each is given once.
  [[nodiscard]] std::vector<Hope> came_true(Instant now);

 private:
  struct Sight {
    Outcome outcome = Outcome::unknown;
    Instant begun{};
  };
  struct Vital {
    std::map<std::string, Sight> latest;  ///< by probe
    Process process = Process::runs;
  };
  std::map<std::string, Vital> vitals_;
  std::vector<Hope> hopes_;
};

}  // namespace heald
