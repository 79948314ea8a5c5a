// The API's look on demand.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/api_handler.hpp"
#include "api/replies.hpp"
#include "api/shapes.hpp"
#include "runtime/examination_shape.hpp"

namespace heald {

namespace {

using nlohmann::json;

/// What heald's own looks add up to, beside which the one on demand is read.
json condition_of(const ServicePage& page, const std::string& probe, const LiveClock& clock) {
  for (const auto& condition : page.state.conditions) {
    if (condition.name == probe) return condition_shape(condition, *page.policy, clock);
  }
  return nullptr;
}

}  // namespace

void ApiHandler::examine(const Page& page, const ServerRequest& request, Replier reply) {
  const auto& name = request.path[4];
  const auto& probes = page->policy->probes;
  const auto found = std::find_if(probes.begin(), probes.end(),
                                  [&](const ProbePolicy& probe) { return probe.name == name; });
  if (found == probes.end()) {
    return reply(
        error_reply(404, "there is no probe '" + name + "' of '" + page->state.name + "'"));
  }
  if (!request.body.empty()) return reply(error_reply(400, "a look takes no body"));
  if (!sources_.examine) return reply(error_reply(503, "nobody here can look"));
  auto answered = back_->expect<Examination>(
      found->timeout + patience_,
      [this, page, name, reply = std::move(reply)](std::optional<Examination> examination) {
        if (!examination) return reply(error_reply(503, "the look did not come to an end"));
        auto shape = examination_shape(*examination);
        // Taken anew: heald has looked meanwhile, too.
        const auto fresh = sources_.board.find(page->state.name);
        const bool same = fresh && fresh->policy;
        shape["condition"] = condition_of(same ? *fresh : *page, name, sources_.clock);
        reply(json_reply(shape));
      });
  ProbeOrder order;
  order.service = page->id;
  order.probe = ProbeIndex{static_cast<std::uint32_t>(found - probes.begin())};
  order.policy = page->policy;
  sources_.examine(std::move(order), std::move(answered));
}

}  // namespace heald
