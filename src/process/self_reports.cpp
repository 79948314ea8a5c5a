#include "process/self_reports.hpp"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "process/notice.hpp"

namespace heald {
namespace {

Moment now() { return std::chrono::steady_clock::now(); }

/// Others may go through it to the sockets that are theirs, and see nothing else.
Result<void> make_folder(const std::string& folder) {
  const auto what = "cannot create the directory " + folder;
  std::error_code failure;
  const auto above = std::filesystem::path{folder}.parent_path();
  if (!above.empty()) std::filesystem::create_directories(above, failure);
  if (failure) return system_error(what, failure.value());
  const mode_t mode = ::geteuid() == 0 ? 0711 : 0700;
  if (::mkdir(folder.c_str(), mode) == 0) {
    return ::chmod(folder.c_str(), mode) == 0 ? Result<void>{} : system_error(what, errno);
  }
  if (errno != EEXIST) return system_error(what, errno);
  struct stat found {};
  if (::lstat(folder.c_str(), &found) != 0) return system_error(what, errno);
  const bool ours = S_ISDIR(found.st_mode) && found.st_uid == ::geteuid() &&
                    (found.st_mode & (S_IWGRP | S_IWOTH)) == 0;
  if (!ours) return Error{"cannot use " + folder + ": it is not heald's alone"};
  return {};
}

bool belongs(pid_t sender, const SelfReports::Speaker& speaker) {
  if (sender <= 0) return false;
  if (sender == speaker.pid || ::getpgid(sender) == speaker.pid) return true;
  return speaker.cgroup && speaker.cgroup->holds(sender);
}

}  // namespace

/// The listening end of one service.
class SelfReports::Ear : public std::enable_shared_from_this<Ear> {
 public:
  Ear(const boost::asio::any_io_executor& control, NotifySocket socket, std::string path,
      Duration rest, std::function<void(const SelfReport*)> changed)
      : rest_(rest),
        socket_(std::move(socket)),
        path_(std::move(path)),
        changed_(std::move(changed)),
        readable_(control, socket_.descriptor()),
        resting_(control) {}
  ~Ear() { readable_.release(); }  // the socket closes itself
  Ear(const Ear&) = delete;
  Ear& operator=(const Ear&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const SelfReport* report() const { return report_ ? &*report_ : nullptr; }

  void await_datagram();
  void begin(Speaker speaker, SelfReport::Stage stage);
  void end();
  /// Takes up to `burst` datagrams.
  void read();
  void await(std::function<void()> changed) { waiting_.push_back(std::move(changed)); }

 private:
  void take(const NotifySocket::Datagram& datagram);
  void tell_waiting();

  Duration rest_;
  NotifySocket socket_;
  std::string path_;
  std::function<void(const SelfReport*)> changed_;
  boost::asio::posix::stream_descriptor readable_;
  boost::asio::steady_timer resting_;
  Speaker speaker_;
  std::optional<SelfReport> report_;
  std::vector<std::function<void()>> waiting_;
};

void SelfReports::Ear::await_datagram() {
  readable_.async_wait(
      boost::asio::posix::stream_descriptor::wait_read,
      [weak = weak_from_this()](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (error || !self) return;
        self->read();
        self->resting_.expires_after(self->rest_);
        self->resting_.async_wait([weak](const boost::system::error_code& stopped) {
          const auto rested = weak.lock();
          if (!stopped && rested) rested->await_datagram();
        });
      });
}

void SelfReports::Ear::begin(Speaker speaker, SelfReport::Stage stage) {
  speaker_ = std::move(speaker);
  report_ = begin_report(stage, now());
}

void SelfReports::Ear::end() {
  const bool told = report_ && !describe(*report_).empty();
  report_.reset();
  speaker_ = {};
  if (told) changed_(nullptr);
  tell_waiting();
}

void SelfReports::Ear::read() {
  NotifySocket::Buffer buffer;
  for (int taken = 0; taken < burst; ++taken) {
    const auto datagram = socket_.receive(buffer);
    if (!datagram) return;
    take(*datagram);
  }
}

void SelfReports::Ear::take(const NotifySocket::Datagram& datagram) {
  if (!report_) return;
  if (!belongs(datagram.sender, speaker_)) {
    report_->stranger = datagram.sender;
    return;
  }
  const Notice notice = parse_notice(datagram.text);
  const Told told = fold(*report_, notice, speaker_.pid, now());
  if (notice.stage == Notice::Stage::ready && speaker_.ready) {
    std::exchange(speaker_.ready, {})();
  }
  if (told == Told::news) changed_(&*report_);
  tell_waiting();
}

void SelfReports::Ear::tell_waiting() {
  for (auto& changed : std::exchange(waiting_, {})) {
    boost::asio::post(readable_.get_executor(), std::move(changed));
  }
}

SelfReports::SelfReports(boost::asio::any_io_executor control, std::string folder, Changed changed,
                         Duration rest)
    : control_(std::move(control)),
      folder_(std::move(folder)),
      changed_(std::move(changed)),
      rest_(rest) {}

SelfReports::~SelfReports() = default;

/// A name may be longer than a socket's path; then a hash of it (FNV-1a) stands for it.
std::string SelfReports::path_of(const std::string& name) const {
  std::string path = folder_ + "/" + name;
  if (path.size() < sizeof(sockaddr_un::sun_path)) return path;
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char each : name) {
    hash = (hash ^ static_cast<unsigned char>(each)) * 0x100000001b3U;
  }
  std::array<char, 2 * sizeof hash> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), hash, 16).ptr;
  // No service's name begins like that.
  return std::string{folder_}.append("/.").append(digits.data(), end);
}

bool SelfReports::has_socket(const std::string& name) const {
  struct stat found {};
  return !folder_.empty() && ::lstat(path_of(name).c_str(), &found) == 0 &&
         S_ISSOCK(found.st_mode);
}

Result<std::string> SelfReports::listen(ServiceId service, const std::string& name, uid_t user) {
  if (folder_.empty()) return Error{"there is no folder for its socket"};
  if (const auto made = make_folder(folder_); !made) return made.error();
  const std::string path = path_of(name);
  // Anew with each process: it may be another user's now, or somebody has removed the file.
  ears_.erase(service);
  auto socket = NotifySocket::bind(path, user);
  if (!socket) return socket.error();
  auto ear = std::make_shared<Ear>(
      control_, *std::move(socket), path, rest_,
      [this, service](const SelfReport* report) { changed_(service, report); });
  ear->await_datagram();
  ears_.emplace(service, std::move(ear));
  return {boost::system::in_place_value, path};
}

void SelfReports::begin(ServiceId service, Speaker speaker, SelfReport::Stage stage) {
  if (const auto ear = ears_.find(service); ear != ears_.end()) {
    ear->second->begin(std::move(speaker), stage);
  }
}

void SelfReports::end(ServiceId service) {
  if (const auto ear = ears_.find(service); ear != ears_.end()) ear->second->end();
}

void SelfReports::forget(ServiceId service) {
  const auto ear = ears_.find(service);
  if (ear == ears_.end()) return;
  ::unlink(ear->second->path().c_str());
  ear->second->end();
  ears_.erase(ear);
}

const SelfReport* SelfReports::read(ServiceId service) {
  const auto ear = ears_.find(service);
  if (ear == ears_.end()) return nullptr;
  ear->second->read();
  return ear->second->report();
}

void SelfReports::await(ServiceId service, std::function<void()> changed) {
  const auto ear = ears_.find(service);
  if (ear != ears_.end()) ear->second->await(std::move(changed));
}

}  // namespace heald
