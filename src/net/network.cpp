#include "net/network.hpp"

#include <boost/asio/post.hpp>
#include <utility>

namespace heald {

boost::asio::execution_context::id Network::id;

Network::Network(boost::asio::execution_context& context)
    : service(context),
      context_(static_cast<boost::asio::io_context&>(context)),
      deadlines_(context_),
      sockets_(context_, deadlines_) {
  mailbox_->context = &context_;
}

Network::~Network() = default;

Network& Network::of(boost::asio::io_context& context) {
  return boost::asio::use_service<Network>(context);
}

void Network::shutdown() noexcept {
  {
    const std::lock_guard lock{mailbox_->mutex};
    mailbox_->context = nullptr;
  }
  waiting_.clear();
  sockets_.forget_users();
}

void Network::resolve(const std::string& name, std::function<void(const Lookup&)> done) {
  auto& waiting = waiting_[name];
  waiting.push_back(std::move(done));
  if (waiting.size() > 1) return;
  look_up(name, [this, name, mailbox = mailbox_](Lookup found) {
    const std::lock_guard lock{mailbox->mutex};
    if (mailbox->context == nullptr) return;
    boost::asio::post(*mailbox->context, [this, name, found = std::move(found)] {
      answer(name, found);
    });
  });
}

void Network::answer(const std::string& name, const Lookup& found) {
  auto waiting = waiting_.extract(name);
  if (waiting.empty()) return;
  for (const auto& done : waiting.mapped()) done(found);
}

}  // namespace heald
