#pragma once
// The query of a request, checked.

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace heald {

/// Hands out parameters by name and remembers the first thing that is wrong with them; a
/// parameter that nobody asked for is wrong too.
class Parameters {
 public:
  explicit Parameters(const std::map<std::string, std::string>& query) : left_(query) {}

  [[nodiscard]] std::optional<std::string> text(const std::string& name);
  /// A whole number from `least` to `most`; empty when it is absent or wrong.
  [[nodiscard]] std::optional<std::uint64_t> number(const std::string& name, std::uint64_t least,
                                                    std::uint64_t most);
  /// Present and `true`.
  [[nodiscard]] bool flag(const std::string& name);

  /// To be asked last; empty: all is well.
  [[nodiscard]] std::string problem() const;

 private:
  std::map<std::string, std::string> left_;
  std::string problem_;
};

/// A whole decimal number and nothing else.
[[nodiscard]] std::optional<std::uint64_t> parse_number(const std::string& text);

}  // namespace heald
