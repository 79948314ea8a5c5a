#pragma once
// Talks to the daemon: one HTTP exchange over its unix socket at a time.

#include <string>

#include "base/result.hpp"
#include "heald/time.hpp"

namespace heald {

/// Blocking; each exchange is a connection of its own.
class Client {
 public:
  struct Answer {
    unsigned status = 0;
    std::string body;
  };

  explicit Client(std::string socket) : socket_(std::move(socket)) {}

  /// Errors: the daemon cannot be reached, or did not answer within `patience`. Every answer is
  /// a value, whatever its status.
  [[nodiscard]] Result<Answer> get(const std::string& target,
                                   Duration patience = std::chrono::seconds{30}) const;
  [[nodiscard]] Result<Answer> post(const std::string& target, std::string body,
                                    Duration patience = std::chrono::seconds{30}) const;

 private:
  std::string socket_;
};

/// `text` for use as one segment of a path or as a value in a query.
[[nodiscard]] std::string percent_encoded(std::string_view text);

}  // namespace heald
