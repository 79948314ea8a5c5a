#include "runtime/mailbox.hpp"

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <thread>

namespace heald::test {
namespace {

TEST_CASE("things put while a batch waits wake the strand once") {
  int wakes = 0;
  Instant now{std::chrono::seconds{5}};
  Mailbox<int> mailbox{[&] { return now; }, [&] { ++wakes; }};
  mailbox.put(1);
  now += std::chrono::seconds{1};
  mailbox.put(2);
  CHECK(wakes == 1);
  std::vector<int> batch;
  CHECK(mailbox.take(batch) == Instant{std::chrono::seconds{5}});
  CHECK(batch == std::vector<int>{1, 2});
  mailbox.put(3);
  CHECK(wakes == 2);
}

TEST_CASE("many threads lose nothing and keep their own order") {
  constexpr int threads = 4;
  constexpr int each = 20'000;
  boost::asio::io_context strand;
  auto work = boost::asio::make_work_guard(strand);
  std::vector<int> next(threads, 0);
  int taken = 0;
  bool ordered = true;
  std::function<void()> drain;
  Mailbox<std::pair<int, int>> mailbox{[] { return Instant{}; },
                                       [&] { boost::asio::post(strand, drain); }};
  drain = [&] {
    std::vector<std::pair<int, int>> batch;
    (void)mailbox.take(batch);
    for (const auto& [thread, number] : batch) ordered &= number == next[thread]++;
    taken += static_cast<int>(batch.size());
    if (taken == threads * each) work.reset();
  };
  std::vector<std::thread> putters;
  for (int thread = 0; thread < threads; ++thread) {
    putters.emplace_back([&mailbox, thread] {
      for (int i = 0; i < each; ++i) mailbox.put({thread, i});
    });
  }
  strand.run();
  for (auto& putter : putters) putter.join();
  CHECK(taken == threads * each);
  CHECK(ordered);
}

}  // namespace
}  // namespace heald::test
