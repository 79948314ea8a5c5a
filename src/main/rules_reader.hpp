#pragma once
// Reading rule files beside the strand.

#include <boost/asio/io_context.hpp>
#include <functional>
#include <string>
#include <thread>

#include "policy/load.hpp"

namespace heald {

/// Loads a rule file again on a thread of its own, since large ones take longer than the strand
/// may stand still. Control strand.
class RulesReader {
 public:
  using Done = std::function<void(Loaded)>;

  /// `done` is called on the strand for each load.
  RulesReader(boost::asio::io_context& strand, std::string file, Done done);
  /// Joins the thread.
  ~RulesReader();
  RulesReader(const RulesReader&) = delete;
  RulesReader& operator=(const RulesReader&) = delete;

  /// Asked for while a load is under way: loads once more after it, for what it may have missed.
  void read();

 private:
  enum class State : unsigned char { idle, reading, reading_again };
  void finish(Loaded loaded);

  boost::asio::io_context& strand_;
  std::string file_;
  Done done_;
  State state_ = State::idle;
  std::thread thread_;
};

}  // namespace heald
