#include "probe/prepared.hpp"

#include <algorithm>
#include <utility>

#include "base/fill_in.hpp"
#include "base/secret_file.hpp"

namespace heald {
namespace {

PreparedProbe prepare(const HttpProbe& probe) {
  HttpRequestPolicy rules = probe.request;
  if (const auto filled = fill_in_headers(rules.headers); !filled) {
    return Unusable{filled.error().message};
  }
  if (const auto added = add_header_files(rules.header_files, rules.headers); !added) {
    return Unusable{added.error().message};
  }
  auto request = prepare_request(rules);
  if (!request) return Unusable{request.error().message};
  PreparedHttp prepared{std::move(*request), nullptr};
  if (probe.body == BodyAssertion{}) return prepared;
  auto body = BodyCheck::compile(probe.body);
  if (!body) return Unusable{body.error().message};
  prepared.body = std::move(*body);
  return prepared;
}

PreparedProbe prepare(const TcpProbe& probe) {
  return std::make_shared<const TcpScript>(
      TcpScript{std::make_shared<const Target>(probe.host, probe.port, probe.tls), probe.send,
                probe.expect});
}

PreparedProbe prepare(const ExecProbe&) { return PreparedExec{}; }

Unusable prepare_self_look() { return Unusable{"a thread cannot hear what a process says"}; }
PreparedProbe prepare(const NotifyProbe&) { return prepare_self_look(); }
PreparedProbe prepare(const WatchdogProbe&) { return prepare_self_look(); }

/// What stands in files may be another by the next look.
bool depends_on_files(const ProbePolicy& probe) {
  const auto* http = std::get_if<HttpProbe>(&probe.kind);
  return http != nullptr && !http->request.header_files.empty();
}

}  // namespace

PreparedProbe prepare(const ProbePolicy& probe) {
  return std::visit([](const auto& kind) { return prepare(kind); }, probe.kind);
}

const PreparedProbe& PreparedProbes::of(const ProbeOrder& order) {
  Entry& entry = entries_[order.policy.get()];
  if (entry.policy.expired()) {
    entry.policy = order.policy;
    entry.probes.clear();
    for (const ProbePolicy& probe : order.policy->probes) entry.probes.push_back(prepare(probe));
    if (entries_.size() >= look_through_at_) forget_expired();
  }
  PreparedProbe& prepared = entry.probes.at(order.probe.value());
  const ProbePolicy& rules = order.policy->probes[order.probe.value()];
  if (depends_on_files(rules)) prepared = prepare(rules);
  return prepared;
}

void PreparedProbes::forget_expired() {
  std::erase_if(entries_, [](const auto& entry) { return entry.second.policy.expired(); });
  look_through_at_ = std::max<std::size_t>(64, 2 * entries_.size());
}

}  // namespace heald
