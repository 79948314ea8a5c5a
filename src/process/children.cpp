#include "process/children.hpp"

#include <utility>

#include "process/reaper.hpp"

namespace heald {

Children::Children(boost::asio::any_io_executor control)
    : reaper_(std::make_shared<Reaper>(std::move(control))) {
  reaper_->start();
}

Children::~Children() { reaper_->stop(); }

Result<NewChild> Children::spawn(const SpawnRequest& request,
                                 boost::asio::any_io_executor executor, Ended ended) {
  return reaper_->spawn(request, std::move(executor), std::move(ended));
}

Child Children::follow(pid_t pid, Fd pidfd, boost::asio::any_io_executor executor, Ended ended,
                       CgroupHandle cgroup) {
  return reaper_->follow(pid, std::move(pidfd), std::move(executor), std::move(ended),
                         std::move(cgroup));
}

bool Children::signal(const Child& child, Signal signal) { return reaper_->signal(child, signal); }

void Children::kill_group(const Child& child) { reaper_->kill_group(child); }

void Children::forget(const Child& child) { reaper_->forget(child); }

}  // namespace heald
