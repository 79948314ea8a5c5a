// What came of a scenario, read from the records that people would see and from the world.

#include <algorithm>

#include "sim/scenario.hpp"

namespace heald::sim {

std::string_view to_string(Ending ending) {
  switch (ending) {
    case Ending::healed: return "healed";
    case Ending::recovered: return "recovered";
    case Ending::passed: return "passed";
    case Ending::stopped: return "stopped";
    case Ending::lasting: return "lasting";
    case Ending::unseen: return "unseen";
    case Ending::not_healed: return "not_healed";
  }
  return "";
}

bool is_bad(Ending ending) { return ending == Ending::unseen || ending == Ending::not_healed; }

namespace {

bool opens(RecordKind kind) {
  return kind == RecordKind::incident_opened || kind == RecordKind::incident_relapsed;
}

/// Reads the course of one service out of the records, from one hit on.
class Reading {
 public:
  Reading(const Upshot& upshot, const Engine& engine, const std::vector<Fault>& faults)
      : upshot_(upshot), engine_(engine), faults_(faults) {}

  void read(Hit& hit) const {
    const auto service = engine_.find(hit.service);
    if (!service) return;
    bool open = false;
    bool healthy = false;
    bool begun = false;
    for (const Record& record : upshot_.records) {
      if (record.service != *service) continue;
      if (record.at >= hit.began && !begun) {
        begun = true;
        if (open) hit.detected = hit.began;
      }
      if (record.at >= hit.over && hit.healthy == never && healthy && !open) hit.healthy = hit.over;
      if (hit.healthy != never && record.at > hit.healthy) break;
      if (opens(record.kind)) open = true;
      if (record.kind == RecordKind::incident_closed) open = false;
      if (record.kind == RecordKind::health_changed) healthy = record.text == "healthy";
      if (begun) note(hit, record);
      if (record.at >= hit.over && hit.healthy == never && healthy && !open) {
        hit.healthy = record.at;
      }
    }
    if (hit.healthy == never && hit.over != never && healthy && !open) hit.healthy = hit.over;
    for (const Told& told : upshot_.told) {
      const bool meant = told.service == *service && told.at >= hit.began;
      if (meant && told.at <= hit.healthy) ++hit.told;
    }
    hit.ending = ending_of(hit, *service);
  }

 private:
  static void note(Hit& hit, const Record& record) {
    if (opens(record.kind) && hit.detected == never) hit.detected = record.at;
    if (record.kind != RecordKind::action_intended) return;
    if (hit.acted == never) hit.acted = record.at;
    hit.actions.push_back(record.action);
  }

  [[nodiscard]] Ending ending_of(const Hit& hit, ServiceId service) const {
    const bool ailment = is_ailment(faults_[hit.fault].kind);
    const bool wanted = engine_.declared(service) &&
                        engine_.state(service).desired != Desired::stopped;
    if (hit.healthy != never) {
      if (hit.detected == never && hit.acted == never) return Ending::passed;
      return hit.cured_by == ActionId{} ? Ending::recovered : Ending::healed;
    }
    if (!wanted) return Ending::stopped;
    if (!ailment) return hit.over == never ? Ending::lasting : Ending::not_healed;
    return hit.detected == never && hit.over == never ? Ending::unseen : Ending::not_healed;
  }

  const Upshot& upshot_;
  const Engine& engine_;
  const std::vector<Fault>& faults_;
};

void add_hits(std::vector<Hit>& hits, const std::string& service,
              const std::vector<Trouble>& troubles) {
  for (const Trouble& trouble : troubles) {
    hits.push_back(Hit{.fault = trouble.number, .service = service, .began = trouble.began,
                       .over = trouble.over, .cured_by = trouble.cured_by, .actions = {}});
  }
}

void read_end(Upshot& upshot, const Engine& engine) {
  for (std::uint32_t slot = 0; slot < engine.size(); ++slot) {
    const ServiceId service{slot};
    const ServiceState& state = engine.state(service);
    upshot.services.push_back(state);
    const bool wanted = engine.declared(service) && state.desired == Desired::running;
    if (wanted && state.health != Health::healthy) upshot.sick.push_back(state.name);
  }
}

}  // namespace

Upshot Play::upshot() const {
  Upshot upshot{.beginning = beginning_, .hits = for_heald_, .records = world_.records,
                  .ordered = world_.ordered, .told = world_.told, .breaches = breaches_,
                  .services = {}, .sick = {}};
  for (Hit& hit : upshot.hits) {
    hit.ending = hit.over == never ? Ending::lasting : Ending::passed;
  }
  const std::size_t for_services = upshot.hits.size();
  for (const auto& [name, patient] : world_.patients()) {
    add_hits(upshot.hits, name, patient.past_troubles());
    add_hits(upshot.hits, name, patient.troubles());
  }
  const Reading reading{upshot, world_.engine(), scenario_.faults};
  for (std::size_t place = for_services; place < upshot.hits.size(); ++place) {
    reading.read(upshot.hits[place]);
  }
  std::stable_sort(upshot.hits.begin(), upshot.hits.end(), [](const Hit& a, const Hit& b) {
    return std::pair{a.began, a.fault} < std::pair{b.began, b.fault};
  });
  read_end(upshot, world_.engine());
  return upshot;
}

}  // namespace heald::sim
