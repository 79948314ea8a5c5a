#include "probe/examine.hpp"

#include <chrono>
#include <cstddef>
#include <exception>
#include <utility>
#include <variant>

#include "base/utf8.hpp"
#include "net/http_client.hpp"
#include "net/tcp_dialogue.hpp"
#include "net/trace.hpp"
#include "probe/judge.hpp"
#include "probe/prepared.hpp"

namespace heald {
namespace {

constexpr std::size_t most_said = 4096;

struct KindWord {
  const char* operator()(const HttpProbe&) const { return "http"; }
  const char* operator()(const TcpProbe&) const { return "tcp"; }
  const char* operator()(const ExecProbe&) const { return "exec"; }
  const char* operator()(const NotifyProbe&) const { return "notify"; }
  const char* operator()(const WatchdogProbe&) const { return "watchdog"; }
};

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
    context_ = &context;
    execs_ = &execs;
    try {
      const PreparedProbe prepared = prepare(probe_);
      std::visit([this](const auto& ready) { look(ready); }, prepared);
    } catch (const std::exception& failed) {
      end(could_not_look(std::string{"cannot look: "} + failed.what()), {});
    }
  }

 private:
  void look(const Unusable& unusable) { end(could_not_look(unusable.why), {}); }

  void look(const PreparedHttp& prepared) {
    HttpOptions options;
    options.timeout = probe_.timeout;
    options.max_redirects = std::get<HttpProbe>(probe_.kind).max_redirects;
    options.trace = trace_;
    start_http(*context_, prepared.request, options,
               [self = shared_from_this(), body = prepared.body](const HttpResult& result) {
                 const auto& rules = std::get<HttpProbe>(self->probe_.kind);
                 self->result_.checks = checks_of(rules, body.get(), result);
                 self->end(judge_http(rules, body.get(), result), result.body);
               });
  }

  void look(const std::shared_ptr<const TcpScript>& script) {
    const auto done = [self = shared_from_this()](const TcpResult& result) {
      const auto& rules = std::get<TcpProbe>(self->probe_.kind);
      self->result_.checks = checks_of(rules, result);
      self->end(judge_tcp(rules, result), result.received);
    };
    start_tcp(*context_, script, probe_.timeout, done, trace_);
  }

  void look(const PreparedExec&) {
    const auto done = [self = shared_from_this()](const RunResult& result) {
      const auto& rules = std::get<ExecProbe>(self->probe_.kind);
      const bool ended = result.end == RunResult::End::ended;
      if (ended) self->trace_->push_back({"ended", self->elapsed(), describe(result.status)});
      self->result_.checks = checks_of(rules, result);
      self->end(judge_exec(rules, self->probe_.timeout, result), result.output);
    };
    execs_->start(probe_, std::get<ExecProbe>(probe_.kind), done);
  }

  void end(Finding finding, const std::string& said) {
    result_.took = elapsed();
    result_.phases = std::move(*trace_);
    result_.outcome = finding.outcome;
    result_.evidence = std::move(finding.evidence);
    result_.said = valid_utf8(said, most_said);
    done_(std::move(result_));
  }

  [[nodiscard]] Duration elapsed() const { return std::chrono::steady_clock::now() - begun_; }

  std::shared_ptr<const ServicePolicy> policy_;
  const ProbePolicy& probe_;  ///< of policy_
  Examined done_;
  const std::chrono::steady_clock::time_point begun_;
  Examination result_;
  NetTrace trace_ = std::make_shared<std::vector<LookPhase>>();
  boost::asio::io_context* context_ = nullptr;
  ExecLooks* execs_ = nullptr;
};

}  // namespace

Examination begin_examination(const ProbeOrder& order) {
  const ProbePolicy& probe = order.policy->probes.at(order.probe.value());
  Examination begun;
  begun.service = order.policy->name;
  begun.probe = probe.name;
  begun.kind = std::visit(KindWord{}, probe.kind);
  begun.address = probe.address;
  begun.timeout = probe.timeout;
  return begun;
}

void examine(boost::asio::io_context& context, ExecLooks& execs, const ProbeOrder& order,
             Examined done) {
  std::make_shared<Examiner>(order, std::move(done))->start(context, execs);
}

}  // namespace heald
