// The series of the services, in Prometheus' text format 0.0.4.

#include <array>
#include <charconv>
#include <string_view>

#include "api/metrics.hpp"
#include "api/words.hpp"

namespace heald {

namespace {

constexpr std::size_t services_per_piece = 256;

void add_family(std::string& text, std::string_view name, std::string_view type,
                std::string_view help) {
  text.append("# HELP ").append(name).append(" ").append(help);
  text.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

/// NAME{service="…",OTHER="…"
void open_sample(std::string& text, std::string_view name, std::string_view service,
                 std::string_view label, std::string_view value) {
  text.append(name).append("{service=\"").append(escape_label(service)).append("\",");
  text.append(label).append("=\"").append(escape_label(value)).append("\"");
}

template <class Number>
void close_sample(std::string& text, Number value) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  text.append("} ").append(digits.data(), end).append("\n");
}

bool open(const Seldom<Incident>& incident) {
  return incident && incident->closing == Closing::open;
}

}  // namespace

std::string escape_label(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    if (c == '\\' || c == '"') escaped.push_back('\\');
    if (c == '\n') {
      escaped.append("\\n");
    } else {
      escaped.push_back(c);
    }
  }
  return escaped;
}

std::string Exposition::next() {
  std::string text;
  while (text.empty() && part_ != Part::end) {
    switch (part_) {
      case Part::daemon:
        text = metrics_->daemon_series(*board_->daemon(), journal_->stats());
        next_part(text);
        break;
      case Part::info:
      case Part::health:
      case Part::probe_success:
      case Part::probe_duration:
        add_pages(text);
        break;
      case Part::remediations:
      case Part::suppressed:
        add_counts(text);
        break;
      case Part::incidents:
        text.append("heald_incidents_open ").append(std::to_string(incidents_open_)).append("\n");
        next_part(text);
        break;
      case Part::end: break;
    }
  }
  return text;
}

void Exposition::next_part(std::string& text) {
  part_ = static_cast<Part>(static_cast<int>(part_) + 1);
  position_ = 0;
  switch (part_) {
    case Part::health:
      return add_family(text, "heald_service_health", "gauge",
                        "Always 1; the label says the service's health.");
    case Part::probe_success:
      return add_family(text, "heald_probe_success", "gauge",
                        "Whether the latest look passed (1) or failed (0); absent when unknown.");
    case Part::probe_duration:
      return add_family(text, "heald_probe_duration_seconds", "gauge",
                        "How long the latest look took.");
    case Part::remediations:
      return add_family(text, "heald_remediations_total", "counter",
                        "Remediations that ended, by action and verdict.");
    case Part::suppressed:
      return add_family(text, "heald_suppressed_total", "counter",
                        "Times that a guard held an action back.");
    case Part::incidents:
      return add_family(text, "heald_incidents_open", "gauge", "Incidents that are open.");
    case Part::info:
      return add_family(text, "heald_service_info", "gauge",
                        "Always 1; the labels say what the service is and who looks after it.");
    case Part::daemon:
    case Part::end: return;
  }
}

void Exposition::add_info(std::string& text, const ServicePage& page) {
  if (!page.policy) return;
  const ServicePolicy& policy = *page.policy;
  open_sample(text, "heald_service_info", page.state.name, "group", policy.group);
  const auto add = [&text](std::string_view label, std::string_view value) {
    text.append(",").append(label).append("=\"").append(escape_label(value)).append("\"");
  };
  add("runtime", policy.process() != nullptr ? "process" : "external");
  add("owner", policy.owner);
  add("severity", severity_word(policy.severity));
  close_sample(text, 1);
}

void Exposition::add_pages(std::string& text) {
  for (const auto& page : board_->slice(position_, services_per_piece)) add_page(text, *page);
  position_ += services_per_piece;
  if (position_ >= board_->slots()) next_part(text);
}

void Exposition::add_page(std::string& text, const ServicePage& page) {
  if (part_ == Part::info) return add_info(text, page);
  if (part_ == Part::health) {
    if (open(page.state.incident)) ++incidents_open_;
    open_sample(text, "heald_service_health", page.state.name, "state",
                to_string(page.state.health));
    return close_sample(text, 1);
  }
  std::uint32_t index = 0;
  for (const auto& probe : page.policy->probes) {
    const auto reading = board_->reading(page.id, ProbeIndex{index++});
    if (reading.ended == Instant{}) continue;
    if (part_ == Part::probe_duration) {
      open_sample(text, "heald_probe_duration_seconds", page.state.name, "probe", probe.name);
      close_sample(text, std::chrono::duration<double>(reading.took).count());
    } else if (reading.outcome != Outcome::unknown) {
      open_sample(text, "heald_probe_success", page.state.name, "probe", probe.name);
      close_sample(text, reading.outcome == Outcome::pass ? 1 : 0);
    }
  }
}

void Exposition::add_counts(std::string& text) {
  const auto counted =
      metrics_->counts(ServiceId{static_cast<std::uint32_t>(position_)}, services_per_piece);
  for (const auto& [id, counts] : counted) {
    position_ = id.value() + std::size_t{1};
    const auto pages = board_->slice(id.value(), 1);
    if (pages.empty()) continue;  // it has just been removed
    const std::string& name = pages.front()->state.name;
    if (part_ == Part::suppressed) {
      for (const auto& [guard, times] : counts.suppressed) {
        open_sample(text, "heald_suppressed_total", name, "guard", to_string(guard));
        close_sample(text, times);
      }
      continue;
    }
    for (const auto& [what, times] : counts.remediations) {
      open_sample(text, "heald_remediations_total", name, "action", to_string(what.first));
      text.append(",verdict=\"").append(to_string(what.second)).append("\"");
      close_sample(text, times);
    }
  }
  if (counted.size() < services_per_piece) next_part(text);
}

}  // namespace heald
