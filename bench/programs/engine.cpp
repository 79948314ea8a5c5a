// The engine alone: what a step costs, what a service weighs, and what a passing look allocates.
//
//   bench_engine SERVICES STEPS      a line of JSON
//
// External services with three probes each at the default interval, all of them passing. Steps are
// those of a daemon: a tick when the engine wants to be woken, an observation for each look that it
// orders.

#include <malloc.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <variant>
#include <vector>

#include "estate.hpp"
#include "heald/engine.hpp"

namespace {

long allocations = 0;

}  // namespace

// Not inlined: GCC would take the free() in one for no match of the new in the other.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc{};
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using namespace heald;

std::size_t in_use() { return ::mallinfo2().uordblks + ::mallinfo2().hblkhd; }

/// A world in which everything answers at once.
class Estate {
 public:
  explicit Estate(std::size_t services)
      : rules_(bench::estate(services, {"port", "page", "queue"})) {
    const std::size_t before = in_use();
    engine_ = std::make_unique<Engine>(1);
    step(PolicyLoaded{rules_});
    step(AdoptionFinished{});
    live_until(now_ + 1min);  // every probe was looked at, and what grows has grown
    bytes_ = in_use() - before;
  }

  void live(long steps) {
    for (const long end = steps_ + steps; steps_ < end;) one_wake();
  }

  [[nodiscard]] long steps() const { return steps_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  void live_until(Instant end) {
    while (now_ < end) one_wake();
  }

  void one_wake() {
    now_ = wake_at_;
    step(Tick{});
    // The decision is the engine's until the next step, so the orders are copied.
    const auto due = static_cast<std::ptrdiff_t>(looks_.size());
    for (std::ptrdiff_t at = 0; at < due; ++at) {
      const ProbeCommand& look = looks_[static_cast<std::size_t>(at)];
      step(Observation{look.service, look.probe, look.run, Outcome::pass, true, now_, 1ms, {}});
    }
    looks_.erase(looks_.begin(), looks_.begin() + due);
  }

  void step(decltype(Event::input) input) {
    ++steps_;
    const Decision& decision = engine_->step({now_, std::move(input)});
    for (const Command& command : decision.commands) {
      if (const auto* look = std::get_if<ProbeCommand>(&command)) looks_.push_back(*look);
    }
    wake_at_ = decision.wake_at;
  }

  std::shared_ptr<const Policy> rules_;
  std::unique_ptr<Engine> engine_;
  Instant now_{1h};
  Instant wake_at_ = now_;
  std::vector<ProbeCommand> looks_;
  long steps_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

int main(int count, char** arguments) {
  const auto services = static_cast<std::size_t>(count > 1 ? std::atol(arguments[1]) : 1000);
  const long wanted = count > 2 ? std::atol(arguments[2]) : 1'000'000;
  Estate world{services};
  const long steps_before = world.steps();
  const long allocations_before = allocations;
  const auto begun = std::chrono::steady_clock::now();
  world.live(wanted);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  const long steps = world.steps() - steps_before;
  std::printf("{\"services\": %zu, \"steps\": %ld, \"seconds\": %.4f, \"bytes_each\": %zu, "
              "\"allocations\": %ld}\n",
              services, steps, took.count(), world.bytes() / services,
              allocations - allocations_before);
}
