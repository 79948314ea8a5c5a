#include "runtime/observer.hpp"

namespace heald {

void Observer::on_record(const Record&, const ServicePolicy*) {}
void Observer::on_observation(const Observation&, Instant,
                              const std::shared_ptr<const ServicePolicy>&) {}
void Observer::on_told(const Message&, const MessageOutcome&) {}
void Observer::on_loop_lag(Duration) {}
void Observer::on_journaled(const std::string&) {}

}  // namespace heald
