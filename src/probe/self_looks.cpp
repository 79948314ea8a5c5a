#include "probe/self_looks.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

namespace heald {

struct SelfLooks::Look {
  Look(const boost::asio::any_io_executor& control, ProbeOrder ordered)
      : order(std::move(ordered)),
        begun(std::chrono::steady_clock::now()),
        patience(control) {}
  [[nodiscard]] const ProbePolicy& probe() const {
    return order.policy->probes[order.probe.value()];
  }

  ProbeOrder order;
  Moment begun;
  boost::asio::steady_timer patience;
  bool over = false;  ///< its timeout, or all of it
};

SelfLooks::SelfLooks(Prober::Sink sink, SelfReports& reports, boost::asio::any_io_executor control)
    : sink_(std::move(sink)), reports_(reports), control_(std::move(control)) {}

bool SelfLooks::takes(const ProbeOrder& order) {
  const ProbeKind& kind = order.policy->probes[order.probe.value()].kind;
  return std::holds_alternative<NotifyProbe>(kind) || std::holds_alternative<WatchdogProbe>(kind);
}

void SelfLooks::start(ProbeOrder order) {
  const auto look = std::make_shared<Look>(control_, std::move(order));
  boost::asio::post(control_, [weak = weak_from_this(), look] {
    const auto self = weak.lock();
    if (!self || self->closed_) return;
    if (std::holds_alternative<NotifyProbe>(look->probe().kind)) {
      look->patience.expires_after(look->probe().timeout);
      look->patience.async_wait([weak, look](const boost::system::error_code& error) {
        const auto waiting = weak.lock();
        if (error || !waiting || look->over) return;
        look->over = true;
        waiting->go_on(look);
      });
    } else {
      look->over = true;
    }
    self->go_on(look);
  });
}

Finding SelfLooks::judge(const ProbePolicy& probe, const SelfReport* report, Moment now) {
  if (const auto* watchdog = std::get_if<WatchdogProbe>(&probe.kind)) {
    return judge_watchdog(*watchdog, report, now);
  }
  return judge_notify(report, probe.start_period, now);
}

void SelfLooks::examine(ProbeOrder order, Examined done) {
  boost::asio::post(control_, [weak = weak_from_this(), order = std::move(order),
                               done = std::move(done)] {
    const auto self = weak.lock();
    if (!self || self->closed_) return;
    Examination seen = begin_examination(order);
    const SelfReport* report = self->reports_.read(order.service);
    Finding found = judge(order.policy->probes[order.probe.value()], report,
                          std::chrono::steady_clock::now());
    seen.outcome = found.outcome;
    seen.evidence = std::move(found.evidence);
    if (report != nullptr) seen.said = describe(*report);
    done(std::move(seen));
  });
}

void SelfLooks::go_on(const std::shared_ptr<Look>& look) {
  if (closed_) return;
  const auto now = std::chrono::steady_clock::now();
  const SelfReport* report = reports_.read(look->order.service);
  Finding found = judge(look->probe(), report, now);
  if (report != nullptr && found.outcome != Outcome::pass && !look->over) {
    return reports_.await(look->order.service, [weak = weak_from_this(), look] {
      const auto self = weak.lock();
      if (self && !look->over) self->go_on(look);
    });
  }
  look->over = true;
  look->patience.cancel();
  Observation seen;
  seen.service = look->order.service;
  seen.probe = look->order.probe;
  seen.run = look->order.run;
  seen.outcome = found.outcome;
  seen.answered = found.answered;
  seen.begun = look->order.begun;
  seen.took = now - look->begun;
  seen.evidence = std::move(found.evidence);
  sink_(std::move(seen));
}

}  // namespace heald
