#pragma once
// What heald says of itself to the manager that started it, over sd_notify(3).

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <optional>
#include <string>

#include "heald/time.hpp"
#include "runtime/board.hpp"
#include "runtime/observer.hpp"

namespace heald {

/// What the environment told of the manager. It is taken out of the environment: no service of
/// heald's may speak in its name.
struct ManagerAddress {
  std::string socket;                ///< a path, or `@` and an abstract name; empty: none
  std::optional<Duration> watchdog;  ///< within which it wants to hear from heald

  /// To be called while there is one thread only.
  [[nodiscard]] static ManagerAddress take_from_environment();
};

/// Tells the manager how heald is: ready, loading rules, ending, and in one line the big picture,
/// at most once a second. Where a watchdog is asked for it speaks from the control strand, twice as
/// often as it must: a strand that stands still is noticed by the manager.
///
/// A manager that does not listen is none of heald's troubles: nothing is retried or told.
/// Control strand only.
class ServiceManager final : public Observer {
 public:
  /// `board` outlives it.
  ServiceManager(const boost::asio::any_io_executor& strand, ManagerAddress address,
                 const Board& board);

  /// Services are looked after from now on.
  void ready();
  void reloading();
  /// The rules in force are new, or (with a reason) the old ones.
  void reloaded(const std::string& problem);
  void stopping();
  /// Says nothing any more.
  void close();

  void on_record(const Record& record, const ServicePolicy* policy) override;

 private:
  void say(const std::string& assignments) const;
  void say_status();
  void beat();
  [[nodiscard]] std::string status() const;

  ManagerAddress address_;
  const Board& board_;
  boost::asio::steady_timer beats_;
  boost::asio::steady_timer rest_;
  std::string said_;      ///< the last status
  bool resting_ = false;  ///< since a status was said a moment ago
  bool ready_ = false;
};

}  // namespace heald
