// A service for heald to look after, which checks heald as it starts.
//
//   crash_service FOLDER NAME PORT   answers "ok" on a port of the loopback
//   crash_service FOLDER rebuild     mends what is broken
//
// A start writes one line into FOLDER/starts: name, pid, the action that started it (from the
// record that heald's child wrote), whether that action's intent can be read in the journal now,
// and whether no other copy runs. A service with a file FOLDER/NAME.broken ends at once.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

namespace {

struct Started {
  std::string name;
  std::string folder;
  std::uint64_t action = 0;
};

/// The action in our own record; 0 when the record is another's.
std::uint64_t own_action(const Started& me) {
  std::ifstream file{me.folder + "/state/run/" + me.name + ".child"};
  std::string key;
  std::uint64_t action = 0;
  std::uint64_t pid = 0;
  while (file >> key) {
    if (key == "action") file >> action;
    if (key == "pid") file >> pid;
  }
  return pid == static_cast<std::uint64_t>(::getpid()) ? action : 0;
}

/// What the journal on the disk knows of the action at this moment.
std::string intent_of(const Started& me) {
  sqlite3* journal = nullptr;
  const std::string path = me.folder + "/state/journal.db";
  std::string found = "cannot-read";
  if (sqlite3_open_v2(path.c_str(), &journal, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK) {
    sqlite3_busy_timeout(journal, 10'000);
    sqlite3_stmt* select = nullptr;
    sqlite3_prepare_v2(journal,
                       "SELECT 1 FROM actions WHERE id = ? AND service = ? AND withheld = '' "
                       "AND kind IN ('start', 'restart', 'reprovision')",
                       -1, &select, nullptr);
    sqlite3_bind_int64(select, 1, static_cast<sqlite3_int64>(me.action));
    sqlite3_bind_text(select, 2, me.name.c_str(), -1, SQLITE_TRANSIENT);
    const int step = sqlite3_step(select);
    if (step == SQLITE_ROW) found = "intended";
    if (step == SQLITE_DONE) found = "not-intended";
    sqlite3_finalize(select);
  }
  sqlite3_close(journal);
  return found;
}

/// The lock is held until this process ends.
bool alone(const Started& me) {
  const int file = ::open((me.folder + "/" + me.name + ".lock").c_str(), O_CREAT | O_RDWR, 0600);
  return file >= 0 && ::flock(file, LOCK_EX | LOCK_NB) == 0;
}

void tell(const std::string& folder, const std::string& line) {
  const int file = ::open((folder + "/starts").c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
  if (::write(file, line.data(), line.size()) != static_cast<ssize_t>(line.size())) std::abort();
  ::close(file);
}

bool broken(const Started& me) {
  return ::access((me.folder + "/" + me.name + ".broken").c_str(), F_OK) == 0;
}

int serve(int port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the interface of sockets
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return 3;
  if (::listen(listener, 16) != 0) return 3;
  for (;;) {
    const int peer = ::accept(listener, nullptr, nullptr);
    if (peer < 0) return 3;
    if (::send(peer, "ok\n", 3, MSG_NOSIGNAL) < 0) ::perror("send");
    ::close(peer);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::string folder = argv[1];
  if (std::string{argv[2]} == "rebuild") {
    tell(folder, "rebuild " + std::to_string(::getpid()) + " 0 - -\n");
    ::unlink((folder + "/web.broken").c_str());
    return 0;
  }
  Started me{argv[2], folder, 0};
  const std::string company = alone(me) ? "alone" : "DOUBLE";
  me.action = own_action(me);
  tell(folder, me.name + " " + std::to_string(::getpid()) + " " + std::to_string(me.action) + " " +
                   intent_of(me) + " " + company + "\n");
  return broken(me) || argc < 4 ? 1 : serve(std::atoi(argv[3]));
}
