#include "heald/life.hpp"

#include <algorithm>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace heald {
namespace {

constexpr std::string_view removed_suffix = "+removed";

}  // namespace

Policy only_observing(Policy policy) {
  for (auto& service : policy.services) {
    auto copy = std::make_shared<ServicePolicy>(*service);
    copy->observe = true;
    service = std::move(copy);
  }
  return policy;
}

Policy as_init(Policy policy) {
  Duration& timeout = policy.daemon.shutdown_timeout;
  if (timeout == DaemonPolicy{}.shutdown_timeout) timeout = 25s;
  // Its end is the end of all that runs in the container.
  for (auto& service : policy.services) {
    const auto* process = service->process();
    if (process == nullptr || process->on_shutdown == OnShutdown::stop) continue;
    auto copy = std::make_shared<ServicePolicy>(*service);
    std::get<ProcessRuntime>(copy->runtime).on_shutdown = OnShutdown::stop;
    service = std::move(copy);
  }
  return policy;
}

Policy adapted(Policy policy, const Life& life) {
  if (life.observe) policy = only_observing(std::move(policy));
  return life.init ? as_init(std::move(policy)) : policy;
}

Policy sharing(Policy policy, const Policy& before) {
  std::unordered_map<std::string_view, std::size_t> places;
  const auto place_of = [&](const std::string& name, std::size_t guess) {
    if (guess < before.services.size() && before.services[guess]->name == name) return guess;
    if (places.empty()) {
      for (std::size_t place = 0; place < before.services.size(); ++place) {
        places.emplace(before.services[place]->name, place);
      }
    }
    const auto found = places.find(name);
    return found == places.end() ? before.services.size() : found->second;
  };
  std::size_t next = 0;  // most follow each other as they did before
  for (auto& service : policy.services) {
    const std::size_t place = place_of(service->name, next);
    if (place == before.services.size()) continue;
    next = place + 1;
    if (*before.services[place] == *service) service = before.services[place];
  }
  return policy;
}

Policy with_left_over(Policy policy, const std::vector<std::string>& names) {
  const std::size_t declared = policy.revision.size();
  for (const std::string& name : names) {
    const auto found = std::find_if(policy.services.begin(), policy.services.end(),
                                    [&](const auto& other) { return other->name == name; });
    if (found != policy.services.end()) {
      if ((*found)->process() != nullptr) continue;
      policy.services.erase(found);
    }
    if (policy.revision.size() == declared) policy.revision += removed_suffix;
    ServicePolicy service;
    service.name = name;
    service.runtime = ProcessRuntime{};
    policy.services.push_back(std::make_shared<const ServicePolicy>(std::move(service)));
  }
  return policy;
}

std::string_view read_revision(std::string_view revision) {
  if (revision.ends_with(removed_suffix)) revision.remove_suffix(removed_suffix.size());
  return revision;
}

}  // namespace heald
