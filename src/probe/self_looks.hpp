#pragma once
// Looks at what processes say of themselves.

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "heald/prober.hpp"
#include "probe/examine.hpp"
#include "probe/judge.hpp"
#include "process/self_reports.hpp"

namespace heald {

/// A look for readiness waits for the word, so that nobody waits for the next look when it comes:
/// it fails when its timeout is over. The engine asks for the next one as for any other.
/// Control strand only, but for what says otherwise.
class SelfLooks : public std::enable_shared_from_this<SelfLooks> {
 public:
  /// `reports` outlives what runs here.
  SelfLooks(Prober::Sink sink, SelfReports& reports, boost::asio::any_io_executor control);

  [[nodiscard]] static bool takes(const ProbeOrder& order);
  /// The sink is never called from inside.
  void start(ProbeOrder order);
  /// Tells what the process says at present, without waiting for more. Any thread; `done` is called
  /// on the control executor, and not at all after close().
  void examine(ProbeOrder order, Examined done);
  /// Nothing is reported any more.
  void close() { closed_ = true; }

 private:
  struct Look;
  static Finding judge(const ProbePolicy& probe, const SelfReport* report, Moment now);
  void go_on(const std::shared_ptr<Look>& look);

  Prober::Sink sink_;
  SelfReports& reports_;
  boost::asio::any_io_executor control_;
  bool closed_ = false;
};

}  // namespace heald
