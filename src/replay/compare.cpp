#include "replay/compare.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "journal/codec.hpp"

namespace heald {
namespace {

using nlohmann::json;

template <class E>
std::string word(const std::optional<E>& value) {
  return value ? std::string{to_string(*value)} : std::string{};
}

std::string count(Instant instant) {
  return instant == never ? "never" : std::to_string(instant.time_since_epoch().count());
}

using Fields = std::vector<std::pair<const char*, std::string>>;

Fields fields_of(const Record& record) {
  const Hold& hold = record.hold;
  return {{"kind", std::string{to_string(record.kind)}},
          {"at", count(record.at)},
          {"service", record.service ? std::to_string(record.service->value()) : ""},
          {"incident", std::to_string(record.incident.value())},
          {"action", std::to_string(record.action.value())},
          {"condition", record.condition},
          {"rung", record.rung},
          {"action kind", word(record.action_kind)},
          {"cause", word(record.cause)},
          {"verdict", word(record.verdict)},
          {"result", word(record.result)},
          {"closing", word(record.closing)},
          {"guard", std::string{to_string(hold.guard)}},
          {"hold: rule", hold.rule},
          {"hold: value", hold.value},
          {"hold: wanted", hold.wanted},
          {"hold: until", count(hold.until)},
          {"text", record.text},
          {"took", std::to_string(record.took.count())}};
}

std::string summary(const Record& record) {
  std::string text{to_string(record.kind)};
  if (!record.text.empty()) text.append(": ").append(record.text);
  return text;
}

std::optional<Mismatch> compare_states(const std::string& service, const std::string& journaled,
                                       const std::string& replayed) {
  if (journaled == replayed) return std::nullopt;
  const json was = json::parse(journaled);
  const json is = json::parse(replayed);
  for (const auto& item : was.items()) {
    const json got = is.value(item.key(), json{});
    if (got != item.value()) {
      return Mismatch{service, "state: " + item.key(), item.value().dump(), got.dump()};
    }
  }
  return Mismatch{service, "state", journaled, replayed};
}

}  // namespace

std::optional<Mismatch> compare(std::span<const RecordRow> journaled,
                                std::span<const Record> replayed) {
  for (std::size_t place = 0; place < std::max(journaled.size(), replayed.size()); ++place) {
    const std::string what = "record " + std::to_string(place + 1);
    if (place >= replayed.size()) {
      const RecordRow& row = journaled[place];
      return Mismatch{row.service_name, what, summary(row.record), "none"};
    }
    if (place >= journaled.size()) return Mismatch{{}, what, "none", summary(replayed[place])};
    const RecordRow& row = journaled[place];
    const Fields was = fields_of(row.record);
    const Fields is = fields_of(replayed[place]);
    const auto [left, right] = std::mismatch(was.begin(), was.end(), is.begin());
    if (left == was.end()) continue;
    if (left == was.begin()) {
      return Mismatch{row.service_name, what, summary(row.record), summary(replayed[place])};
    }
    const std::string of = what + " (" + std::string{to_string(row.record.kind)} + "): ";
    return Mismatch{row.service_name, of + left->first, left->second, right->second};
  }
  return std::nullopt;
}

std::optional<Mismatch> compare(const Snapshot& journaled, const Snapshot& replayed) {
  const std::size_t slots = std::max(journaled.services.size(), replayed.services.size());
  for (std::size_t slot = 0; slot < slots; ++slot) {
    if (slot >= replayed.services.size()) {
      return Mismatch{journaled.services[slot].name, "state", "there", "none"};
    }
    if (slot >= journaled.services.size()) {
      return Mismatch{replayed.services[slot].name, "state", "none", "there"};
    }
    const ServiceState& was = journaled.services[slot];
    auto found = compare_states(was.name, encode(was), encode(replayed.services[slot]));
    if (found) return found;
  }
  return compare_states({}, encode(journaled.daemon), encode(replayed.daemon));
}

}  // namespace heald
