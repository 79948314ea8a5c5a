#include "api/listening.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

namespace heald {

namespace {

constexpr int backlog = 512;

struct HostPort {
  std::string host, port;
};

Result<HostPort> split_endpoint(const std::string& endpoint) {
  const auto colon = endpoint.rfind(':');
  const auto wrong = [&] {
    return Error{"cannot listen on '" + endpoint + "': it is not ADDRESS:PORT"};
  };
  if (colon == std::string::npos || colon + 1 == endpoint.size()) return wrong();
  HostPort parts{endpoint.substr(0, colon), endpoint.substr(colon + 1)};
  if (parts.host.size() >= 2 && parts.host.front() == '[' && parts.host.back() == ']') {
    parts.host = parts.host.substr(1, parts.host.size() - 2);
  } else if (parts.host.find(':') != std::string::npos) {
    return wrong();
  }
  if (parts.host.empty()) parts.host = "127.0.0.1";
  return parts;
}

Result<Fd> listen_at(const addrinfo& address, const std::string& what) {
  const int type = address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK;
  Fd socket{::socket(address.ai_family, type, address.ai_protocol)};
  if (!socket) return system_error(what, errno);
  const int yes = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(socket.get(), address.ai_addr, address.ai_addrlen) != 0) {
    return system_error(what, errno);
  }
  if (::listen(socket.get(), backlog) != 0) return system_error(what, errno);
  return socket;
}

/// A sockaddr_un, reached as the socket calls want it.
struct UnixAddress {
  explicit UnixAddress(const std::string& path) {
    value.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), std::begin(value.sun_path));
  }
  [[nodiscard]] const sockaddr* get() const {
    return reinterpret_cast<const sockaddr*>(&value);  // NOLINT: how the socket API is made
  }
  sockaddr_un value{};
};

Result<void> make_directory_of(const std::string& path) {
  const auto directory = std::filesystem::path{path}.parent_path();
  if (directory.empty()) return {};
  std::error_code failure;
  if (std::filesystem::is_directory(directory, failure)) return {};
  const auto what = "cannot create the directory " + directory.string();
  if (const auto above = directory.parent_path(); !above.empty()) {
    std::filesystem::create_directories(above, failure);
    if (failure) return system_error(what, failure.value());
  }
  const mode_t mode = ::geteuid() == 0 ? 0755 : 0700;
  if (::mkdir(directory.c_str(), mode) != 0 && errno != EEXIST) return system_error(what, errno);
  return {};
}

/// Makes room for our socket file. A file that nobody answers on was left by a dead daemon.
Result<void> clear_stale(const std::string& path, const std::string& what) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return {};
    return system_error(what, errno);
  }
  if (!S_ISSOCK(found.st_mode)) return Error{what + ": a file that is no socket is there"};
  const Fd knock{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!knock) return system_error(what, errno);
  const UnixAddress address{path};
  if (::connect(knock.get(), address.get(), sizeof address.value) == 0 || errno == EAGAIN) {
    return Error{what + ": another daemon answers there"};
  }
  if (errno != ECONNREFUSED) return system_error(what, errno);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return system_error(what, errno);
  return {};
}

std::string user_name(uid_t uid) {
  std::vector<char> buffer(16384);
  passwd entry{};
  passwd* found = nullptr;
  const int failure = ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  return failure == 0 && found != nullptr ? found->pw_name : "";
}

}  // namespace

Result<Fd> listen_on_tcp(const std::string& endpoint) {
  const auto parts = split_endpoint(endpoint);
  if (!parts) return parts.error();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const auto what = "cannot listen on " + endpoint;
  if (const int failure = ::getaddrinfo(parts->host.c_str(), parts->port.c_str(), &hints, &list)) {
    return Error{what + ": " + ::gai_strerror(failure)};
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned{list, &::freeaddrinfo};
  return listen_at(*list, what);
}

std::uint16_t port_of(int socket) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  auto* address = reinterpret_cast<sockaddr*>(&bound);  // NOLINT: how the socket API is made
  if (::getsockname(socket, address, &size) != 0) return 0;
  in_port_t port = 0;
  if (bound.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &bound, sizeof v4);
    port = v4.sin_port;
  } else if (bound.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &bound, sizeof v6);
    port = v6.sin6_port;
  }
  return ntohs(port);
}

bool is_ipv6(int socket) {
  int domain = 0;
  socklen_t size = sizeof domain;
  return ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_INET6;
}

SocketFile::SocketFile(std::string path, Fd socket)
    : path_(std::move(path)), socket_(std::move(socket)) {
  struct stat made {};
  if (::lstat(path_.c_str(), &made) != 0) return;
  device_ = made.st_dev;
  inode_ = made.st_ino;
}

SocketFile::~SocketFile() {
  if (path_.empty()) return;
  struct stat found {};
  if (::lstat(path_.c_str(), &found) != 0) return;
  if (found.st_dev == device_ && found.st_ino == inode_) ::unlink(path_.c_str());
}

Result<SocketFile> SocketFile::listen(const std::string& path) {
  const auto what = "cannot listen on " + path;
  if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path)) {
    return Error{what + ": a socket's path has 1 to 107 bytes"};
  }
  if (auto made = make_directory_of(path); !made) return made.error();
  if (auto cleared = clear_stale(path, what); !cleared) return cleared.error();
  Fd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!socket) return system_error(what, errno);
  const UnixAddress address{path};
  if (::bind(socket.get(), address.get(), sizeof address.value) != 0) {
    return system_error(what, errno);
  }
  SocketFile file{path, std::move(socket)};
  // Nobody can connect before listen(2), so that the mode is right from the first moment on.
  if (::chmod(path.c_str(), 0600) != 0) return system_error(what, errno);
  if (::listen(file.socket_.get(), backlog) != 0) return system_error(what, errno);
  return file;
}

std::optional<std::string> trusted_peer(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  if (peer.uid != 0 && peer.uid != ::geteuid()) return std::nullopt;
  const auto number = "uid " + std::to_string(peer.uid);
  const auto name = user_name(peer.uid);
  return name.empty() ? number : name + " (" + number + ")";
}

}  // namespace heald
