#pragma once
// Keeps what services print within bounds, and notes when it came.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "logs/log_paths.hpp"

namespace heald {

/// A log to keep, by the service whose it is.
struct KeptLog {
  std::string service;
  std::uint64_t max_size = 0;  ///< octets of the newest file; above, a new one is begun
  std::uint32_t files = 0;     ///< so many older ones stay
};

/// Watches a folder of logs on a thread of its own. Everything about it is best effort: a service
/// prints into its file whether or not anybody looks. What came while nobody did has no time.
///
/// Between two looks it rests, so that services that print a lot cost no more than that; times are
/// right to within the rest.
class LogKeeper {
 public:
  /// What goes wrong, for the log; on the keeper's thread.
  using Trouble = std::function<void(const std::string& problem)>;

  /// What is in these logs already came while nobody looked.
  LogKeeper(std::string folder, const std::vector<KeptLog>& logs, Trouble trouble);
  /// What was printed up to now is noted.
  ~LogKeeper();
  LogKeeper(const LogKeeper&) = delete;
  LogKeeper& operator=(const LogKeeper&) = delete;

  /// These from now on, and no others. Any thread.
  void keep(std::vector<KeptLog> logs);
  /// Begins a new file of each log that is not empty. Any thread.
  void renew();

 private:
  class Watch;
  std::unique_ptr<Watch> watch_;
};

}  // namespace heald
