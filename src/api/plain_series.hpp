#pragma once
// Series with one value and no labels, among them the process_* that every client offers.

#include <prometheus/metric_family.h>

#include <vector>

namespace heald {

/// A counter or a gauge with one value.
[[nodiscard]] prometheus::MetricFamily single(const char* name, const char* help,
                                              prometheus::MetricType type, double value);

/// Adds memory, CPU time, open descriptors and the start time of this process, from /proc.
/// What cannot be read is left out.
void add_process_series(std::vector<prometheus::MetricFamily>& families);

}  // namespace heald
