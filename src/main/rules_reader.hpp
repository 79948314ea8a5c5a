#pragma once
// Reading rule files beside the strand.

#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>
#include <string>
#include <thread>

#include "policy/load.hpp"

namespace heald {

/// Loads rule files on a thread of its own, one after another, since large ones take longer than
/// the strand may stand still; and does what else about rules takes its time. Control strand.
class RulesReader {
 public:
  using Done = std::function<void(Loaded)>;

  explicit RulesReader(boost::asio::io_context& strand) : strand_(strand) {}
  /// Joins the thread; what waits is not read.
  ~RulesReader();
  RulesReader(const RulesReader&) = delete;
  RulesReader& operator=(const RulesReader&) = delete;

  /// Makes good rules fit for this heald, on the thread.
  using Fit = std::function<Policy(Policy)>;
  /// `done` is called on the strand. The file is opened after this call, never before.
  void read(std::string file, Fit fit, Done done);

  /// What is done on the thread; it returns what is to follow on the strand.
  using Work = std::function<std::function<void()>()>;
  void run(Work work);

 private:
  void begin();
  void finish(const std::function<void()>& then);

  boost::asio::io_context& strand_;
  std::deque<Work> works_;  ///< the first one is under way
  std::thread thread_;
};

}  // namespace heald
