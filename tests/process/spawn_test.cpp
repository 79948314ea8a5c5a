#include "process/spawn.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>

#include "process/child_record.hpp"
#include "process/processes.hpp"
#include "support/temporary_folder.hpp"

using namespace heald;
using heald::test::own_children;
using heald::test::Processes;
using heald::test::TemporaryFolder;
using Catch::Matchers::Contains;

namespace {

std::string start_error(const SpawnRequest& request) {
  const auto spawned = spawn(request);
  REQUIRE_FALSE(spawned.has_value());
  CHECK(own_children().empty());
  return spawned.error().message;
}

bool is_root() { return ::geteuid() == 0; }

}  // namespace

TEST_CASE("a program that does not exist is named in the error") {
  CHECK(start_error(Processes::request({"/nowhere/x"})) ==
        "cannot start web: /nowhere/x: No such file or directory");
  CHECK(start_error(Processes::request({"heald-no-such-program"})) ==
        "cannot start web: heald-no-such-program: not found in PATH");
  CHECK(start_error(Processes::request({})) == "cannot start web: no command given");
}

TEST_CASE("a file that is not executable is named in the error") {
  const TemporaryFolder folder;
  const auto file = folder.write("plain", "#!/bin/sh\n");
  CHECK(start_error(Processes::request({file})) ==
        "cannot start web: " + file + ": Permission denied");
  auto request = Processes::request({"plain"});
  request.exec.environment.own()["PATH"] = folder.path();
  CHECK(start_error(request) == "cannot start web: " + file + ": Permission denied");
}

TEST_CASE("a file that is no program, or whose interpreter is missing, is told apart") {
  const TemporaryFolder folder;
  const auto text = folder.write("text", "hello\n");
  const auto script = folder.write("script", "#!/nowhere/interpreter\n");
  ::chmod(text.c_str(), 0755);
  ::chmod(script.c_str(), 0755);
  CHECK(start_error(Processes::request({text})) ==
        "cannot start web: " + text + ": Exec format error");
  CHECK(start_error(Processes::request({script})) ==
        "cannot start web: " + script + ": its interpreter does not exist");
}

TEST_CASE("a missing directory is named in the error") {
  auto request = Processes::request({"/bin/true"});
  request.exec.directory = "/nowhere";
  CHECK(start_error(request) ==
        "cannot start web: cannot enter directory /nowhere: No such file or directory");
}

TEST_CASE("an unknown user, group or limit is named in the error") {
  auto user = Processes::request({"/bin/true"});
  user.exec.user = "heald-no-such-user";
  CHECK(start_error(user) == "cannot start web: user heald-no-such-user does not exist");
  auto group = Processes::request({"/bin/true"});
  group.exec.group = "heald-no-such-group";
  CHECK(start_error(group) == "cannot start web: group heald-no-such-group does not exist");
  auto limit = Processes::request({"/bin/true"});
  limit.limits = {{"patience", 1, 1}};
  CHECK(start_error(limit) == "cannot start web: there is no limit patience");
  auto upside_down = Processes::request({"/bin/true"});
  upside_down.limits = {{"nofile", 20, 10}};
  CHECK(start_error(upside_down) ==
        "cannot start web: cannot set limit nofile: Invalid argument");
}

TEST_CASE("a child gets its environment, on top of heald's and without what was meant for heald") {
  Processes processes;
  ::setenv("HEALD_TEST_INHERITED", "kept", 1);
  ::setenv("HEALD_TEST_REPLACED", "old", 1);
  ::setenv("NOTIFY_SOCKET", "/run/nowhere", 1);
  auto request = Processes::request({"env"});
  request.exec.environment = {{"HEALD_TEST_REPLACED", "new"}, {"HEALD_TEST_ADDED", "a=b c"}};
  const auto output = "\n" + processes.output_of(request);
  CHECK_THAT(output, Contains("\nHEALD_TEST_INHERITED=kept\n"));
  CHECK_THAT(output, Contains("\nHEALD_TEST_REPLACED=new\n"));
  CHECK_THAT(output, !Contains("=old\n"));
  CHECK_THAT(output, Contains("\nHEALD_TEST_ADDED=a=b c\n"));
  CHECK_THAT(output, !Contains("NOTIFY_SOCKET"));
  ::unsetenv("NOTIFY_SOCKET");
}

TEST_CASE("a child's variables are filled in from heald's environment when it starts") {
  Processes processes;
  ::setenv("HEALD_TEST_SECRET", "hunter2", 1);
  auto request = Processes::request({"env"});
  request.exec.environment = {{"A", "x ${HEALD_TEST_SECRET}"},
                              {"B", "$${HEALD_TEST_SECRET} $HOME"},
                              {"C", "${HEALD_TEST_UNSET:-d}"}};
  const auto output = "\n" + processes.output_of(request);
  CHECK_THAT(output, Contains("\nA=x hunter2\n"));
  CHECK_THAT(output, Contains("\nB=${HEALD_TEST_SECRET} $HOME\n"));
  CHECK_THAT(output, Contains("\nC=d\n"));
  ::unsetenv("HEALD_TEST_SECRET");
  CHECK(start_error(request) ==
        "cannot start web: variable A: the environment variable HEALD_TEST_SECRET is not set");
}

TEST_CASE("a program is looked up in the PATH of the child, not of heald") {
  Processes processes;
  const TemporaryFolder folder;
  ::chmod(folder.write("greet", "#!/bin/sh\necho hello\n").c_str(), 0755);
  auto request = Processes::request({"greet"});
  request.exec.environment.own()["PATH"] = "relative::/nowhere:" + folder.path() + ":/bin";
  CHECK(processes.output_of(request) == "hello\n");
}

TEST_CASE("a child gets its directory, umask and limits") {
  Processes processes;
  const TemporaryFolder folder;
  auto request = Processes::script("pwd -P; umask; ulimit -Sn; ulimit -Hn; ulimit -c");
  request.exec.directory = folder.path();
  request.umask = 027;
  request.limits = {{"nofile", 77, 99}, {"core", 0, 0}};
  CHECK(processes.output_of(request) ==
        std::filesystem::canonical(folder.path()).string() + "\n0027\n77\n99\n0\n");
}

TEST_CASE("a child runs as its user with that user's groups and home") {
  if (!is_root()) return;
  Processes processes;
  const passwd* nobody = ::getpwnam("nobody");
  REQUIRE(nobody != nullptr);
  auto request = Processes::script("id -u; id -ru; id -g; id -G; echo $USER $LOGNAME $HOME");
  request.exec.user = "nobody";
  const auto uid = std::to_string(nobody->pw_uid);
  const auto gid = std::to_string(nobody->pw_gid);
  CHECK(processes.output_of(request) == uid + "\n" + uid + "\n" + gid + "\n" + gid +
                                            "\nnobody nobody " + nobody->pw_dir + "\n");
  request.exec.user = uid;
  request.exec.group = "daemon";
  request.exec.command = {"id", "-gn"};
  CHECK(processes.output_of(request) == "daemon\n");
  CHECK(::geteuid() == 0);  // of this process: the child changed only itself
}

TEST_CASE("a child has no descriptor but the three, and its input is /dev/null") {
  Processes processes;
  const Fd leaky{::open("/dev/zero", O_RDONLY)};  // on purpose not close-on-exec
  CHECK(processes.output_of(Processes::script("ls /proc/$$/fd; readlink /proc/$$/fd/0")) ==
        "0\n1\n2\n/dev/null\n");
}

TEST_CASE("a child starts with default signals and none blocked") {
  Processes processes;
  const auto before = std::signal(SIGUSR1, SIG_IGN);
  sigset_t blocked;
  sigset_t mask_before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &blocked, &mask_before);
  const auto output = processes.output_of(
      Processes::request({"grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"}));
  pthread_sigmask(SIG_SETMASK, &mask_before, nullptr);
  std::signal(SIGUSR1, before);
  CHECK_THAT(output, Contains("SigBlk:\t0000000000000000"));
  CHECK_THAT(output, Contains("SigIgn:\t0000000000000000"));
}

TEST_CASE("a child leads its own process group") {
  Processes processes;
  CHECK(processes.output_of(Processes::script("test $(cut -d' ' -f5 /proc/$$/stat) = $$ && echo y"))
        == "y\n");
}

TEST_CASE("descriptors that stand in the way of 0, 1 and 2 are moved") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const Fd reader{ends[0]};
  const Fd kept_error{::fcntl(2, F_DUPFD_CLOEXEC, 3)};
  REQUIRE(::dup2(ends[1], 2) == 2);  // now 2 is the pipe, and asked for as output
  ::close(ends[1]);
  auto request = Processes::script("echo out; echo err >&2");
  request.output = 2;
  request.error = kept_error.get();
  auto null = Fd{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  request.error = null.get();
  const auto spawned = spawn(request);
  ::dup2(kept_error.get(), 2);
  REQUIRE(spawned.has_value());
  int status = 0;
  ::waitpid(spawned->pid, &status, 0);
  std::array<char, 64> text{};
  const auto count = ::read(reader.get(), text.data(), text.size());
  CHECK(std::string(text.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))) == "out\n");
}

TEST_CASE("a child that runs has written its record; one that could not start has left no child") {
  const TemporaryFolder folder;
  const auto path = folder.file("web.child");
  auto file = open_child_record(path);
  REQUIRE(file.has_value());
  auto request = Processes::request({"sleep", "1000"});
  request.outlives = Outlives::heald;
  request.record = RecordTarget{file->get(), ActionId{42}, Generation{7}};
  const auto spawned = spawn(request);
  REQUIRE(spawned.has_value());
  const auto record = read_child_record(path);
  REQUIRE(record.has_value());
  REQUIRE(record->has_value());
  CHECK((*record)->action == ActionId{42});
  CHECK((*record)->generation == Generation{7});
  CHECK((*record)->pid == spawned->pid);
  CHECK((*record)->start_time == read_proc_stat(spawned->pid)->start_time);
  CHECK(is_alive(**record));
  CHECK(open_pidfd(**record).has_value());
  ::kill(spawned->pid, SIGKILL);
  ::waitpid(spawned->pid, nullptr, 0);
  CHECK_FALSE(is_alive(**record));
  CHECK_FALSE(open_pidfd(**record).has_value());

  request.exec.command = {"/nowhere/x"};
  CHECK_FALSE(spawn(request).has_value());
  const auto after = read_child_record(path);
  REQUIRE((after && *after));
  CHECK_FALSE(is_alive(**after));
}

TEST_CASE("a child that cannot write its record does not run") {
  const TemporaryFolder folder;
  const Fd full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
  auto request = Processes::script("touch " + folder.file("ran"));
  request.record = RecordTarget{full.get(), ActionId{1}, Generation{1}};
  CHECK_THAT(start_error(request), Contains("cannot write its child record: No space left"));
  CHECK_FALSE(std::filesystem::exists(folder.file("ran")));
}
