#pragma once
// What `heald backtest` prints.

#include <string>

#include "cli/text.hpp"
#include "replay/backtest.hpp"

namespace heald {

/// How often something holds of a service's incidents or actions.
[[nodiscard]] std::size_t count_of(const TriedService& service, Timing timing);
[[nodiscard]] std::size_t needless_of(const TriedService& service);

void print_backtest(Console& console, const Backtest& tried);
/// The same as one JSON object. docs/backtest.md has its shape.
void print_backtest_json(Console& console, const Backtest& tried);

}  // namespace heald
