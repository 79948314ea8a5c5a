#pragma once
// What a rule asserts about a body, compiled once.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "heald/examination.hpp"
#include "heald/policy.hpp"

namespace heald {

/// The compiled form of a BodyAssertion. Immutable, safe from any thread.
class BodyCheck {
 public:
  /// Fails when the regular expression, the pointer or the expected value cannot be read.
  [[nodiscard]] static Result<std::shared_ptr<const BodyCheck>> compile(
      const BodyAssertion& assertion);
  ~BodyCheck();
  BodyCheck(const BodyCheck&) = delete;
  BodyCheck& operator=(const BodyCheck&) = delete;

  /// What does not hold, for people: `body does not contain "ok"`. Empty: everything does.
  [[nodiscard]] std::optional<std::string> complaint(std::string_view body) const;

  /// Each assertion with what it met, in the order that complaint() asks them.
  [[nodiscard]] std::vector<LookCheck> checks(std::string_view body) const;

 private:
  struct Compiled;
  explicit BodyCheck(std::unique_ptr<Compiled> compiled);
  [[nodiscard]] std::optional<std::string> contains_complaint(std::string_view body) const;
  [[nodiscard]] std::optional<std::string> matches_complaint(std::string_view body) const;
  [[nodiscard]] std::optional<std::string> json_complaint(std::string_view body) const;

  std::unique_ptr<Compiled> compiled_;
};

}  // namespace heald
