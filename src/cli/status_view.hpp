#pragma once
// The state of all services, asked and shown.

#include <optional>
#include <string>
#include <vector>

#include "cli/answers.hpp"
#include "cli/verbs.hpp"

namespace heald {

struct StatusPages {
  std::vector<std::string> bodies;
  StatusAnswer whole;
};

/// All pages of the list, so that neither side ever holds a single answer of unbounded size.
/// Nothing: it has been told why.
[[nodiscard]] std::optional<StatusPages> ask_status(Dialogue& dialogue, const StatusFilter& shown);

/// What is wrong with the daemon itself, a line each.
void print_warnings(Console& console, const DaemonAnswer& daemon);
/// How many there are, in one line.
void print_summary(Console& console, const SummaryAnswer& summary);
/// A line for each.
void print_table(Console& console, const std::vector<ServiceAnswer>& services);

}  // namespace heald
