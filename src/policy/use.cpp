#include "policy/use.hpp"

#include <algorithm>
#include <utility>

#include "base/fill_in.hpp"
#include "policy/library_tables.hpp"
#include "policy/merge.hpp"
#include "policy/service_draft.hpp"
#include "policy/service_reading.hpp"
#include "policy/tables.hpp"
#include "policy/wording.hpp"

namespace heald {

namespace {

constexpr std::size_t event_overhead = 64;
constexpr TypeSpec service_type{.shape = Shape::mapping, .mapping = &service_mapping};

std::string library_service(const LibraryDraft& entry) {
  return "library service " + quoted(entry.name);
}

const ParameterDraft* parameter_of(const LibraryDraft& entry, std::string_view name) {
  const auto found = std::ranges::find(entry.parameters, name, &ParameterDraft::name);
  return found == entry.parameters.end() ? nullptr : &*found;
}

std::size_t size_of(const Recording& events) {
  std::size_t octets = 0;
  for (const YamlEvent& event : events) octets += event.value.size() + event_overhead;
  return octets;
}

// "a$" before "{b}" would read as another placeholder, or as the sign for none.
bool ends_in_sign(std::string_view value, const Placeholder& found, std::string_view text) {
  const auto end = static_cast<std::size_t>(found.whole.data() - text.data()) + found.whole.size();
  const std::string_view rest = text.substr(end);
  return value.ends_with('$') && (rest.starts_with('{') || rest.starts_with("${"));
}

}  // namespace

LibraryUse::LibraryUse(Library& library, ProblemLog& log, Variables& variables, Check check)
    : library_(library), log_(log), check_(check), stream_("", 0, log),
      reader_(stream_, log, &variables) {}

void LibraryUse::Value::take_part(const Value& other) {
  touched = true;
  known = known && other.known;
  for (const Source& source : other.sources) {
    const auto same = [&](const Source& mine) { return mine.at == source.at; };
    if (std::ranges::none_of(sources, same)) sources.push_back(source);
  }
}

void LibraryUse::read(WaitingService&& service, RuleSet& rules) {
  auto whole = complete(std::move(service.body));
  if (whole) read_service(reader_, service.key, *std::move(whole), service.order, rules);
}

std::optional<Recording> LibraryUse::complete(Recording&& service) {
  const auto use = take_use(service);
  if (!use) return std::nullopt;
  const LibraryDraft* entry = find(use->entry);
  if (entry == nullptr) return std::nullopt;
  const auto values = values_for(*entry, *use);
  if (!values) return std::nullopt;
  auto base = complete_base(*entry, filled(*entry, *values, use->entry.at), use->entry.at);
  if (!base) return std::nullopt;
  return merged(*std::move(base), std::move(service), service_type);
}

// A library service may begin as another one in turn.
std::optional<Recording> LibraryUse::complete_base(const LibraryDraft& entry, Recording&& base,
                                                   Position user) {
  charged_ += size_of(base);
  if (charged_ > expansion_budget) {
    log_.add(user, "what is used of the library comes to more than " +
                       std::to_string(expansion_budget >> 20U) + " MiB here");
    return std::nullopt;
  }
  if (!has_key(base, use_key)) return std::move(base);
  const bool again = std::ranges::find(chain_, &entry) != chain_.end();
  if (again || chain_.size() == deepest) {
    log_.add(user, again ? library_service(entry) + " uses itself"
                         : "library services use each other more than " +
                               std::to_string(deepest) + " levels deep here");
    return std::nullopt;
  }
  chain_.push_back(&entry);
  auto whole = complete(std::move(base));
  chain_.pop_back();
  return whole;
}

std::optional<UseDraft> LibraryUse::take_use(Recording& service) {
  std::size_t key = 1;
  while (!(service[key].key && service[key].value == use_key)) {
    key = end_of_node(service, end_of_node(service, key));
  }
  const auto begin = service.begin() + static_cast<std::ptrdiff_t>(key);
  const auto end = service.begin() + static_cast<std::ptrdiff_t>(end_of_node(service, key + 1));
  reader_.read_again(Recording{begin + 1, end});
  service.erase(begin, end);
  const std::size_t problems = log_.size();
  if (has_key(service, use_key)) {
    log_.add(service.front().at, "the key 'use' is given twice in this service");
  }
  std::optional<UseDraft> use;
  UseValue::read(reader_, use);
  if (log_.size() != problems) return std::nullopt;
  return use;
}

const LibraryDraft* LibraryUse::find(const Mention& name) {
  const LibraryDraft* entry = library_.find(name.name);
  if (entry != nullptr) return is_good(*entry) ? entry : nullptr;
  if (library_.is_broken(name.name)) return nullptr;
  const std::vector<std::string> names = library_.names();
  const std::vector<std::string_view> known{names.begin(), names.end()};
  log_.add(name.at, "there is no library service " + quoted(name.name) +
                        suggestion(name.name, known));
  return nullptr;
}

bool LibraryUse::is_good(const LibraryDraft& entry) {
  if (check_ == Check::needless) return true;
  const auto [known, fresh] = looked_at_.try_emplace(&entry, true);
  if (fresh) {
    const bool good = read_by_itself(entry);
    looked_at_[&entry] = good;
    return good;
  }
  return known->second;
}

// Parameters without a default are taken for good, wherever they stand.
bool LibraryUse::read_by_itself(const LibraryDraft& entry) {
  const std::size_t problems = log_.size();
  if (entry.service.empty()) return false;
  const UseDraft nothing_given{{entry.name, entry.at}, {}};
  Values values;
  for (const ParameterDraft& parameter : entry.parameters) {
    Value& value = values[parameter.name];
    if (!parameter.otherwise) {
      value.known = false;
      continue;
    }
    value = value_of(*parameter.otherwise, values);
    value.sources.push_back({parameter.otherwise->at, parameter.name});
  }
  auto service = complete_base(entry, filled(entry, values, std::nullopt), entry.at);
  if (!service) return false;
  EventStream stream{"", 0, log_};
  Variables unkept;
  Reader reader{stream, log_, &unkept};
  reader.tell(Reader::Told::problems);
  reader.expect(Reader::Extent::part);
  reader.read_instance(*service, 1);
  const YamlEvent key{.kind = EventKind::scalar, .at = entry.at, .value = entry.name};
  ServiceDraft draft = read_service_draft(reader, key, entry.name);
  RuleSet rules;
  if (log_.size() == problems && !reader.lacked()) add_service(reader, std::move(draft), rules);
  return log_.size() == problems;
}

std::optional<LibraryUse::Values> LibraryUse::values_for(const LibraryDraft& entry,
                                                         const UseDraft& use) {
  Values values;
  if (!give(entry, use, values)) return std::nullopt;
  bool whole = true;
  for (const ParameterDraft& parameter : entry.parameters) {
    if (values.contains(parameter.name)) continue;
    if (parameter.otherwise) {
      values[parameter.name] = value_of(*parameter.otherwise, values);
      continue;
    }
    std::string what;
    if (!parameter.description.empty()) what = " (" + parameter.description + ")";
    log_.add(use.entry.at, library_service(entry) + " needs the parameter " +
                               quoted(parameter.name) + what + ", declared at " +
                               log_.describe(parameter.at));
    whole = false;
  }
  if (!whole) return std::nullopt;
  return values;
}

bool LibraryUse::give(const LibraryDraft& entry, const UseDraft& use, Values& values) {
  bool good = true;
  for (const UseDraft::Given& given : use.given) {
    const ParameterDraft* parameter = parameter_of(entry, given.parameter.name);
    if (parameter != nullptr) {
      Value& value = values[parameter->name];
      value.text = given.value.value;
      value.known = given.value.kind == EventKind::scalar;
      value.sources = {{given.value.at, parameter->name}};
      continue;
    }
    std::vector<std::string_view> known;
    for (const ParameterDraft& each : entry.parameters) known.emplace_back(each.name);
    log_.add(given.parameter.at, library_service(entry) + " has no parameter " +
                                     quoted(given.parameter.name) +
                                     (known.empty() ? "; it has none"
                                                    : suggestion(given.parameter.name, known)));
    good = false;
  }
  return good;
}

// The text with the parameters filled in, and everything else left as it is. What is no placeholder
// is told of by whoever reads the text.
LibraryUse::Value LibraryUse::value_of(const YamlEvent& event, const Values& values) {
  Value made;
  made.text = event.value;
  made.known = event.kind == EventKind::scalar;
  if (!has_placeholders(event.value)) return made;
  const auto part = [&](const Placeholder& found) -> Result<std::string> {
    const auto parameter = values.find(found.name);
    if (parameter == values.end()) return stands_for(std::string{found.whole});
    const Value& value = parameter->second;
    made.take_part(value);
    if (ends_in_sign(value.text, found, event.value)) {
      log_.add(value.sources.empty() ? event.at : value.sources.front().at,
               quoted(value.text) + " ends with '$' before another '${' or '{', which would read "
                                    "as a placeholder");
      made.known = false;
    }
    return stands_for(*heald::value_of(found, value.text));
  };
  auto text = fill_in(event.value, Escapes::kept, part);
  if (text) made.text = *std::move(text);
  return made;
}

Recording LibraryUse::filled(const LibraryDraft& entry, const Values& values,
                             std::optional<Position> user) {
  Recording events = entry.service;
  for (YamlEvent& event : events) {
    if (event.kind == EventKind::scalar && !event.key) fill(event, entry, values);
  }
  if (!user) return events;
  const std::uint32_t view = log_.add_view(entry.at.file, *user, library_service(entry));
  for (YamlEvent& event : events) {
    if (event.at.file == entry.at.file) event.at.file = view;
  }
  return events;
}

void LibraryUse::fill(YamlEvent& event, const LibraryDraft& entry, const Values& values) {
  Value made = value_of(event, values);
  if (!made.touched) return;
  event.given = true;
  event.value = std::move(made.text);
  if (!made.known) event.kind = EventKind::broken;
  if (made.sources.empty()) return;
  std::string what = made.sources.size() == 1 ? "parameter " : "parameters ";
  for (const Value::Source& source : made.sources) {
    if (&source != &made.sources.front()) what += ", ";
    what += quoted(source.parameter);
  }
  event.at.file = log_.add_view(entry.at.file, made.sources.front().at,
                                what + " of " + library_service(entry));
}

}  // namespace heald
