#include "logs/log_keeper.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/fd.hpp"
#include "base/threads.hpp"
#include "logs/log_file.hpp"

namespace heald {
namespace {

constexpr std::string_view log_end = ".log";
constexpr auto rest = std::chrono::milliseconds{50};

WallTime wall_now() {
  return std::chrono::time_point_cast<WallTime::duration>(std::chrono::system_clock::now());
}

}  // namespace

class LogKeeper::Watch {
 public:
  Watch(std::string folder, const std::vector<KeptLog>& logs, Trouble trouble)
      : folder_(std::move(folder)),
        trouble_(std::move(trouble)),
        changes_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
        called_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (::inotify_add_watch(changes_.get(), folder_.c_str(), IN_MODIFY | IN_CREATE) < 0) {
      trouble_(system_error("cannot watch " + folder_, errno).message);
    }
    for (const KeptLog& log : logs) logs_.push_back(Kept{log, nullptr});
    sort(logs_);
    for (Kept& kept : logs_) {
      if (LogFile* file = file_of(kept)) tell(kept, file->find());
    }
    thread_ = thread_without_signals("heald-logs", [this] { run(); });
  }
  ~Watch() {
    over_ = true;
    call();
    thread_.join();
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  void keep(std::vector<KeptLog> logs) {
    const std::lock_guard lock{mutex_};
    wanted_ = std::move(logs);
    call();
  }
  void renew() {
    renew_ = true;
    call();
  }

 private:
  /// Many services never print anything, or do not let heald see it: their files are nobody's
  /// until there is something in them.
  struct Kept {
    KeptLog log;
    std::unique_ptr<LogFile> file;
  };

  static std::string_view name(const Kept& kept) { return kept.log.service; }

  static void sort(std::vector<Kept>& logs) {
    std::ranges::sort(logs, {}, &name);
  }

  void call() {
    const std::uint64_t one = 1;
    std::ignore = ::write(called_.get(), &one, sizeof one);
  }

  void run() {
    while (!over_) {
      await_something();
      take_orders();
      for (const std::string& service : changed()) look(service);
      pause();
    }
    for (Kept& kept : logs_) look(kept);
  }

  void await_something() {
    std::array<pollfd, 2> sources{
        {{changes_.get(), POLLIN, 0}, {called_.get(), POLLIN, 0}}};
    ::poll(sources.data(), sources.size(), -1);
  }

  /// Nobody but the end is in such a hurry.
  void pause() {
    if (over_) return;
    pollfd caller{called_.get(), POLLIN, 0};
    ::poll(&caller, 1, static_cast<int>(rest.count()));
  }

  void take_orders() {
    std::uint64_t calls = 0;
    std::ignore = ::read(called_.get(), &calls, sizeof calls);
    std::optional<std::vector<KeptLog>> wanted;
    {
      const std::lock_guard lock{mutex_};
      wanted.swap(wanted_);
    }
    if (wanted) take(*std::move(wanted));
    if (!renew_.exchange(false)) return;
    for (Kept& kept : logs_) {
      LogFile* file = file_of(kept);
      if (file == nullptr) continue;
      auto seen = file->look(wall_now());
      tell(kept, seen ? file->renew() : seen);
    }
  }

  [[nodiscard]] LogPaths paths_of(const Kept& kept) const { return {folder_, kept.log.service}; }

  /// Null: there is nothing to keep yet.
  LogFile* file_of(Kept& kept) const {
    if (!kept.file && !LogFile::blank(paths_of(kept))) {
      kept.file = std::make_unique<LogFile>(paths_of(kept),
                                            LogBounds{kept.log.max_size, kept.log.files});
    }
    return kept.file.get();
  }

  Kept* find(std::string_view service) {
    const auto found = std::ranges::lower_bound(logs_, service, {}, &name);
    return found != logs_.end() && found->log.service == service ? &*found : nullptr;
  }

  void take(std::vector<KeptLog> wanted) {
    std::vector<Kept> logs;
    logs.reserve(wanted.size());
    for (KeptLog& log : wanted) {
      Kept* known = find(log.service);
      Kept& kept = logs.emplace_back(Kept{std::move(log), nullptr});
      if (known == nullptr) {
        begin(kept);
      } else if (known->file) {
        kept.file = std::move(known->file);
        kept.file->set_bounds({kept.log.max_size, kept.log.files});
      }
    }
    sort(logs);
    logs_ = std::move(logs);
  }

  /// A new service may have begun to print already.
  void begin(Kept& kept) {
    LogFile* file = file_of(kept);
    if (file != nullptr) tell(kept, file->was_kept() ? file->find() : file->look(wall_now()));
  }

  /// The services whose files were written to since the last call.
  std::set<std::string> changed() {
    std::set<std::string> services;
    alignas(inotify_event) std::array<char, std::size_t{64} * 1024> buffer;
    for (;;) {
      const auto count = ::read(changes_.get(), buffer.data(), buffer.size());
      if (count <= 0) return services;
      for (std::size_t at = 0; at < static_cast<std::size_t>(count);) {
        inotify_event event{};
        std::memcpy(&event, buffer.data() + at, sizeof event);
        const char* name = buffer.data() + at + sizeof event;
        at += sizeof event + event.len;
        if ((event.mask & IN_Q_OVERFLOW) != 0) return everything();
        const std::string_view file{name, event.len == 0 ? 0 : std::strlen(name)};
        if (file.ends_with(log_end)) {
          services.emplace(file.substr(0, file.size() - log_end.size()));
        }
      }
    }
  }

  std::set<std::string> everything() {
    std::set<std::string> services;
    for (const Kept& kept : logs_) services.insert(kept.log.service);
    return services;
  }

  void look(const std::string& service) {
    if (Kept* kept = find(service)) look(*kept);
  }

  void look(Kept& kept) {
    if (LogFile* file = file_of(kept)) tell(kept, file->look(wall_now()));
  }

  /// The same once for each service, until it works again: a full disk stays so for a while.
  void tell(const Kept& kept, const Result<void>& done) {
    if (done && kept.file->troubled()) return;  // it only pauses
    if (done) {
      told_.erase(kept.log.service);
      return;
    }
    auto& told = told_[kept.log.service];
    if (done.error().message == told) return;
    told = done.error().message;
    trouble_(told);
  }

  std::string folder_;
  Trouble trouble_;
  Fd changes_, called_;
  std::atomic<bool> over_ = false, renew_ = false;
  std::mutex mutex_;
  std::optional<std::vector<KeptLog>> wanted_;  ///< guarded by mutex_
  std::vector<Kept> logs_;  ///< by service; of the thread alone
  std::map<std::string, std::string> told_;  ///< of the thread alone; the trouble by service
  std::thread thread_;
};

LogKeeper::LogKeeper(std::string folder, const std::vector<KeptLog>& logs, Trouble trouble)
    : watch_(std::make_unique<Watch>(std::move(folder), logs, std::move(trouble))) {}
LogKeeper::~LogKeeper() = default;

void LogKeeper::keep(std::vector<KeptLog> logs) { watch_->keep(std::move(logs)); }
void LogKeeper::renew() { watch_->renew(); }

}  // namespace heald
