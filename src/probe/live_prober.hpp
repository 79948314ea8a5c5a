#pragma once
// The Prober of the real world.

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <memory>
#include <vector>

#include "heald/prober.hpp"
#include "probe/examine.hpp"

namespace heald {

class Children;
class ExecLooks;
class ProbeThread;
class SelfLooks;
class SelfReports;

/// Looks over HTTP and TCP on threads of its own, by programs through `children`, and at what
/// processes say of themselves in `reports`. A service is always looked at by the same thread.
///
/// The sink is called on those threads, concurrently, and for what processes say on the control
/// executor.
class LiveProber final : public Prober {
 public:
  /// `threads` ≥ 1. `control` must not run handlers concurrently; `children` and `reports`
  /// outlive the prober.
  LiveProber(std::size_t threads, const Sink& sink, Children& children, SelfReports& reports,
             boost::asio::any_io_executor control);
  /// Drops what is in flight, kills its programs and joins the threads; the sink is not called
  /// any more. On the control executor, or when it no longer runs.
  ~LiveProber() override;

  void start(ProbeOrder order) override;

  /// A look that decides nothing, for whoever asked; see examine(). Any thread, while the prober
  /// lives; `done` is called like its sink, and not at all when the prober ends first.
  void examine(ProbeOrder order, Examined done);

 private:
  std::shared_ptr<ExecLooks> execs_;
  std::shared_ptr<SelfLooks> selves_;
  std::vector<std::unique_ptr<ProbeThread>> threads_;
};

}  // namespace heald
