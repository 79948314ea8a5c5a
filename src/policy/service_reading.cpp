#include "policy/service_reading.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "policy/scalars.hpp"
#include "policy/service_draft.hpp"
#include "policy/tables.hpp"

namespace heald {

namespace {

// The first tells how many there are. What is wrong with it is told once: the others are then read
// only for their names.
void read_instances(Reader& reader, const YamlEvent& key, const Recording& body,
                    std::uint32_t order, RuleSet& rules) {
  InstancedName instanced{0, key.at};
  std::uint32_t count = 1;
  const std::size_t problems = reader.log().size();
  for (std::uint32_t instance = 1; instance <= count && !reader.failed(); ++instance) {
    reader.read_instance(body, instance);
    ServiceDraft draft =
        read_service_draft(reader, key, key.value + "-" + std::to_string(instance));
    if (instance == 1) count = draft.instances.value_or(1);
    draft.order = order;
    add_service(reader, std::move(draft), rules);
    instanced.count = instance;
    const bool good = reader.log().size() == problems;
    reader.tell(good ? Reader::Told::problems : Reader::Told::nothing);
  }
  reader.leave_instance();
  declare_instances(reader, key, instanced, rules);
}

template <class T>
std::vector<T> in_order(std::vector<T>& values, const std::vector<std::uint32_t>& order) {
  std::vector<T> sorted;
  sorted.reserve(values.size());
  for (const std::uint32_t index : order) sorted.push_back(std::move(values[index]));
  return sorted;
}

}  // namespace

ServiceDraft read_service_draft(Reader& reader, const YamlEvent& key, std::string name) {
  if (const auto parsed = parse_name(name); !parsed) {
    reader.report(key.at, parsed.error().message);
  }
  ServiceDraft draft;
  draft.policy.name = std::move(name);
  draft.at = key.at;
  reader.read(service_mapping, draft);
  return draft;
}

void read_service(Reader& reader, const YamlEvent& key, Recording&& body, std::uint32_t order,
                  RuleSet& rules) {
  if (has_key(body, "instances")) return read_instances(reader, key, body, order, rules);
  reader.read_again(std::move(body));
  ServiceDraft draft = read_service_draft(reader, key, key.value);
  draft.order = order;
  add_service(reader, std::move(draft), rules);
}

void restore_order(RuleSet& rules) {
  if (std::ranges::is_sorted(rules.service_order)) return;
  std::vector<std::uint32_t> order(rules.services.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, {}, [&](std::uint32_t i) { return rules.service_order[i]; });
  std::vector<std::uint32_t> place(order.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) place[order[i]] = i;
  rules.services = in_order(rules.services, order);
  rules.service_at = in_order(rules.service_at, order);
  rules.service_order = in_order(rules.service_order, order);
  for (auto& [name, index] : rules.service_index) index = place[index];
  for (Reference& reference : rules.references) {
    if (reference.service != Reference::nobody) reference.service = place[reference.service];
  }
  std::ranges::stable_sort(rules.references, {}, &Reference::service);
}

}  // namespace heald
