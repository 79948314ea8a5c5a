#include "runtime/board.hpp"

#include <catch2/catch.hpp>
#include <thread>

namespace heald::test {
namespace {

std::shared_ptr<const ServicePolicy> rules(std::size_t probes) {
  auto policy = std::make_shared<ServicePolicy>();
  policy->probes.resize(probes);
  return policy;
}

std::shared_ptr<const ServicePage> page(std::uint32_t slot, const std::string& name,
                                        std::shared_ptr<const ServicePolicy> policy) {
  ServicePage result;
  result.id = ServiceId{slot};
  result.policy = std::move(policy);
  result.state.name = name;
  return std::make_shared<const ServicePage>(std::move(result));
}

TEST_CASE("a page is found by name and replaced as a whole") {
  Board board;
  CHECK(board.find("web") == nullptr);
  board.publish(page(0, "web", rules(1)));
  const auto first = board.find("web");
  REQUIRE(first != nullptr);
  board.publish(page(0, "web", rules(1)));
  CHECK(board.find("web") != first);
  CHECK(first->state.name == "web");  // readers keep what they took
}

TEST_CASE("slices leave removed services out, but count their slots") {
  Board board;
  board.publish(page(2, "c", rules(0)));
  board.publish(page(0, "a", rules(0)));
  board.publish(page(1, "b", nullptr));
  CHECK(board.slots() == 3);
  const auto all = board.slice(0, 10);
  REQUIRE(all.size() == 2);
  CHECK(all[0]->state.name == "a");
  CHECK(all[1]->state.name == "c");
  CHECK(board.slice(1, 1).empty());
  CHECK(board.slice(3, 1).empty());
  CHECK(board.slice(~std::size_t{0}, ~std::size_t{0}).empty());
  CHECK(board.find("b")->policy == nullptr);
}

TEST_CASE("readings start anew when the rules of their service change") {
  Board board;
  const auto policy = rules(2);
  const ServiceId service{0};
  const ProbeReading passed{Outcome::pass, Instant{std::chrono::seconds{1}}, {}};
  board.publish(page(0, "web", policy));
  board.publish(service, ProbeIndex{1}, passed);
  CHECK(board.reading(service, ProbeIndex{1}).outcome == Outcome::pass);
  board.publish(page(0, "web", policy));
  CHECK(board.reading(service, ProbeIndex{1}).outcome == Outcome::pass);
  board.publish(page(0, "web", rules(2)));
  CHECK(board.reading(service, ProbeIndex{1}).ended == Instant{});
}

TEST_CASE("readings of what does not exist are ignored and empty") {
  Board board;
  board.publish(page(0, "web", rules(1)));
  const ProbeReading passed{Outcome::pass, Instant{std::chrono::seconds{1}}, {}};
  board.publish(ServiceId{0}, ProbeIndex{1}, passed);
  board.publish(ServiceId{7}, ProbeIndex{0}, passed);
  CHECK(board.reading(ServiceId{0}, ProbeIndex{1}).ended == Instant{});
  CHECK(board.reading(ServiceId{7}, ProbeIndex{0}).ended == Instant{});
}

TEST_CASE("readers on other threads see whole pages while they are replaced") {
  Board board;
  board.publish(page(0, "web", rules(1)));
  std::thread reader{[&] {
    for (int i = 0; i < 2000; ++i) {
      const auto pages = board.slice(0, 8);
      if (pages.empty() || pages.front()->state.name != "web") std::abort();
      (void)board.daemon()->ready;
      (void)board.reading(ServiceId{0}, ProbeIndex{0});
    }
  }};
  for (int i = 0; i < 2000; ++i) {
    board.publish(page(0, "web", rules(1)));
    board.publish(std::make_shared<const DaemonPage>());
    board.publish(ServiceId{0}, ProbeIndex{0}, ProbeReading{});
  }
  reader.join();
  CHECK(board.slots() == 1);
}

}  // namespace
}  // namespace heald::test
