#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "journal/codec.hpp"
#include "journal/codec_json.hpp"
#include "journal/random_values.hpp"

namespace heald {
namespace {

using test::Draw;

constexpr std::size_t alternatives = std::variant_size_v<decltype(Event::input)>;
constexpr std::uint32_t rounds = 200;

/// Every path to a field in a document.
void collect(const nlohmann::json& json, const nlohmann::json::json_pointer& at,
             std::set<std::string>& paths) {
  if (!json.is_object()) return;
  for (const auto& [key, value] : json.items()) {
    paths.insert((at / key).to_string());
    collect(value, at / key, paths);
  }
}

template <Word E>
void every_word_is_found() {
  for (std::size_t i = 0; i <= static_cast<std::size_t>(Vocabulary<E>::last); ++i) {
    const E value = static_cast<E>(i);
    CHECK(find_word<E>(word_of(value)) == value);
  }
  // The words of an enumerator past the last that this room knows would be unreadable later.
  CHECK_THROWS(word_of(static_cast<E>(static_cast<std::size_t>(Vocabulary<E>::last) + 1)));
  CHECK_FALSE(find_word<E>("no such word"));
}

TEST_CASE("every enumerator has a word that is found again") {
  every_word_is_found<Desired>();
  every_word_is_found<Health>();
  every_word_is_found<Activity>();
  every_word_is_found<Verdict>();
  every_word_is_found<Cause>();
  every_word_is_found<Guard>();
  every_word_is_found<ConditionStatus>();
  every_word_is_found<Closing>();
  every_word_is_found<Operation>();
  every_word_is_found<ActionKind>();
  every_word_is_found<ActionResult>();
  every_word_is_found<Outcome>();
  every_word_is_found<RecordKind>();
  every_word_is_found<ExitStatus::Kind>();
  every_word_is_found<ProcessFound::What>();
  every_word_is_found<Restarted::Boot>();
  every_word_is_found<JournalChanged::What>();
  every_word_is_found<Operated::Dependents>();
}

TEST_CASE("a service's state survives the round trip") {
  for (std::uint32_t seed = 0; seed < rounds; ++seed) {
    INFO("seed " << seed);
    const std::string written = encode(Draw{seed}.service());
    const auto read = decode_service(written);
    REQUIRE(read.has_value());
    // The text has every field, so equal text is an equal state.
    REQUIRE(encode(*read) == written);
  }
}

TEST_CASE("a service's state is read back field by field") {
  ServiceState state;
  state.name = "web";
  state.desired = Desired::stopped;
  state.generation = Generation{7};
  state.pid = 4711;
  state.last_exit = ExitStatus{ExitStatus::Kind::signaled, 9, true};
  state.pause = Pause{never, "alice", "upgrade"};
  state.hold = Hold{Guard::pause, "pause", "paused by alice", "heald resume", Instant{3s}};
  state.verification.emplace();
  state.verification->proofs["answers"].last_pass = Instant{2s};
  const auto read = decode_service(encode(state));
  REQUIRE(read.has_value());
  CHECK(read->name == "web");
  CHECK(read->desired == Desired::stopped);
  CHECK(read->generation == Generation{7});
  CHECK(read->pid == 4711);
  CHECK(read->last_exit == state.last_exit);
  CHECK(read->pause->until == never);
  CHECK(read->pause->by == "alice");
  CHECK(read->hold == state.hold);
  CHECK(read->verification->proofs.at("answers").last_pass == Instant{2s});
  CHECK_FALSE(read->action);
}

TEST_CASE("the daemon's state survives the round trip") {
  for (std::uint32_t seed = 0; seed < rounds; ++seed) {
    INFO("seed " << seed);
    const std::string written = encode(Draw{seed}.daemon());
    const auto read = decode_daemon(written);
    REQUIRE(read.has_value());
    REQUIRE(encode(*read) == written);
  }
}

TEST_CASE("every kind of event survives the round trip") {
  std::set<std::string_view> kinds;
  for (std::size_t alternative = 0; alternative < alternatives; ++alternative) {
    for (std::uint32_t seed = 0; seed < rounds; ++seed) {
      const Event event = Draw{seed}.event(alternative);
      INFO("alternative " << alternative << ", seed " << seed);
      REQUIRE(event.input.index() == alternative);
      const auto read = decode_event(kind_of(event), event.at, encode(event));
      REQUIRE(read.has_value());
      REQUIRE(read->at == event.at);
      REQUIRE(read->input.index() == alternative);
      REQUIRE(encode(*read) == encode(event));
      kinds.insert(kind_of(event));
    }
  }
  CHECK(kinds.size() == alternatives);
}

TEST_CASE("loaded rules are written as their revision") {
  auto policy = std::make_shared<Policy>();
  policy->revision = "abc";
  const Event event{Instant{1s}, PolicyLoaded{policy}};
  const auto read = decode_event("policy_loaded", event.at, encode(event));
  REQUIRE(read.has_value());
  CHECK(std::get<PolicyLoaded>(read->input).policy->revision == "abc");
}

TEST_CASE("a state with any field missing or of another type is an error") {
  ServiceState state;
  std::uint32_t seed = 0;
  // One that has everything optional, so that every field is there to be damaged.
  do {
    state = Draw{seed++}.service();
  } while (!state.incident || !state.action || !state.verification || !state.pause ||
           !state.last_exit || !state.pending || !state.pid || state.conditions.empty());
  const auto whole = nlohmann::json::parse(encode(state));
  std::set<std::string> paths;
  collect(whole, nlohmann::json::json_pointer{""}, paths);
  CHECK(paths.size() > 60);
  for (const std::string& path : paths) {
    INFO(path);
    const nlohmann::json::json_pointer pointer{path};
    const bool in_map = std::regex_search(path, std::regex{"/(attempts|proofs)/[^/]*$"});
    auto damaged = whole;
    damaged.at(pointer.parent_pointer()).erase(pointer.back());
    if (!in_map) CHECK_FALSE(decode_service(damaged.dump()).has_value());
    damaged = whole;
    damaged.at(pointer) = 1.5;
    CHECK_FALSE(decode_service(damaged.dump()).has_value());
  }
}

TEST_CASE("a damaged state is an error that names the field") {
  auto json = nlohmann::json::parse(encode(ServiceState{}));
  json["hold"]["guard"] = "moon";
  const auto unknown = decode_service(json.dump());
  REQUIRE_FALSE(unknown.has_value());
  CHECK(unknown.error().message ==
        "cannot read the state of a service: hold: guard: has the unknown word \"moon\"");
  json = nlohmann::json::parse(encode(ServiceState{}));
  json["generation"] = -1;
  CHECK_FALSE(decode_service(json.dump()).has_value());
  for (const char* text : {"", "{", "[]", "null", "7", "{}", "\xff\xfe"}) {
    INFO(text);
    CHECK_FALSE(decode_service(text).has_value());
    CHECK_FALSE(decode_daemon(text).has_value());
    CHECK_FALSE(decode_event("observation", Instant{}, text).has_value());
  }
  CHECK_FALSE(decode_event("eclipse", Instant{}, "{}").has_value());
}

TEST_CASE("text cut anywhere is an error, not a crash") {
  const std::string whole = encode(Draw{3}.service());
  for (std::size_t length = 0; length < whole.size(); ++length) {
    REQUIRE_FALSE(decode_service(std::string_view{whole}.substr(0, length)).has_value());
  }
}

TEST_CASE("text that is not UTF-8 is written with its bad bytes replaced") {
  ServiceState state;
  state.pause = Pause{never, "al\xffice", ""};
  const auto read = decode_service(encode(state));
  REQUIRE(read.has_value());
  CHECK(read->pause->by == "al\xEF\xBF\xBDice");
}

}  // namespace
}  // namespace heald
