#include "api/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>
#include <sstream>

#include "api/plain_series.hpp"

namespace heald {

namespace {

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

prometheus::Histogram& histogram(prometheus::Registry& registry, const char* name,
                                 const char* help, const std::vector<double>& bounds) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add(
      {}, bounds);
}

using Type = prometheus::MetricType;

prometheus::MetricFamily reloads(const DaemonPage& page) {
  auto family = single("heald_rules_reloads_total", "Reloads of the rules, by what came of them.",
                       Type::Counter, static_cast<double>(page.reloads_loaded));
  family.metric.push_back(family.metric.front());
  family.metric.front().label = {{"outcome", "loaded"}};
  family.metric.back().label = {{"outcome", "refused"}};
  family.metric.back().counter.value = static_cast<double>(page.reloads_refused);
  return family;
}

void add_page(std::vector<prometheus::MetricFamily>& families, const DaemonPage& page) {
  families.push_back(single("heald_ready",
                            "Whether rules are loaded, the journal open and adoption finished.",
                            Type::Gauge, page.ready ? 1 : 0));
  prometheus::MetricFamily troubled;
  troubled.name = "heald_receiver_waiting_messages";
  troubled.help = "Messages that wait for a receiver that does not take them.";
  troubled.type = Type::Gauge;
  for (const TroubledReceiver& receiver : page.troubled_receivers) {
    prometheus::ClientMetric& metric = troubled.metric.emplace_back();
    metric.label = {{"receiver", receiver.receiver}};
    metric.gauge.value = static_cast<double>(receiver.waiting);
  }
  if (!troubled.metric.empty()) families.push_back(std::move(troubled));
  families.push_back(single("heald_rules_refused",
                            "Whether newer rules were refused and older ones stay in force.",
                            Type::Gauge, page.rules_problem.empty() ? 0 : 1));
  auto info = single("heald_rules_info", "Always 1; the label is the revision in force.",
                     Type::Gauge, 1);
  info.metric.front().label = {{"revision", page.revision}};
  families.push_back(std::move(info));
  families.push_back(single("heald_rules_loaded_timestamp_seconds",
                            "When the rules in force were loaded, since the epoch.", Type::Gauge,
                            seconds(page.rules_loaded.time_since_epoch())));
  families.push_back(reloads(page));
}

void add_journal(std::vector<prometheus::MetricFamily>& families, const JournalStats& stats) {
  const auto add = [&](const char* name, const char* help, Type type, auto value) {
    families.push_back(single(name, help, type, static_cast<double>(value)));
  };
  add("heald_journal_works", "Whether the journal can be written.", Type::Gauge, stats.works);
  add("heald_journal_reserve", "Whether the space kept for a full disk is there.", Type::Gauge,
      stats.reserve);
  add("heald_journal_size_bytes", "Size of the journal on disk.", Type::Gauge, stats.size.count);
  add("heald_journal_entries_total", "Entries made durable.", Type::Counter, stats.entries);
  add("heald_journal_commits_total", "Transactions that the entries took.", Type::Counter,
      stats.commits);
  add("heald_journal_failures_total", "Transactions that could not be committed.", Type::Counter,
      stats.failures);
  add("heald_journal_lost_entries_total", "Entries whose history had to be given up.",
      Type::Counter, stats.lost);
}

void add_recorder(std::vector<prometheus::MetricFamily>& families, const RecorderStats& stats) {
  families.push_back(single("heald_recorder_observations_total",
                            "Observations that the recorder was given.",
                            Type::Counter, static_cast<double>(stats.recorded + stats.dropped)));
  families.push_back(single("heald_recorder_lost_observations_total",
                            "Observations for which there was no room, in memory or on the disk.",
                            Type::Counter, static_cast<double>(stats.dropped)));
}

/// What is observed is counted by what would have been done, not by the hold that follows.
bool suppresses(Guard guard) { return guard != Guard::none && guard != Guard::observe; }

constexpr ServiceId behind_all{std::numeric_limits<ServiceId::rep>::max()};

/// Whose the count there is.
template <class Counts>
ServiceId service_at(const Counts& counts, typename Counts::const_iterator at) {
  return at == counts.end() ? behind_all : std::get<ServiceId>(at->first);
}

/// The first count of a service, or of one behind it.
template <class Counts>
typename Counts::const_iterator first_of(const Counts& counts, ServiceId service) {
  typename Counts::key_type key{};
  std::get<ServiceId>(key) = service;
  return counts.lower_bound(key);
}

template <class Counts>
void forget(Counts& counts, ServiceId service) {
  auto at = first_of(counts, service);
  while (service_at(counts, at) == service) at = counts.erase(at);
}

}  // namespace

struct Metrics::Series {
  prometheus::Registry registry;
  prometheus::Histogram& detection =
      histogram(registry, "heald_detection_seconds",
                "Time from the first symptom to the service being called unhealthy.",
                {0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300});
  prometheus::Histogram& recovery =
      histogram(registry, "heald_recovery_seconds",
                "Time from the first symptom to the incident's closing in verified health.",
                {0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600});
  prometheus::Family<prometheus::Counter>& messages =
      prometheus::BuildCounter()
          .Name("heald_messages_total")
          .Help("Messages to receivers that were delivered, or never will be.")
          .Register(registry);
  prometheus::Histogram& loop_lag =
      histogram(registry, "heald_loop_lag_seconds",
                "How much later than it was due the control strand handled its work.",
                {0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5});
};

Metrics::Metrics(const std::string& version) : series_(std::make_unique<Series>()) {
  prometheus::BuildGauge()
      .Name("heald_build_info")
      .Help("Always 1; the labels say what runs.")
      .Register(series_->registry)
      .Add({{"version", version}})
      .Set(1);
}

Metrics::~Metrics() = default;

void Metrics::on_record(const Record& record, const ServicePolicy* policy) {
  // A death is detected at once: a time of zero counts like any other.
  if (record.kind == RecordKind::health_changed && record.text == to_string(Health::unhealthy)) {
    series_->detection.Observe(seconds(record.took));
  }
  if (record.kind == RecordKind::incident_closed &&
      (record.closing == Closing::healed || record.closing == Closing::recovered)) {
    series_->recovery.Observe(seconds(record.took));
  }
  if (!record.service || policy == nullptr) return;
  const std::lock_guard lock{mutex_};
  const ServiceId service = *record.service;
  const bool remedial = !record.cause || *record.cause == Cause::ladder ||
                        *record.cause == Cause::slow_retry;
  if (record.kind == RecordKind::verdict && remedial && record.action_kind && record.verdict) {
    ++remediations_[{service, *record.action_kind, *record.verdict}];
  } else if (record.kind == RecordKind::held && suppresses(record.hold.guard)) {
    ++suppressed_[{service, record.hold.guard}];
  } else if (record.kind == RecordKind::would_act) {
    ++suppressed_[{service, Guard::observe}];
  } else if (record.kind == RecordKind::service_removed) {
    forget(remediations_, service);
    forget(suppressed_, service);
  }
}

void Metrics::on_told(const Message& message, const MessageOutcome& outcome) {
  series_->messages
      .Add({{"receiver", message.receiver}, {"outcome", std::string{to_string(outcome.end)}}})
      .Increment();
}

void Metrics::on_loop_lag(Duration lag) { series_->loop_lag.Observe(seconds(lag)); }

std::string Metrics::daemon_series(const DaemonPage& page, const JournalStats& journal) const {
  auto families = series_->registry.Collect();
  add_page(families, page);
  add_journal(families, journal);
  if (recorder_ != nullptr) add_recorder(families, recorder_->stats());
  add_process_series(families);
  std::ostringstream text;
  prometheus::TextSerializer{}.Serialize(text, families);
  return std::move(text).str();
}

std::vector<std::pair<ServiceId, ServiceCounts>> Metrics::counts(ServiceId first,
                                                                 std::size_t count) const {
  std::vector<std::pair<ServiceId, ServiceCounts>> result;
  const std::lock_guard lock{mutex_};
  auto healed = first_of(remediations_, first);
  auto held = first_of(suppressed_, first);
  while (result.size() < count) {
    const auto next = std::min(service_at(remediations_, healed), service_at(suppressed_, held));
    if (next == behind_all) break;
    ServiceCounts& counts = result.emplace_back(next, ServiceCounts{}).second;
    for (; service_at(remediations_, healed) == next; ++healed) {
      const auto& [of, kind, verdict] = healed->first;
      counts.remediations.emplace(std::pair{kind, verdict}, healed->second);
    }
    for (; service_at(suppressed_, held) == next; ++held) {
      counts.suppressed.emplace(std::get<Guard>(held->first), held->second);
    }
  }
  return result;
}

}  // namespace heald
