#pragma once
// Rules for what is measured without a world.

#include <initializer_list>
#include <memory>
#include <string>

#include "heald/policy.hpp"

namespace heald::bench {

/// One group of so many external services, each with these probes at the default interval.
inline std::shared_ptr<Policy> estate(std::size_t services,
                                      std::initializer_list<const char*> probes) {
  auto policy = std::make_shared<Policy>();
  policy->revision = "bench";
  policy->groups.emplace_back().name = "all";
  for (std::size_t number = 0; number < services; ++number) {
    auto service = std::make_shared<ServicePolicy>();
    service->name = "service-" + std::to_string(number);
    for (const char* name : probes) {
      ProbePolicy& probe = service->probes.emplace_back();
      probe.name = name;
      probe.kind = TcpProbe{.host = "127.0.0.1", .port = 80, .tls = {}, .dialogue = {}};
      probe.source = "loopback";
      probe.address = "127.0.0.1:" + std::to_string(10000 + number);
    }
    policy->services.push_back(std::move(service));
  }
  return policy;
}

}  // namespace heald::bench
