// How many virtual service-days a second the simulator lives through on one core: 100 services with
// one probe each at the default interval, all invariants on, through the real engine. One service
// crashes every virtual hour, so that the figure is not that of a world in which nothing happens.

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "estate.hpp"
#include "sim/scenario.hpp"

namespace {

using namespace heald;

/// Processes that are restarted.
std::shared_ptr<const Policy> estate(std::size_t services) {
  auto policy = bench::estate(services, {"answers"});
  for (auto& service : policy->services) {
    auto process = std::make_shared<ServicePolicy>(*service);
    process->runtime = ProcessRuntime{};
    RungPolicy& rung = process->remediation.emplace_back();
    rung.name = "restart";
    rung.attempts = 3;
    service = std::move(process);
  }
  return policy;
}

}  // namespace

int main(int count, char** arguments) {
  const int days = count > 1 ? std::atoi(arguments[1]) : 3;
  constexpr std::size_t services = 100;
  sim::Scenario scenario{.rules = {estate(services)}, .seed = 1, .faults = {},
                         .length = std::chrono::hours{24} * days};
  for (int hour = 1; hour < 24 * days; ++hour) {
    scenario.faults.push_back(
        {.at = std::chrono::hours{hour}, .kind = sim::Crash{},
         .services = {"service-" + std::to_string(hour % services)}, .lasting = {},
         .cured_by = {}});
  }
  const auto begin = std::chrono::steady_clock::now();
  const sim::Upshot upshot = sim::play(scenario);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const double service_days = static_cast<double>(services) * days;
  std::printf("%.0f virtual service-days in %.2f s: %.0f a second; %zu actions, %zu breaches\n",
              service_days, took.count(), service_days / took.count(), upshot.ordered.size(),
              upshot.breaches.size());
  return upshot.breaches.empty() && upshot.sick.empty() ? 0 : 1;
}
