#pragma once
// The rules of the past, read again from the journal.

#include <map>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "heald/life.hpp"
#include "journal/event_log.hpp"

namespace heald {

class RulesBook {
 public:
  /// `log` must outlive it.
  explicit RulesBook(EventLog& log) : log_(log) {}

  /// The rules of a revision, as this life of heald took them. Errors: they are not kept, or this
  /// heald reads them differently.
  [[nodiscard]] Result<std::shared_ptr<const Policy>> find(const std::string& revision,
                                                           const Life& life);

 private:
  [[nodiscard]] Result<Policy> read(const std::string& revision);

  EventLog& log_;
  Life life_;  ///< that the known ones were made for
  std::map<std::string, std::shared_ptr<const Policy>> known_;
};

}  // namespace heald
