#include "sources.hpp"

#include <algorithm>
#include <utility>

#include "hash.hpp"
#include "window.hpp"

namespace heald {
namespace {

constexpr std::size_t least_probes = 5;
constexpr std::size_t least_addresses = 3;

std::uint32_t number_of(std::map<std::string, std::uint32_t, std::less<>>& names,
                        std::string_view name) {
  const auto found = names.find(name);
  if (found != names.end()) return found->second;
  const auto number = static_cast<std::uint32_t>(names.size());
  names.emplace(name, number);
  return number;
}

}  // namespace

Vantage Sources::join(std::string_view source, std::string_view address, Duration window) {
  Vantage vantage;
  vantage.source = number_of(by_name_, source);
  vantage.address = hash_of(address);
  if (vantage.source == all_.size()) all_.emplace_back().name = source;
  vantage.joined = true;
  Source& joined = all_[vantage.source];
  ++joined.probes;
  joined.window = std::max(joined.window, window);
  return vantage;
}

Sources::Change Sources::leave(Vantage& vantage) {
  if (!std::exchange(vantage.joined, false)) return Change::none;
  Source& source = all_[vantage.source];
  if (vantage.silent) turn_heard(source, vantage);
  --source.probes;
  const bool was_blind = source.blind;
  source.blind = source.blind && enough(source, source.silent);
  return was_blind && !source.blind ? Change::sighted : Change::none;
}

Sources::Change Sources::saw(Vantage& vantage, Heard heard, Instant now) {
  Source& source = all_[vantage.source];
  const bool turned = vantage.silent != (heard == Heard::silence);
  // Without a turn only probes that have come or left can have changed whether the silent ones are
  // enough.
  if (!turned && source.blind == enough(source, source.silent)) return Change::none;
  if (turned && heard == Heard::answer) turn_heard(source, vantage);
  if (turned && heard == Heard::silence) turn_silent(source, vantage, now);
  const std::size_t together = count_within(source.turns, source.window, now);
  const bool blind = source.blind ? enough(source, source.silent) : enough(source, together);
  if (blind == source.blind) return turned ? Change::silence : Change::none;
  source.blind = blind;
  return blind ? Change::blinded : Change::sighted;
}

bool Sources::blind(const Vantage& vantage) const {
  return vantage.joined && all_[vantage.source].blind;
}

const std::string& Sources::name(const Vantage& vantage) const {
  return all_[vantage.source].name;
}

std::string Sources::describe_silence(const Vantage& vantage) const {
  const Source& source = all_[vantage.source];
  return std::to_string(source.silent) + " of " + std::to_string(source.probes) +
         " probes over " + std::to_string(source.silent_addresses.size()) +
         " addresses got no answer";
}

void Sources::turn_silent(Source& source, Vantage& vantage, Instant now) {
  vantage.silent = true;
  vantage.silent_since = now;
  ++source.silent;
  ++source.silent_addresses[vantage.address];
  source.turns.push_back(now);
}

void Sources::turn_heard(Source& source, Vantage& vantage) {
  vantage.silent = false;
  --source.silent;
  const auto address = source.silent_addresses.find(vantage.address);
  if (--address->second == 0) source.silent_addresses.erase(address);
  const auto turn = std::lower_bound(source.turns.begin(), source.turns.end(),
                                     vantage.silent_since);
  source.turns.erase(turn);
}

bool Sources::enough(const Source& source, std::size_t silent) {
  return silent >= least_probes && 5 * silent >= 4 * std::size_t{source.probes} &&
         source.silent_addresses.size() >= least_addresses;
}

}  // namespace heald
