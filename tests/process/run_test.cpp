#include "process/run.hpp"

#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <atomic>
#include <csignal>
#include <thread>

#include "process/processes.hpp"
#include "support/temporary_folder.hpp"

using namespace heald;
using heald::test::own_children;
using heald::test::Processes;
using heald::test::runs;
using heald::test::TemporaryFolder;
using End = RunResult::End;

namespace {

pid_t pid_in(const std::string& text) { return static_cast<pid_t>(std::stoi(text)); }

}  // namespace

TEST_CASE("a command's exit status and both of its outputs are told") {
  Processes processes;
  const auto result = processes.run(Processes::script("echo out; echo err >&2; exit 3"));
  CHECK(result.end == End::ended);
  CHECK((result.status == ExitStatus{ExitStatus::Kind::exited, 3, false}));
  CHECK(result.output == "out\nerr\n");
  CHECK(own_children().empty());
}

TEST_CASE("a command that dies of a signal is told as such") {
  Processes processes;
  const auto result = processes.run(Processes::script("kill -USR1 $$"));
  CHECK((result.status == ExitStatus{ExitStatus::Kind::signaled, SIGUSR1, false}));
}

TEST_CASE("a command that cannot be started is told, later and not from inside") {
  Processes processes;
  bool inside = true;
  std::optional<RunResult> result;
  run(processes.children(), processes.executor(), {Processes::request({"/nowhere/x"}), 60s, {}},
      [&](RunResult done) {
        CHECK_FALSE(inside);
        result = std::move(done);
      });
  inside = false;
  processes.until([&] { return result.has_value(); });
  CHECK(result->end == End::not_started);
  CHECK(result->error == "cannot start web: /nowhere/x: No such file or directory");
}

TEST_CASE("a command that ignores SIGTERM is dead at its timeout, with its children") {
  Processes processes;
  const auto result = processes.run(
      Processes::script("trap '' TERM; (trap '' TERM; sleep 1000) & echo $!; wait"), 300ms);
  CHECK(result.end == End::timed_out);
  CHECK((result.status == ExitStatus{ExitStatus::Kind::signaled, SIGKILL, false}));
  CHECK_FALSE(runs(pid_in(result.output)));
  CHECK(own_children().empty());
}

TEST_CASE("what a command leaves in the background dies with it") {
  Processes processes;
  const auto result = processes.run(Processes::script("sleep 1000 & echo $!"));
  CHECK(result.end == End::ended);
  CHECK((result.status == ExitStatus{ExitStatus::Kind::exited, 0, false}));
  CHECK_FALSE(runs(pid_in(result.output)));
  CHECK(own_children().empty());
}

TEST_CASE("what a command starts that is to stay lives on, in its group or not") {
  Processes processes;
  auto program = Processes::script("sleep 1000 & echo $!");
  program.leftovers = Leftovers::kept;
  const auto result = processes.run(std::move(program));
  CHECK(result.end == End::ended);
  CHECK(runs(pid_in(result.output)));
}

TEST_CASE("what is to stay of a command that is too slow does not") {
  Processes processes;
  auto program = Processes::script("sleep 1000 & echo $!; wait");
  program.leftovers = Leftovers::kept;
  const auto result = processes.run(std::move(program), 300ms);
  CHECK(result.end == End::timed_out);
  CHECK_FALSE(runs(pid_in(result.output)));
}

TEST_CASE("a command whose daemon holds the output open in its own session ends all the same") {
  Processes processes;
  const auto result = processes.run(Processes::script("setsid sleep 1000 & echo $!"));
  CHECK(result.end == End::ended);
  const pid_t daemon = pid_in(result.output);
  ::kill(daemon, SIGKILL);
  processes.until([&] { return own_children().empty(); });  // an orphan is reaped, too
}

TEST_CASE("a flood of output is cut at 64 KiB and does not hold the command up") {
  Processes processes;
  const auto result =
      processes.run(Processes::script("head -c 20000000 /dev/zero | tr '\\0' x; echo end"));
  CHECK(result.end == End::ended);
  CHECK(result.output == std::string(kept_output, 'x'));
}

TEST_CASE("an endless flood is ended by the timeout") {
  Processes processes;
  const auto result = processes.run(Processes::request({"yes"}), 300ms);
  CHECK(result.end == End::timed_out);
  CHECK(result.output.size() == kept_output);
  CHECK(own_children().empty());
}

TEST_CASE("output that is not UTF-8 is made so") {
  Processes processes;
  CHECK(processes.output_of(Processes::script("printf 'a\\377b'")) == "a\xEF\xBF\xBD" "b");
}

TEST_CASE("a command reads its input, and need not") {
  Processes processes;
  const std::string input(std::size_t{300} * 1024, 'i');
  CHECK(processes.run(Processes::request({"wc", "-c"}), 60s, input).output == "307200\n");
  CHECK(processes.run(Processes::request({"true"}), 60s, input).end == End::ended);
}

TEST_CASE("a canceled command is reported when it is dead") {
  Processes processes;
  const TemporaryFolder folder;
  std::optional<RunResult> result;
  const auto cancel =
      run(processes.children(), processes.executor(),
          {Processes::script("echo $$ > " + folder.file("pid") + "; sleep 1000"), 60s, {}},
          [&](RunResult done) { result = std::move(done); });
  processes.until_outside([&] { return folder.read("pid").ends_with('\n'); });
  cancel();
  processes.until([&] { return result.has_value(); });
  CHECK(result->end == End::canceled);
  CHECK_FALSE(runs(pid_in(folder.read("pid"))));
  cancel();  // once more, without effect
}

TEST_CASE("a command that is canceled before it starts never runs") {
  Processes processes;
  const TemporaryFolder folder;
  std::optional<RunResult> result;
  run(processes.children(), processes.executor(),
      {Processes::script("touch " + folder.file("ran")), 60s, {}},
      [&](RunResult done) { result = std::move(done); })();
  processes.until([&] { return result.has_value(); });
  CHECK(result->end == End::canceled);
  CHECK_FALSE(std::filesystem::exists(folder.file("ran")));
}

TEST_CASE("commands of many threads all end with their own status") {
  Processes processes;
  constexpr int threads = 4;
  constexpr int commands = 25;
  std::atomic<int> right = 0;
  std::atomic<int> finished = 0;
  std::vector<std::thread> probers;
  for (int t = 0; t < threads; ++t) {
    probers.emplace_back([&, t] {
      boost::asio::io_context io;
      const boost::asio::any_io_executor executor = io.get_executor();
      const auto work = boost::asio::make_work_guard(io);
      int mine = 0;
      for (int i = 0; i < commands; ++i) {
        const int status = t * commands + i;
        run(processes.children(), executor,
            {Processes::script("exit " + std::to_string(status)), 60s, {}},
            [&, status](const RunResult& done) {
              if (done.status == ExitStatus{ExitStatus::Kind::exited, status, false}) ++right;
              ++mine;
            });
      }
      while (mine < commands) io.run_one();
      boost::asio::post(processes.executor(), [&] { ++finished; });
    });
  }
  processes.until([&] { return finished == threads; });
  for (auto& prober : probers) prober.join();
  CHECK(right == threads * commands);
  CHECK(own_children().empty());
}
