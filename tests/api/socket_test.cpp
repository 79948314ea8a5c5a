#include <catch2/catch.hpp>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "api/listening.hpp"
#include "api/stage.hpp"
#include "api/wire.hpp"

namespace heald::test {

namespace {

constexpr uid_t nobody = 65534;

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777U;
}

/// Runs in a child as another user, and returns what it returns.
template <class Work>
int as_nobody(Work work) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (::setgid(nobody) != 0 || ::setuid(nobody) != 0) ::_exit(99);
    ::_exit(work());
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

}  // namespace

TEST_CASE("the socket is its owner's alone, in a directory that is made for it") {
  Stage stage;
  CHECK(mode_of(stage.socket()) == 0600);
  CHECK(mode_of(stage.folder.file("run")) == (::geteuid() == 0 ? 0755 : 0700));
}

TEST_CASE("the socket file goes with the servers") {
  Stage stage;
  stage.servers->stop();
  CHECK_FALSE(std::filesystem::exists(stage.socket()));
}

TEST_CASE("a socket that another daemon has taken over is left to it") {
  Stage stage;
  REQUIRE(::unlink(stage.socket().c_str()) == 0);
  const auto other = SocketFile::listen(stage.socket());
  REQUIRE(other.has_value());
  stage.servers->stop();
  CHECK(std::filesystem::exists(stage.socket()));
}

TEST_CASE("a socket on which somebody answers is not taken away") {
  Stage stage;
  const auto second = SocketFile::listen(stage.socket());
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().message ==
        "cannot listen on " + stage.socket() + ": another daemon answers there");
  const auto wire = Wire::unix_socket(stage.socket());
  REQUIRE(wire);
  CHECK(wire->get("/v1/status").status == 200);
}

TEST_CASE("a socket that a dead daemon left is replaced") {
  const TemporaryFolder folder;
  const auto path = folder.file("heald.sock");
  {
    auto dead = SocketFile::listen(path);
    REQUIRE(dead.has_value());
    REQUIRE(::link(path.c_str(), folder.file("kept").c_str()) == 0);
  }
  REQUIRE(::rename(folder.file("kept").c_str(), path.c_str()) == 0);
  CHECK(SocketFile::listen(path).has_value());
}

TEST_CASE("what is no socket is never replaced, and a bad path is told") {
  const TemporaryFolder folder;
  const auto path = folder.write("heald.sock", "precious");
  CHECK(SocketFile::listen(path).error().message ==
        "cannot listen on " + path + ": a file that is no socket is there");
  CHECK(folder.read("heald.sock") == "precious");
  CHECK_FALSE(SocketFile::listen(folder.file(std::string(200, 'x'))).has_value());
  CHECK_FALSE(SocketFile::listen("").has_value());
  CHECK_FALSE(SocketFile::listen(path + "/below/heald.sock").has_value());
}

TEST_CASE("addresses of the telemetry listener are understood or told") {
  CHECK(listen_on_tcp("127.0.0.1:0").has_value());
  CHECK(listen_on_tcp("[::1]:0").has_value() == (::access("/proc/net/if_inet6", F_OK) == 0));
  CHECK(listen_on_tcp(":0").has_value());
  for (const auto* wrong : {"", "127.0.0.1", "127.0.0.1:", "::1:0", "127.0.0.1:http-", "[::1]"}) {
    CAPTURE(wrong);
    CHECK_FALSE(listen_on_tcp(wrong).has_value());
  }
  const auto first = listen_on_tcp("127.0.0.1:0");
  REQUIRE(first.has_value());
  const auto taken = "127.0.0.1:" + std::to_string(port_of(first->get()));
  const auto second = listen_on_tcp(taken);
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().message == "cannot listen on " + taken + ": Address already in use");
}

TEST_CASE("another user cannot connect to the socket") {
  if (::geteuid() != 0) return;
  const Stage stage;
  REQUIRE(::chmod(stage.folder.path().c_str(), 0755) == 0);
  const auto path = stage.socket();
  const int seen = as_nobody([&] {
    errno = 0;
    return !Wire::unix_socket(path) && errno == EACCES ? 0 : 1;
  });
  CHECK(seen == 0);
}

TEST_CASE("another user is turned away even where the file's mode lets him in") {
  if (::geteuid() != 0) return;
  const Stage stage;
  REQUIRE(::chmod(stage.folder.path().c_str(), 0755) == 0);
  REQUIRE(::chmod(stage.socket().c_str(), 0666) == 0);
  const auto path = stage.socket();
  const int seen = as_nobody([&] {
    const auto wire = Wire::unix_socket(path);
    return wire && wire->get("/v1/status").status == 403 ? 0 : 1;
  });
  CHECK(seen == 0);
  CHECK(Wire::unix_socket(path)->get("/v1/status").status == 200);
}

}  // namespace heald::test
