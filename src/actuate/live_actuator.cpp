#include "actuate/live_actuator.hpp"

#include <boost/asio/post.hpp>
#include <list>
#include <unordered_map>
#include <utility>

#include "actuate/commands.hpp"
#include "actuate/messenger.hpp"
#include "actuate/running_action.hpp"
#include "actuate/service_process.hpp"

namespace heald {

/// Everything behind the actuator, shared with what is queued on the strand.
class LiveActuator::World : public std::enable_shared_from_this<World> {
 public:
  explicit World(Parts parts)
      : parts_(std::move(parts)),
        commands_(parts_.children, parts_.control),
        messenger_(parts_, commands_) {}

  void start(ActionOrder order);
  Adoption adopt(ServiceId service, const ServicePolicy& policy);
  [[nodiscard]] Messenger& messenger() { return messenger_; }
  void kill(ServiceId service);
  void release(ServiceId service);
  /// Nobody is told of anything any more.
  void close() { services_.clear(); }

 private:
  struct Service {
    Service(const Parts& parts, ServiceId id, const std::string& name)
        : process(parts, id, name) {}
    ServiceProcess process;
    std::list<ActionOrder> waiting;  ///< hardly ever any; a deque keeps room for one
    std::shared_ptr<RunningAction> current;
  };

  Service& service(ServiceId id, const std::string& name);
  void begin_next(ServiceId id);
  void finished(ServiceId id, ActionReport report);
  template <class Function>
  void post(Function function);

  Parts parts_;
  std::unordered_map<ServiceId, Service> services_;
  Commands commands_;
  Messenger messenger_;
  bool starting_ = false;  ///< within a call, from inside of which nothing is reported
};

template <class Function>
void LiveActuator::World::post(Function function) {
  boost::asio::post(parts_.control, [weak = weak_from_this(), function] {
    if (const auto self = weak.lock()) function(*self);
  });
}

LiveActuator::World::Service& LiveActuator::World::service(ServiceId id, const std::string& name) {
  const auto found = services_.find(id);
  if (found != services_.end()) return found->second;
  return services_.try_emplace(id, parts_, id, name).first->second;
}

void LiveActuator::World::start(ActionOrder order) {
  const auto id = order.service;
  const bool at_once = order.at_once;
  service(id, order.policy->name).waiting.push_back(std::move(order));
  if (!at_once) return post([id](World& self) { self.begin_next(id); });
  starting_ = true;
  begin_next(id);
  starting_ = false;
}

void LiveActuator::World::begin_next(ServiceId id) {
  const auto found = services_.find(id);
  if (found == services_.end()) return;
  auto& service = found->second;
  if (service.current || service.waiting.empty()) return;
  auto order = std::move(service.waiting.front());
  service.waiting.pop_front();
  const RunningAction::Tools tools{parts_, commands_, messenger_, service.process};
  const auto action = std::make_shared<RunningAction>(
      std::move(order), tools, [weak = weak_from_this(), id](ActionReport report) {
        if (const auto self = weak.lock()) self->finished(id, std::move(report));
      });
  service.current = action;
  action->begin();
}

void LiveActuator::World::finished(ServiceId id, ActionReport report) {
  const auto found = services_.find(id);
  if (found == services_.end()) return;
  // The step that has just ended is still on the stack of its action.
  post([done = std::move(found->second.current)](World&) {});
  found->second.current = nullptr;
  post([id](World& self) { self.begin_next(id); });
  if (!starting_) return parts_.reports.finished(std::move(report));
  post([report = std::move(report)](World& self) { self.parts_.reports.finished(report); });
}

Adoption LiveActuator::World::adopt(ServiceId id, const ServicePolicy& policy) {
  return service(id, policy.name).process.adopt(policy);
}

void LiveActuator::World::kill(ServiceId id) {
  const auto found = services_.find(id);
  if (found != services_.end()) found->second.process.kill();
}

void LiveActuator::World::release(ServiceId id) {
  // Later, since it may be a report of this very service that makes the caller let go of it.
  post([id](World& self) {
    const auto found = self.services_.find(id);
    if (found == self.services_.end() || found->second.current) return;
    found->second.process.remove_record();
    self.parts_.self_reports.forget(id);
    self.services_.erase(found);
  });
}

LiveActuator::LiveActuator(Parts parts) : world_(std::make_shared<World>(std::move(parts))) {}

LiveActuator::~LiveActuator() { world_->close(); }

void LiveActuator::start(ActionOrder order) { world_->start(std::move(order)); }

Adoption LiveActuator::adopt(ServiceId service, const ServicePolicy& policy) {
  return world_->adopt(service, policy);
}

void LiveActuator::send(std::vector<Message> messages) {
  world_->messenger().send(std::move(messages));
}

void LiveActuator::kill(ServiceId service) { world_->kill(service); }

void LiveActuator::release(ServiceId service) { world_->release(service); }

}  // namespace heald
