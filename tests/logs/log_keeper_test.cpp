#include "logs/log_keeper.hpp"

#include <chrono>
#include <filesystem>
#include <mutex>
#include <thread>

#include "logs/writing.hpp"
#include "support/eventually.hpp"

using namespace heald;
using namespace heald::test;

namespace {

LogKeeper::Trouble silent() {
  return [](const std::string&) {};
}

bool has_time(const LogPaths& paths) {
  const auto page = last_of(paths, 1);
  return !page.lines.empty() && page.lines.back().at && page.lines.back().at != second(1000);
}

bool has_time(const LogPaths& paths, const std::string& last) {
  return has_time(paths) && last_of(paths, 1).lines.back().text == last;
}

}  // namespace

TEST_CASE("what a service prints has its time at once") {
  const TemporaryFolder folder;
  LogKeeper keeper{folder.path(), {{"web", 1 << 20, 3}}, silent()};
  Printer web{folder.path()};
  const auto before = std::chrono::system_clock::now();
  web.print("hello\n");
  REQUIRE(eventually([&] { return has_time(web.paths); }));
  const auto at = *last_of(web.paths, 1).lines.back().at;
  using std::chrono::milliseconds;
  CHECK(at >= std::chrono::floor<milliseconds>(before));
  CHECK(at <= std::chrono::system_clock::now());
}

TEST_CASE("a log that grows too large is begun anew, others and removed ones are left") {
  const TemporaryFolder folder;
  LogKeeper keeper{folder.path(), {{"web", 64 << 10, 3}}, silent()};
  Printer web{folder.path()};
  const std::string other = LogPaths{folder.path(), "other"}.log();
  static_cast<void>(folder.write("other.log", std::string(200 << 10, 'x')));
  web.print(std::string(100 << 10, 'x') + "\n");
  REQUIRE(eventually([&] { return std::filesystem::exists(web.paths.log(1)); }));
  CHECK(std::filesystem::file_size(other) == 200 << 10);
}

TEST_CASE("a service that comes later is kept from then on, with all that it printed") {
  const TemporaryFolder folder;
  LogKeeper keeper{folder.path(), {}, silent()};
  Printer web{folder.path()};
  web.print("hello\n");
  keeper.keep({{"web", 1 << 20, 3}});
  CHECK(eventually([&] { return has_time(web.paths); }));
}

TEST_CASE("new files are begun when somebody asks for them") {
  const TemporaryFolder folder;
  Printer web{folder.path()};
  web.print("hello\n");
  LogKeeper keeper{folder.path(), {{"web", 1 << 20, 3}}, silent()};
  keeper.renew();
  REQUIRE(eventually([&] { return std::filesystem::exists(web.paths.log(1)); }));
  CHECK(std::filesystem::file_size(web.paths.log()) == 0);
  CHECK(last_of(web.paths, 1).lines.front().text == "hello");
}

TEST_CASE("what was printed last is noted at the end") {
  const TemporaryFolder folder;
  Printer web{folder.path()};
  {
    LogKeeper keeper{folder.path(), {{"web", 1 << 20, 3}}, silent()};
    web.print("first\n");
    REQUIRE(eventually([&] { return has_time(web.paths); }));
    web.print("last words\n");
  }
  CHECK(has_time(web.paths));
}

TEST_CASE("a trouble is told once for each service, whatever goes well in between") {
  const TemporaryFolder folder;
  std::mutex mutex;
  std::vector<std::string> told;
  Printer web{folder.path(), "web"};
  Printer shop{folder.path(), "shop"};
  for (const Printer* each : {&web, &shop}) {
    std::filesystem::create_directory(each->paths.log() + ".new");
  }
  const auto add = [&](const std::string& problem) {
    const std::lock_guard lock{mutex};
    told.push_back(problem);
  };
  LogKeeper keeper{folder.path(), {{"web", 1000, 3}, {"shop", 1000, 3}}, add};
  const auto troubles = [&] {
    const std::lock_guard lock{mutex};
    return told.size();
  };
  web.print(std::string(2000, 'x') + "\n");
  REQUIRE(eventually([&] { return troubles() == 1; }));
  shop.print(std::string(2000, 'x') + "\n");
  REQUIRE(eventually([&] { return troubles() == 2; }));
  web.print("more\n");
  REQUIRE(eventually([&] { return has_time(web.paths, "more"); }));
  keeper.renew();
  shop.print("more\n");
  REQUIRE(eventually([&] { return has_time(shop.paths, "more"); }));
  CHECK(troubles() == 2);
}

TEST_CASE("a folder that is not there is told, and harms nothing") {
  std::string told;
  const TemporaryFolder folder;
  {
    const auto tell = [&](const std::string& problem) { told = problem; };
    const LogKeeper keeper{folder.file("missing"), {}, tell};
  }
  CHECK_THAT(told, Catch::StartsWith("cannot watch " + folder.file("missing")));
}

TEST_CASE("nothing is made beside the log of a service that prints nothing") {
  const TemporaryFolder folder;
  LogKeeper keeper{folder.path(), {{"mute", 1 << 20, 3}, {"web", 1 << 20, 3}}, silent()};
  const Printer mute{folder.path(), "mute"};
  Printer web{folder.path()};
  web.print("hello\n");
  REQUIRE(eventually([&] { return has_time(web.paths); }));
  CHECK(std::filesystem::exists(mute.paths.log()));
  CHECK_FALSE(std::filesystem::exists(mute.paths.times()));
}

TEST_CASE("each log stays in the keeping that it is in while others come and go") {
  const TemporaryFolder folder;
  LogKeeper keeper{folder.path(), {{"b", 1 << 20, 3}, {"c", 1 << 20, 3}}, silent()};
  Printer b{folder.path(), "b"};
  Printer c{folder.path(), "c"};
  for (Printer* each : {&b, &c}) each->print("one\n");
  REQUIRE(eventually([&] { return has_time(b.paths, "one") && has_time(c.paths, "one"); }));
  keeper.keep({{"c", 1 << 20, 3}, {"a", 1 << 20, 3}, {"b", 1 << 20, 3}});
  Printer a{folder.path(), "a"};
  for (Printer* each : {&a, &b, &c}) each->print("two\n");
  for (Printer* each : {&a, &b, &c}) {
    CHECK(eventually([&] { return has_time(each->paths, "two"); }));
  }
}
