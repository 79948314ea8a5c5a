#include "main/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <ctime>
#include <iterator>
#include <string_view>
#include <utility>

#include "base/fd.hpp"

namespace heald {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t pages_at_once = 256;

std::string taken(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread only
  std::string text = value == nullptr ? "" : value;
  ::unsetenv(name);  // NOLINT(concurrency-mt-unsafe)
  return text;
}

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || value <= 0) return std::nullopt;
  return value;
}

/// The clock that a manager compares RELOADING=1 by.
std::string monotonic_microseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::to_string(now.tv_sec * 1'000'000 + now.tv_nsec / 1000);
}

bool changes_the_picture(RecordKind kind) {
  switch (kind) {
    case RecordKind::health_changed:
    case RecordKind::incident_opened:
    case RecordKind::incident_relapsed:
    case RecordKind::incident_closed:
    case RecordKind::latched:
    case RecordKind::unlatched:
    case RecordKind::desired_changed:
    case RecordKind::service_removed:
    case RecordKind::policy_loaded: return true;
    default: return false;
  }
}

}  // namespace

ManagerAddress ManagerAddress::take_from_environment() {
  ManagerAddress address;
  address.socket = taken("NOTIFY_SOCKET");
  const auto within = number_in(taken("WATCHDOG_USEC"));
  const std::string meant = taken("WATCHDOG_PID");
  const bool ours = meant.empty() || meant == std::to_string(::getpid());
  if (within && ours) address.watchdog = std::chrono::microseconds{*within};
  return address;
}

ServiceManager::ServiceManager(const boost::asio::any_io_executor& strand,
                               ManagerAddress address, const Board& board)
    : address_(std::move(address)), board_(board), beats_(strand), rest_(strand) {}

void ServiceManager::ready() {
  ready_ = true;
  said_ = status();
  say("READY=1\nSTATUS=" + said_);
  if (address_.watchdog && !address_.socket.empty()) beat();
}

void ServiceManager::reloading() {
  say("RELOADING=1\nMONOTONIC_USEC=" + monotonic_microseconds());
}

void ServiceManager::reloaded(const std::string& problem) {
  said_ = problem.empty() ? status() : "newer rules were refused, older ones stay in force";
  say("READY=1\nSTATUS=" + said_);
}

void ServiceManager::stopping() {
  ready_ = false;
  say("STOPPING=1\nSTATUS=stopping what it looks after");
}

void ServiceManager::close() {
  ready_ = false;
  beats_.cancel();
  rest_.cancel();
}

void ServiceManager::on_record(const Record& record, const ServicePolicy* /*policy*/) {
  if (!ready_ || resting_ || address_.socket.empty() || !changes_the_picture(record.kind)) return;
  resting_ = true;
  // The pages are published after the records, and many changes may come together.
  rest_.expires_after(1s);
  rest_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    resting_ = false;
    say_status();
  });
}

void ServiceManager::say_status() {
  if (!ready_) return;
  std::string now = status();
  if (now == said_) return;
  said_ = std::move(now);
  say("STATUS=" + said_);
}

void ServiceManager::beat() {
  say("WATCHDOG=1");
  beats_.expires_after(*address_.watchdog / 2);
  beats_.async_wait([this](const boost::system::error_code& error) {
    if (!error) beat();
  });
}

std::string ServiceManager::status() const {
  std::size_t services = 0;
  std::size_t unhealthy = 0;
  std::size_t latched = 0;
  std::size_t incidents = 0;
  for (std::size_t first = 0; first < board_.slots(); first += pages_at_once) {
    for (const auto& page : board_.slice(first, pages_at_once)) {
      ++services;
      const ServiceState& state = page->state;
      unhealthy += state.health == Health::unhealthy ? 1 : 0;
      latched += state.activity == Activity::latched ? 1 : 0;
      incidents += state.incident && state.incident->closing == Closing::open ? 1 : 0;
    }
  }
  std::string text = std::to_string(services) + (services == 1 ? " service, " : " services, ");
  text += std::to_string(unhealthy) + " unhealthy";
  if (latched != 0) text += ", " + std::to_string(latched) + " latched";
  return text + "; " + std::to_string(incidents) + (incidents == 1 ? " incident" : " incidents") +
         " open";
}

void ServiceManager::say(const std::string& assignments) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& name = address_.socket;
  if (name.empty() || name.size() >= sizeof address.sun_path) return;
  std::copy(name.begin(), name.end(), std::begin(address.sun_path));
  if (name.front() == '@') address.sun_path[0] = '\0';
  const auto length =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  const Fd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!socket) return;
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);  // NOLINT: the socket API
  static_cast<void>(::sendto(socket.get(), assignments.data(), assignments.size(), MSG_NOSIGNAL,
                             generic, length));
}

}  // namespace heald
