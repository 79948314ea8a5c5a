#include "journal/recorder.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/fd.hpp"
#include "journal/ring_block.hpp"
#include "journal/ring_writer.hpp"

namespace heald {

namespace {

/// How long an observation waits in memory at most, and how many make the thread hurry. A death of
/// heald loses what waits.
constexpr std::chrono::seconds longest_wait{1};
constexpr std::size_t enough = 1024;

class RingRecorder final : public Recorder {
 public:
  RingRecorder(RingWriter writer, RecorderOptions options, std::string path)
      : writer_(std::move(writer)),
        options_(std::move(options)),
        path_(std::move(path)),
        thread_([this] { run(); }) {}
  RingRecorder(const RingRecorder&) = delete;
  RingRecorder& operator=(const RingRecorder&) = delete;
  ~RingRecorder() override {
    {
      const std::lock_guard lock{mutex_};
      ending_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  void record(const Observation& observation, Instant at,
              const std::shared_ptr<const ServicePolicy>& policy) override;
  [[nodiscard]] RecorderStats stats() const override {
    const std::lock_guard lock{mutex_};
    return stats_;
  }

 private:
  void run();
  void write(const std::vector<ToRecord>& batch, std::uint64_t dropped);
  void tell(int error);

  RingWriter writer_;  // of the thread alone
  const RecorderOptions options_;
  const std::string path_;
  bool works_ = true;  // of the thread alone
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<ToRecord> waiting_;
  std::uint64_t dropped_ = 0;  ///< since the thread looked last; all newer than what waits
  bool ending_ = false;
  RecorderStats stats_;
  std::thread thread_;  // last, so that everything above is there when it begins
};

void RingRecorder::record(const Observation& observation, Instant at,
                          const std::shared_ptr<const ServicePolicy>& policy) {
  if (!policy || observation.probe.value() >= policy->probes.size()) return;
  bool wake = false;
  {
    const std::lock_guard lock{mutex_};
    if (waiting_.size() >= options_.most_waiting) {
      ++dropped_;
      ++stats_.dropped;
      return;
    }
    waiting_.push_back({observation, at, policy});
    ++stats_.recorded;
    wake = waiting_.size() == 1 || waiting_.size() == enough;
  }
  if (wake) wake_.notify_one();
}

void RingRecorder::run() {
  writer_.find_end();
  std::vector<ToRecord> batch;
  for (bool last = false; !last;) {
    std::uint64_t dropped = 0;
    {
      std::unique_lock lock{mutex_};
      wake_.wait(lock, [&] { return ending_ || !waiting_.empty(); });
      wake_.wait_for(lock, longest_wait, [&] { return ending_ || waiting_.size() >= enough; });
      std::swap(batch, waiting_);
      dropped = std::exchange(dropped_, 0);
      last = ending_;
    }
    write(batch, dropped);
    batch.clear();
  }
}

void RingRecorder::write(const std::vector<ToRecord>& batch, std::uint64_t dropped) {
  for (const ToRecord& seen : batch) writer_.put(seen);
  if (dropped > 0) writer_.put_dropped(dropped);
  tell(writer_.flush());
  if (const std::uint64_t lost = writer_.take_lost(); lost > 0) {
    const std::lock_guard lock{mutex_};
    stats_.dropped += lost;
    stats_.recorded -= lost;
  }
}

void RingRecorder::tell(int error) {
  if ((error == 0) == works_) return;
  works_ = error == 0;
  if (!options_.on_change) return;
  options_.on_change(works_ ? path_ + " can be written again; what was lost is told in it"
                            : system_error("cannot record in " + path_, error).message);
}

}  // namespace

Result<std::unique_ptr<Recorder>> open_recorder(const std::string& state_dir,
                                                RecorderOptions options) {
  std::string path = ring_path(state_dir);
  Fd file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!file) return system_error("cannot record in " + path, errno);
  const std::uint64_t blocks = std::max<std::uint64_t>(options.max_size.count / ring_block_size, 1);
  const auto size = static_cast<off_t>(blocks * ring_block_size);
  if (::lseek(file.get(), 0, SEEK_END) > size && ::ftruncate(file.get(), size) != 0) {
    return system_error("cannot shorten " + path, errno);
  }
  return std::unique_ptr<Recorder>{std::make_unique<RingRecorder>(
      RingWriter{std::move(file), blocks}, std::move(options), std::move(path))};
}

}  // namespace heald
