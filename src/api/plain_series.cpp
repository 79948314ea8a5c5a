#include "api/plain_series.hpp"

#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>

namespace heald {

namespace {

std::optional<double> resident_bytes() {
  std::ifstream file{"/proc/self/statm"};
  double total = 0;
  double resident = 0;
  if (!(file >> total >> resident)) return std::nullopt;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

std::optional<double> cpu_seconds() {
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) != 0) return std::nullopt;
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

std::optional<double> open_descriptors() {
  std::error_code failure;
  const std::filesystem::directory_iterator listing{"/proc/self/fd", failure};
  if (failure) return std::nullopt;
  // One of them is the listing's own.
  return static_cast<double>(std::distance(begin(listing), end(listing)) - 1);
}

std::optional<double> descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  return static_cast<double>(limit.rlim_cur);
}

/// The boot time plus field 22 of /proc/self/stat; the name before it may hold anything.
std::optional<double> start_time() {
  std::ifstream stat{"/proc/self/stat"};
  std::string text{std::istreambuf_iterator<char>{stat}, {}};
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields{text.substr(name_end + 1)};
  constexpr int start_field = 22;
  constexpr int first_field = 3;
  std::string field;
  for (int number = first_field; number <= start_field; ++number) fields >> field;
  std::ifstream system{"/proc/stat"};
  for (std::string word; system >> word;) {
    double boot = 0;
    if (word == "btime" && system >> boot && fields) {
      return boot + std::stod(field) / static_cast<double>(::sysconf(_SC_CLK_TCK));
    }
  }
  return std::nullopt;
}

}  // namespace

prometheus::MetricFamily single(const char* name, const char* help, prometheus::MetricType type,
                                double value) {
  prometheus::ClientMetric metric;
  if (type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  return {name, help, type, {metric}};
}

void add_process_series(std::vector<prometheus::MetricFamily>& families) {
  using Type = prometheus::MetricType;
  const auto add = [&](const char* name, const char* help, Type type, std::optional<double> value) {
    if (value) families.push_back(single(name, help, type, *value));
  };
  add("process_cpu_seconds_total", "User and system CPU time spent.", Type::Counter,
      cpu_seconds());
  add("process_resident_memory_bytes", "Resident memory.", Type::Gauge, resident_bytes());
  add("process_open_fds", "Open file descriptors.", Type::Gauge, open_descriptors());
  add("process_max_fds", "The limit of open file descriptors.", Type::Gauge, descriptor_limit());
  add("process_start_time_seconds", "When the process started, since the epoch.", Type::Gauge,
      start_time());
}

}  // namespace heald
