#include "probe/examine.hpp"

#include <chrono>
#include <cstddef>
#include <exception>
#include <utility>

#include "base/utf8.hpp"
#include "net/trace.hpp"
#include "probe/look.hpp"

namespace heald {
namespace {

constexpr std::size_t most_said = 4096;

/// One examination while it lasts.
class Examiner : public std::enable_shared_from_this<Examiner> {
 public:
  Examiner(const ProbeOrder& order, Examined done)
      : policy_(order.policy),
        probe_(policy_->probes.at(order.probe.value())),
        done_(std::move(done)),
        begun_(std::chrono::steady_clock::now()),
        result_(begin_examination(order)) {}

  void start(boost::asio::io_context& context, ExecLooks& execs) {
    try {
      const PreparedLook look = prepare_look(probe_);
      if (!look) return end({could_not_look(look.error().message), {}, {}});
      (*look)->start({context, execs}, {probe_.timeout, trace_},
                     [self = shared_from_this()](Seen seen) { self->end(std::move(seen)); });
    } catch (const std::exception& failed) {
      end({could_not_look(std::string{"cannot look: "} + failed.what()), {}, {}});
    }
  }

 private:
  void end(Seen seen) {
    result_.took = elapsed();
    result_.phases = std::move(*trace_);
    result_.checks = std::move(seen.checks);
    result_.outcome = seen.finding.outcome;
    result_.evidence = std::move(seen.finding.evidence);
    result_.said = valid_utf8(seen.said, most_said);
    if (const Examined done = std::exchange(done_, nullptr)) done(std::move(result_));
  }

  [[nodiscard]] Duration elapsed() const { return std::chrono::steady_clock::now() - begun_; }

  std::shared_ptr<const ServicePolicy> policy_;
  const ProbePolicy& probe_;  ///< of policy_
  Examined done_;
  const std::chrono::steady_clock::time_point begun_;
  Examination result_;
  NetTrace trace_ = std::make_shared<std::vector<LookPhase>>();
};

}  // namespace

Examination begin_examination(const ProbeOrder& order) {
  const ProbePolicy& probe = order.policy->probes.at(order.probe.value());
  Examination begun;
  begun.service = order.policy->name;
  begun.probe = probe.name;
  begun.kind = kind_word(probe.kind);
  begun.address = probe.address;
  begun.timeout = probe.timeout;
  return begun;
}

void examine(boost::asio::io_context& context, ExecLooks& execs, const ProbeOrder& order,
             Examined done) {
  std::make_shared<Examiner>(order, std::move(done))->start(context, execs);
}

}  // namespace heald
