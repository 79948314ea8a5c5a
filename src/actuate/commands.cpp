#include "actuate/commands.hpp"

#include <utility>

namespace heald {

Commands::Commands(Children& children, boost::asio::any_io_executor control)
    : children_(children), control_(std::move(control)) {}

Commands::~Commands() {
  for (const auto& [number, cancel] : *running_) cancel();
}

void Commands::run(RunRequest request, std::function<void(RunResult)> done) {
  const auto number = ++last_;
  auto finished = [weak = std::weak_ptr{running_}, number,
                   done = std::move(done)](RunResult result) {
    const auto running = weak.lock();
    if (!running) return;
    running->erase(number);
    done(std::move(result));
  };
  running_->emplace(number,
                    heald::run(children_, control_, std::move(request), std::move(finished)));
}

}  // namespace heald
