#include "support/names.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <condition_variable>
#include <cstdlib>
#include <initializer_list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace heald::test {
namespace {

std::mutex mutex;
std::condition_variable released;
bool hanging = false;
std::map<std::string, std::size_t, std::less<>> lookups;

// One block for both, as freeaddrinfo() below expects.
struct Found {
  addrinfo info;
  sockaddr_in address;
};

addrinfo* found(std::initializer_list<const char*> addresses) {
  addrinfo* first = nullptr;
  addrinfo** end = &first;
  for (const char* text : addresses) {
    auto* each = new Found{};
    each->address.sin_family = AF_INET;
    inet_pton(AF_INET, text, &each->address.sin_addr);
    each->info.ai_family = AF_INET;
    each->info.ai_socktype = SOCK_STREAM;
    each->info.ai_addrlen = sizeof each->address;
    each->info.ai_addr = reinterpret_cast<sockaddr*>(&each->address);
    *end = &each->info;
    end = &each->info.ai_next;
  }
  return first;
}

int look_up_here(std::string_view name, addrinfo** result) {
  std::unique_lock lock{mutex};
  ++lookups[std::string{name}];
  if (name.starts_with("hangs")) released.wait(lock, [] { return !hanging; });
  if (name == "web.test") *result = found({"127.0.0.1"});
  if (name == "two.test") *result = found({"127.0.0.2", "127.0.0.1"});
  return *result == nullptr ? EAI_NONAME : 0;
}

}  // namespace

HangingNames::HangingNames() {
  const std::lock_guard lock{mutex};
  hanging = true;
}

HangingNames::~HangingNames() {
  const std::lock_guard lock{mutex};
  hanging = false;
  released.notify_all();
}

std::size_t lookups_of(const char* name) {
  const std::lock_guard lock{mutex};
  const auto counted = lookups.find(name);
  return counted == lookups.end() ? 0 : counted->second;
}

}  // namespace heald::test

extern "C" int getaddrinfo(const char* name, const char* /*service*/, const addrinfo* /*hints*/,
                           addrinfo** result) {
  *result = nullptr;
  return heald::test::look_up_here(name, result);
}

extern "C" void freeaddrinfo(addrinfo* first) noexcept {
  while (first != nullptr) {
    addrinfo* next = first->ai_next;
    delete reinterpret_cast<heald::test::Found*>(first);
    first = next;
  }
}
