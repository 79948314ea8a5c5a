#include "runtime/startup.hpp"

#include <catch2/catch.hpp>
#include <filesystem>

#include "support/temporary_folder.hpp"

namespace heald::test {
namespace {

StateFolders folders_in(const TemporaryFolder& folder) {
  Locations locations;
  locations.state_dir = folder.file("state");
  auto folders = prepare_folders(locations);
  REQUIRE(folders.has_value());
  return *folders;
}

std::shared_ptr<const ServicePolicy> declared(const std::string& name, Runtime runtime) {
  auto service = std::make_shared<ServicePolicy>();
  service->name = name;
  service->runtime = std::move(runtime);
  return service;
}

TEST_CASE("a second heald on one state folder is refused, with the folder's name") {
  const TemporaryFolder folder;
  const auto folders = folders_in(folder);
  auto first = open_history(folders, {}, {}, {});
  REQUIRE(first.has_value());
  const auto second = open_history(folders, {}, {}, {});
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().message.find(folders.state) != std::string::npos);
  CHECK(second.error().message.find("another heald") != std::string::npos);
}

TEST_CASE("a damaged journal is kept aside, said so, and holds the first starts") {
  const TemporaryFolder folder;
  const auto folders = folders_in(folder);
  { REQUIRE(open_history(folders, {}, {}, {}).has_value()); }
  folder.write("state/journal.db", "this is no database, but somebody's letter");
  std::filesystem::remove(folders.state + "/journal.db-wal");

  auto history = open_history(folders, {}, {}, {});
  REQUIRE(history.has_value());
  const std::string loss = describe_loss(history->recovered);
  CHECK(loss.find(history->recovered.kept_aside) != std::string::npos);
  const auto snapshot = starting_point(history->recovered);
  REQUIRE(snapshot);
  CHECK(snapshot->daemon.confirmation_wanted);
}

TEST_CASE("a new history asks for nothing") {
  const TemporaryFolder folder;
  auto history = open_history(folders_in(folder), {}, {}, {});
  REQUIRE(history.has_value());
  CHECK(describe_loss(history->recovered).empty());
  CHECK_FALSE(starting_point(history->recovered));
}

TEST_CASE("without a state folder the history is in memory") {
  const auto folders = prepare_folders(Locations{});
  REQUIRE(folders.has_value());
  CHECK(folders->run.empty());
  auto history = open_history(*folders, {}, {}, {});
  REQUIRE(history.has_value());
  bool durable = false;
  history->journal->append(JournalEntry{}, [&](const std::string& why) { durable = why.empty(); });
  CHECK(durable);
  CHECK(left_over(folders->run).empty());
}

TEST_CASE("whoever has a record of a child may still run, whatever the rules say") {
  const TemporaryFolder folder;
  const auto folders = folders_in(folder);
  for (const char* name : {"web", "redis", "mail"}) {
    folder.write("state/run/" + std::string{name} + ".child", "");
  }
  folder.write("state/run/notes.txt", "");
  Policy policy;
  policy.services = {declared("web", ProcessRuntime{}), declared("redis", ExternalRuntime{})};
  const std::vector<std::string> names{"mail", "redis", "web"};
  CHECK(left_over(folders.run) == names);
  CHECK(open_history(folders, policy, {}, {})->life.left_over == names);
  Life observing;
  observing.observe = true;
  CHECK(open_history(folders, policy, observing, {})->life.left_over.empty());
}

TEST_CASE("only observing leaves the rules as they are otherwise") {
  Policy policy;
  policy.services = {declared("web", ProcessRuntime{})};
  const auto before = policy.services.front();
  const Policy observing = only_observing(policy);
  CHECK(observing.services.front()->observe);
  CHECK_FALSE(before->observe);
  CHECK(observing.services.front()->name == "web");
}

TEST_CASE("a PID 1 ends within a container's patience unless the rules say otherwise") {
  CHECK(as_init(Policy{}).daemon.shutdown_timeout == 25s);
  Policy told;
  told.daemon.shutdown_timeout = 5s;
  CHECK(as_init(told).daemon.shutdown_timeout == 5s);
}

}  // namespace
}  // namespace heald::test
