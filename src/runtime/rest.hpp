#pragma once
// Memory is given back to the kernel when a lot of work is over.

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <utility>

#include "runtime/observer.hpp"

namespace heald {

/// Calls `give_back` once nothing is recorded any more after rules were loaded, or after half as
/// many records as there are services: what took so much, a start or a storm, needed memory and
/// code that nothing may need again. A few incidents are no reason, and cause no wake-up. Control
/// strand.
class Rest final : public Observer {
 public:
  static constexpr std::chrono::seconds usual_pause{5};
  static constexpr std::size_t few = 100;  ///< records that never are a reason
  static constexpr int patience = 12;      ///< pauses; where something is recorded in each of them

  Rest(boost::asio::io_context& strand, std::function<void()> give_back,
       std::chrono::milliseconds pause = usual_pause)
      : timer_(strand), give_back_(std::move(give_back)), pause_(pause) {}

  /// Rules of so many services are in force.
  void loaded(std::size_t services);
  void on_record(const Record& record, const ServicePolicy* policy) override;

 private:
  void soon();
  void wait(int pauses);

  boost::asio::steady_timer timer_;
  std::function<void()> give_back_;
  std::chrono::milliseconds pause_;
  bool waits_ = false;
  std::size_t records_ = 0;  ///< since it was given back last
  std::size_t seen_ = 0;     ///< of these, when the pause began
  std::size_t much_ = few;
};

}  // namespace heald
