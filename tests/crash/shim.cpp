// Loaded into heald with LD_PRELOAD: counts what heald does to the files of its state folder and to
// processes, and at the points that the test names kills heald or lets the call fail. It can also
// set the wall clock, for heald alone.
//
// HEALD_FAULTS is the file of the page shared with the test, HEALD_FAULTS_FOLDER the state folder.
// Children of heald do not inherit the shim.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string_view>

#include "crash/faults.hpp"

namespace {

using heald::test::Call;
using heald::test::Fault;
using heald::test::Faults;

/// The function that this library stands in front of.
template <class Function>
Function* next(Function*& known, const char* name) {
  if (known == nullptr) known = reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
  return known;
}

#define NEXT(name)                                     \
  ([] {                                                \
    static decltype(&::name) known = nullptr;          \
    return next(known, #name);                         \
  }())

Faults* faults = nullptr;
pid_t heald = 0;
char folder[256];
std::size_t folder_size = 0;

// --- Which file --------------------------------------------------------------------------

/// The bits of Faults::files; 0 is a file of somebody else.
enum File : std::uint64_t {
  foreign = 0, database = 1, log = 2, index = 4, reserve = 8, lock = 16, child = 32, other = 64,
};

File file_named(std::string_view path) {
  if (path.substr(0, folder_size) != std::string_view{folder, folder_size}) return foreign;
  path.remove_prefix(folder_size);
  if (path.ends_with("-wal")) return log;
  if (path.ends_with("-shm")) return index;
  if (path == "/reserve") return reserve;
  if (path == "/lock") return lock;
  if (path.ends_with(".child")) return child;
  return path.substr(0, 11) == "/journal.db" ? database : other;
}

File file_of(int descriptor) {
  if (faults == nullptr) return foreign;
  char link[32] = "/proc/self/fd/";
  std::size_t end = std::strlen(link);
  char digits[12];
  std::size_t count = 0;
  for (int rest = descriptor; rest > 0 || count == 0; rest /= 10) {
    digits[count++] = static_cast<char>('0' + rest % 10);
  }
  while (count > 0) link[end++] = digits[--count];
  link[end] = '\0';
  char path[512];
  const ssize_t size = ::readlink(link, path, sizeof path);
  return size > 0 ? file_named({path, static_cast<std::size_t>(size)}) : foreign;
}

// --- What happens there ------------------------------------------------------------------

/// Also from heald's child, which shares its memory; the child itself lives on.
void kill_heald() {
  NEXT(kill)(heald, SIGKILL);
  if (::getpid() == heald) {
    for (;;) ::pause();
  }
  constexpr timespec pause{0, 1'000'000};
  while (faults->fault == Fault::strand) NEXT(syscall)(SYS_nanosleep, &pause, nullptr);
}

/// Counts the point and says what the call is to do; does not return where heald ends before it.
Fault arrive(Call call, File file, std::size_t size) {
  const auto bit = std::uint64_t{1} << static_cast<unsigned>(call);
  if (faults == nullptr || (faults->calls & bit) == 0 || (faults->files & file) == 0) {
    return Fault::none;
  }
  const std::uint64_t point = ++faults->points;
  if (point <= Faults::remembered) {
    faults->trace[point - 1] = static_cast<std::uint64_t>(call) |
                               static_cast<std::uint64_t>(file) << 8U | size << 32U;
  }
  if (point < faults->first || point > faults->last) return Fault::none;
  ++faults->hits;
  const Fault fault = faults->fault;
  const bool torn = fault == Fault::tear && call != Call::write;
  if (fault == Fault::kill || fault == Fault::strand || torn) kill_heald();
  return fault;
}

Fault arrive(Call call) { return arrive(call, other, 0); }

template <class Write>
ssize_t faulty_write(int descriptor, std::size_t size, Write write) {
  const File file = file_of(descriptor);
  if (file == foreign) return write(size);
  switch (arrive(Call::write, file, size)) {
    case Fault::fail: errno = static_cast<int>(faults->error); return -1;
    case Fault::halve: return write(size > 1 ? size / 2 : size);
    case Fault::tear:
      write(size / 2);
      kill_heald();
      return -1;
    default: return write(size);
  }
}

/// A call that is done or fails as a whole.
template <class Real>
int faulty(Call call, File file, std::size_t size, Real real) {
  if (file != foreign && arrive(call, file, size) == Fault::fail) {
    errno = static_cast<int>(faults->error);
    return -1;
  }
  return real();
}

__attribute__((constructor)) void begin() {
  const char* page = std::getenv("HEALD_FAULTS");
  const char* of = std::getenv("HEALD_FAULTS_FOLDER");
  if (page == nullptr || of == nullptr || std::strlen(of) >= sizeof folder) return;
  std::strcpy(folder, of);
  folder_size = std::strlen(folder);
  heald = ::getpid();
  const int file = ::open(page, O_RDWR | O_CLOEXEC);
  void* memory = ::mmap(nullptr, sizeof(Faults), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  for (const char* name : {"LD_PRELOAD", "HEALD_FAULTS", "HEALD_FAULTS_FOLDER"}) ::unsetenv(name);
  // Looked up now: a child between clone and execve must not load anything.
  NEXT(syscall);
  NEXT(kill);
  if (memory != MAP_FAILED) faults = static_cast<Faults*>(memory);
}

}  // namespace

extern "C" {

// --- Files -------------------------------------------------------------------------------

ssize_t write(int file, const void* data, size_t size) {
  return faulty_write(file, size, [&](size_t part) { return NEXT(write)(file, data, part); });
}

ssize_t pwrite(int file, const void* data, size_t size, off_t at) {
  return faulty_write(file, size, [&](size_t part) { return NEXT(pwrite)(file, data, part, at); });
}

ssize_t pwrite64(int file, const void* data, size_t size, off64_t at) {
  return faulty_write(file, size,
                      [&](size_t part) { return NEXT(pwrite64)(file, data, part, at); });
}

int fsync(int file) {
  return faulty(Call::sync, file_of(file), 0, [&] { return NEXT(fsync)(file); });
}

int fdatasync(int file) {
  return faulty(Call::sync, file_of(file), 0, [&] { return NEXT(fdatasync)(file); });
}

int ftruncate(int file, off_t size) noexcept {
  return faulty(Call::truncate, file_of(file), 0, [&] { return NEXT(ftruncate)(file, size); });
}

int ftruncate64(int file, off64_t size) noexcept {
  return faulty(Call::truncate, file_of(file), 0, [&] { return NEXT(ftruncate64)(file, size); });
}

// These tell their error by what they return.
int posix_fallocate(int file, off_t at, off_t size) {
  const int failed = faulty(Call::allocate, file_of(file), 0, [] { return 0; });
  return failed == 0 ? NEXT(posix_fallocate)(file, at, size) : errno;
}

int posix_fallocate64(int file, off64_t at, off64_t size) {
  const int failed = faulty(Call::allocate, file_of(file), 0, [] { return 0; });
  return failed == 0 ? NEXT(posix_fallocate64)(file, at, size) : errno;
}

int flock(int file, int operation) noexcept {
  return faulty(Call::lock, file_of(file), 0, [&] { return NEXT(flock)(file, operation); });
}

int unlink(const char* path) noexcept {
  const File file = faults == nullptr ? foreign : file_named(path);
  return faulty(Call::name, file, 0, [&] { return NEXT(unlink)(path); });
}

int rename(const char* from, const char* to) noexcept {
  const File file = faults == nullptr ? foreign : file_named(to);
  return faulty(Call::name, file, 0, [&] { return NEXT(rename)(from, to); });
}

// --- Processes ---------------------------------------------------------------------------

int clone(int (*entry)(void*), void* stack, int flags, void* argument, ...) noexcept {
  va_list more;
  va_start(more, argument);
  auto* const parent_id = va_arg(more, pid_t*);
  va_end(more);
  arrive(Call::spawn);
  const int child_id = NEXT(clone)(entry, stack, flags, argument, parent_id);
  const int error = errno;
  arrive(Call::spawned);
  errno = error;
  return child_id;
}

int kill(pid_t process, int number) noexcept {
  if (faults == nullptr || number == 0) return NEXT(kill)(process, number);
  arrive(Call::signal);
  const int result = NEXT(kill)(process, number);
  const int error = errno;
  arrive(Call::signaled);
  errno = error;
  return result;
}

long syscall(long number, ...) noexcept {
  va_list more;
  va_start(more, number);
  long arguments[6];
  for (long& argument : arguments) argument = va_arg(more, long);
  va_end(more);
  const auto real = [&] {
    return NEXT(syscall)(number, arguments[0], arguments[1], arguments[2], arguments[3],
                         arguments[4], arguments[5]);
  };
  Call before = Call::note;
  Call after = Call::noted;
  if (number == SYS_pidfd_send_signal) {
    before = Call::signal;
    after = Call::signaled;
  } else if (number == SYS_execve) {
    before = after = Call::execute;
  } else if (number != SYS_pwrite64) {
    return real();
  }
  const File file = number == SYS_pwrite64 ? child : other;
  if (arrive(before, file, 0) == Fault::fail && number == SYS_pwrite64) {
    errno = static_cast<int>(faults->error);
    return -1;
  }
  const long result = real();
  if (before == after) return result;  // the program was not executed
  const int error = errno;
  arrive(after, file, 0);
  errno = error;
  return result;
}

// --- The wall clock ----------------------------------------------------------------------

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const int result = NEXT(clock_gettime)(clock, time);
  const bool wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
  if (result != 0 || !wall || faults == nullptr) return result;
  constexpr std::int64_t second = 1'000'000'000;
  const std::int64_t shifted = time->tv_sec * second + time->tv_nsec + faults->wall_shift_ns;
  time->tv_sec = shifted / second;
  time->tv_nsec = shifted % second;
  return result;
}

int gettimeofday(timeval* __restrict time, void* __restrict) noexcept {
  timespec precise{};
  const int result = ::clock_gettime(CLOCK_REALTIME, &precise);
  time->tv_sec = precise.tv_sec;
  time->tv_usec = precise.tv_nsec / 1000;
  return result;
}

time_t time(time_t* where) noexcept {
  timespec precise{};
  (void)::clock_gettime(CLOCK_REALTIME, &precise);
  if (where != nullptr) *where = precise.tv_sec;
  return precise.tv_sec;
}

}  // extern "C"
