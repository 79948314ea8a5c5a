#include "process/account.hpp"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <system_error>

namespace heald {
namespace {

struct User {
  std::string name;
  uid_t id = 0;
  gid_t group = 0;
  std::string home;
};

std::optional<unsigned> number(const std::string& text) {
  unsigned value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || text.empty()) return std::nullopt;
  return value;
}

/// Calls a reentrant lookup of <pwd.h> or <grp.h> with a buffer that grows until the entry fits.
/// Returns its errno, and 0 also when there is no such entry.
template <class Lookup>
int with_growing_buffer(std::vector<char>& buffer, Lookup lookup) {
  buffer.resize(1024);
  int code = lookup(buffer.data(), buffer.size());
  while (code == ERANGE && buffer.size() < 1U << 20U) {
    buffer.resize(buffer.size() * 2);
    code = lookup(buffer.data(), buffer.size());
  }
  return code;
}

Result<User> user_entry(const std::string& text, std::optional<uid_t> id) {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer;
  const int code = with_growing_buffer(buffer, [&](char* space, std::size_t size) {
    return id ? getpwuid_r(*id, &entry, space, size, &found)
              : getpwnam_r(text.c_str(), &entry, space, size, &found);
  });
  if (found != nullptr) return User{entry.pw_name, entry.pw_uid, entry.pw_gid, entry.pw_dir};
  if (code != 0 && code != ENOENT) return system_error("cannot look up user " + text, code);
  return Error{"user " + text + " does not exist"};
}

Result<User> find_user(const std::string& text) {
  auto found = user_entry(text, std::nullopt);
  if (found || !number(text)) return found;
  return user_entry(text, number(text));
}

Result<gid_t> find_group(const std::string& text) {
  group entry{};
  group* found = nullptr;
  std::vector<char> buffer;
  const int code = with_growing_buffer(buffer, [&](char* space, std::size_t size) {
    return getgrnam_r(text.c_str(), &entry, space, size, &found);
  });
  if (found != nullptr) return entry.gr_gid;
  if (const auto id = number(text)) return gid_t{*id};
  if (code != 0 && code != ENOENT) return system_error("cannot look up group " + text, code);
  return Error{"group " + text + " does not exist"};
}

std::vector<gid_t> supplementary_groups(const std::string& user, gid_t primary) {
  int count = 16;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  while (getgrouplist(user.c_str(), primary, groups.data(), &count) < 0) {
    groups.resize(static_cast<std::size_t>(count));
  }
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

}  // namespace

Result<std::optional<Identity>> find_identity(const std::string& user, const std::string& group) {
  if (user.empty() && group.empty()) return std::optional<Identity>{};
  Identity identity;
  identity.user = geteuid();
  if (user.empty()) {
    // The group alone changes: heald's own supplementary groups would give away more than asked.
    const auto found = find_group(group);
    if (!found) return found.error();
    identity.group = *found;
    identity.supplementary = {*found};
  } else {
    const auto account = find_user(user);
    if (!account) return account.error();
    identity.user = account->id;
    identity.group = account->group;
    identity.name = account->name;
    identity.home = account->home;
    if (!group.empty()) {
      const auto found = find_group(group);
      if (!found) return found.error();
      identity.group = *found;
    }
    identity.supplementary = supplementary_groups(account->name, identity.group);
  }
  if (identity.user == geteuid() && identity.group == getegid()) return std::optional<Identity>{};
  return std::optional<Identity>{std::move(identity)};
}

}  // namespace heald
