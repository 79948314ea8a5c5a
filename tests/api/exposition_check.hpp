#pragma once
// A strict reader of Prometheus' text format.

#include <map>
#include <string>

namespace heald::test {

/// The samples by NAME{LABELS} with the labels unescaped and in their order; throws
/// std::runtime_error on the first line that is wrong: a bad name, a bad escape, a sample outside
/// its family, a series given twice, a counter without _total, a histogram without its +Inf.
[[nodiscard]] std::map<std::string, double> read_exposition(const std::string& text);

}  // namespace heald::test
