// The public face, and one step.

#include "heald/engine.hpp"

#include <algorithm>

#include "heald/assert.hpp"
#include "world.hpp"

namespace heald {

Engine::Engine(std::uint64_t seed) : world_(std::make_unique<World>(seed)) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

Engine Engine::what_if() const {
  Engine copy{0};
  copy.world_ = std::make_unique<World>(*world_);
  copy.world_->look_again();
  return copy;
}

void Engine::restore(Snapshot snapshot) { world_->restore(std::move(snapshot)); }
const Decision& Engine::step(const Event& event) { return world_->step(event); }
std::optional<ServiceId> Engine::find(std::string_view name) const { return world_->find(name); }
std::size_t Engine::size() const { return world_->slots().size(); }

bool Engine::declared(ServiceId service) const {
  return world_->slots().at(service.value()).policy != nullptr;
}
const ServiceState& Engine::state(ServiceId service) const {
  return world_->slots().at(service.value()).state;
}
const std::shared_ptr<const ServicePolicy>& Engine::policy(ServiceId service) const {
  return world_->slots().at(service.value()).policy;
}
const DaemonState& Engine::daemon() const { return world_->daemon(); }
Snapshot Engine::snapshot() const { return world_->snapshot(); }
std::vector<Hold> Engine::guards(ServiceId service) const { return world_->guards(service); }
Engine::Next Engine::next(ServiceId service) const { return world_->next(service); }

std::optional<ServiceId> World::find(std::string_view name) const {
  const auto found =
      std::lower_bound(by_name_.begin(), by_name_.end(), name,
                       [this](ServiceId id, std::string_view wanted) {
                         return at(id).state.name < wanted;
                       });
  if (found == by_name_.end() || at(*found).state.name != name) return std::nullopt;
  return *found;
}

const Decision& World::step(const Event& event) {
  commands_.clear();
  records_.clear();
  for (const ServiceId service : changed_) at(service).changed = false;
  changed_.clear();
  refusal_.clear();
  ended_.reset();
  decision_ = {};
  now_ = std::max(now_, event.at);
  daemon_.now = now_;

  end_in_time();
  std::visit([this](const auto& input) { on(input); }, event.input);
  settle();

  decision_.commands = commands_;
  decision_.records = records_;
  decision_.changed = changed_;
  decision_.refusal = refusal_;
  decision_.wake_at = std::min(deadlines_.earliest(), shutdown_deadline_);
  if (daemon_.freeze) decision_.wake_at = std::min(decision_.wake_at, daemon_.freeze->until);
  for (const auto& [group, until] : daemon_.storm_until) {
    decision_.wake_at = std::min(decision_.wake_at, until);
  }
  return decision_;
}

/// Ends what belongs to no service and is over by time.
void World::end_in_time() {
  if (daemon_.freeze && now_ >= daemon_.freeze->until) {
    daemon_.freeze.reset();
    touch_daemon();
  }
  std::erase_if(daemon_.storm_until, [this](const auto& storm) {
    if (now_ < storm.second) return false;
    note(RecordKind::storm_ended, "its cool-down is over").condition = storm.first;
    daemon_.storm_let.erase(storm.first);
    const auto found = groups_by_name_.find(storm.first);
    if (found != groups_by_name_.end()) groups_[found->second].end_storm();
    touch_daemon();
    return true;
  });
}

/// Those due now, who has waited longest first: what all of them wait for may do for one alone.
/// They are due no more.
bool World::take_due() {
  due_.clear();
  while (deadlines_.earliest() <= now_) {
    due_.push_back(deadlines_.first());
    deadlines_.set(due_.back(), never);
  }
  in_turn(due_);
  return !due_.empty();
}

/// What nobody has seen for too long is known no more before anything is decided: after a sleep of
/// the machine it is much at once, and others may count on it.
void World::age_due() {
  for (const ServiceId service : due_) {
    Slot& slot = at(service);
    if (slot.policy && age_conditions(slot)) refresh_health(slot);
  }
}

/// Services due at one instant go one by one, each with all that follows from it before the next:
/// which others are due as well hangs on looks that a replay leaves out.
void World::decide_due() {
  for (const ServiceId service : due_) {
    dirty(service);
    decide_dirty();
  }
}

void World::decide_dirty() {
  for (std::size_t place = 0; place < dirty_.size(); ++place) {
    const ServiceId service = dirty_[place];
    at(service).dirty = false;
    decide(service);
    HEALD_ASSERT(turns_left_-- > 0);
  }
  dirty_.clear();
}

void World::settle() {
  // Deciding one service makes others dirty (its group, its dependents), and these it; but each
  // such turn moves something forward, so it ends. The bound only stops a defect from spinning.
  turns_left_ = 1000 + 100 * slots_.size();
  bool due = take_due();
  age_due();
  decide_dirty();
  while (due || let_one_start()) {
    if (due) decide_due();
    decide_dirty();
    due = take_due();
  }
  finish_shutdown();
}

}  // namespace heald
