#include "journal/recorder.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/fd.hpp"
#include "journal/recording.hpp"
#include "journal/ring_block.hpp"

namespace heald {

namespace {

/// How long an observation waits in memory at most, and how many make the thread hurry. A death of
/// heald loses what waits.
constexpr std::chrono::seconds longest_wait{1};
constexpr std::size_t enough = 1024;
constexpr std::size_t longest_evidence = 256;

struct Waiting {
  Observation observation;
  Instant at;
  std::shared_ptr<const ServicePolicy> policy;
};

/// The block that is being filled. On the recorder's thread.
class RingWriter {
 public:
  RingWriter(Fd file, std::uint64_t blocks, std::uint64_t next)
      : file_(std::move(file)), blocks_(blocks) {
    header_.number = next;
    header_.pid = static_cast<std::uint32_t>(::getpid());
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    header_.opened_ms = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
    clear();
  }

  void put(const Waiting& seen);
  void put_dropped(std::uint64_t count);
  /// Writes the block as it is; it is written again when it has grown. False: the disk took it not.
  bool flush();
  /// How many observations went down with blocks that the disk did not take.
  std::uint64_t take_lost() { return std::exchange(lost_, 0); }

 private:
  void clear();
  void append(Instant at, const std::string& entry, std::uint64_t observations);
  std::uint64_t name(const Waiting& seen, std::string& entry);
  void next_block();

  Fd file_;
  std::uint64_t blocks_;
  RingHeader header_;
  std::string block_;
  Instant last_{};
  std::map<std::pair<std::string, std::string>, std::uint64_t> names_;  ///< of this block
  std::uint64_t in_block_ = 0, lost_ = 0;
  bool dirty_ = false;
};

void RingWriter::clear() {
  block_.assign(ring_header_size, '\0');
  names_.clear();
  last_ = Instant{};
  in_block_ = 0;
  dirty_ = false;
}

// The number of the probe's name in this block, told in the block before its first use.
std::uint64_t RingWriter::name(const Waiting& seen, std::string& entry) {
  const std::string& probe = seen.policy->probes[seen.observation.probe.value()].name;
  const auto [found, fresh] = names_.try_emplace({seen.policy->name, probe}, names_.size());
  if (fresh) {
    put_number(entry, static_cast<std::uint64_t>(RingEntry::name));
    put_text(entry, seen.policy->name);
    put_text(entry, probe);
  }
  return found->second;
}

void RingWriter::put(const Waiting& seen) {
  const Observation& look = seen.observation;
  const auto since = [](Duration span) {
    return static_cast<std::uint64_t>(std::max(span, Duration{}).count());
  };
  for (;;) {
    std::string entry;
    const std::uint64_t number = name(seen, entry);
    const Instant before = last_ == Instant{} ? seen.at : last_;
    put_number(entry, static_cast<std::uint64_t>(RingEntry::observation));
    put_number(entry, number);
    put_number(entry, since(seen.at - before));
    put_number(entry, since(seen.at - look.begun));
    put_number(entry, since(look.took));
    put_number(entry, static_cast<std::uint64_t>(look.outcome) * 2 + (look.answered ? 1 : 0));
    put_text(entry, std::string_view{look.evidence}.substr(0, longest_evidence));
    if (block_.size() + entry.size() <= ring_block_size) return append(seen.at, entry, 1);
    next_block();  // its names begin anew, so the entry is made again
  }
}

void RingWriter::put_dropped(std::uint64_t count) {
  std::string entry;
  put_number(entry, static_cast<std::uint64_t>(RingEntry::dropped));
  put_number(entry, count);
  if (block_.size() + entry.size() > ring_block_size) next_block();
  append(last_, entry, 0);
}

void RingWriter::append(Instant at, const std::string& entry, std::uint64_t observations) {
  if (last_ == Instant{}) {
    header_.first_ns = static_cast<std::uint64_t>(at.time_since_epoch().count());
  }
  last_ = at;
  block_ += entry;
  in_block_ += observations;
  dirty_ = true;
}

void RingWriter::next_block() {
  if (!flush()) lost_ += in_block_;
  ++header_.number;
  clear();
}

bool RingWriter::flush() {
  if (!dirty_) return true;
  header_.length = static_cast<std::uint32_t>(block_.size() - ring_header_size);
  seal_block(block_, header_);
  const auto offset = static_cast<off_t>(header_.number % blocks_ * ring_block_size);
  const ssize_t wrote = ::pwrite(file_.get(), block_.data(), block_.size(), offset);
  dirty_ = wrote != static_cast<ssize_t>(block_.size());
  return !dirty_;
}

class RingRecorder final : public Recorder {
 public:
  RingRecorder(RingWriter writer, std::size_t most_waiting)
      : writer_(std::move(writer)), most_(most_waiting), thread_([this] { run(); }) {}
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
  void write(const std::vector<Waiting>& batch, std::uint64_t dropped);

  RingWriter writer_;  // of the thread alone
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Waiting> waiting_;
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
    if (waiting_.size() >= most_) {
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
  std::vector<Waiting> batch;
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

void RingRecorder::write(const std::vector<Waiting>& batch, std::uint64_t dropped) {
  for (const Waiting& seen : batch) writer_.put(seen);
  if (dropped > 0) writer_.put_dropped(dropped);
  (void)writer_.flush();  // what the disk does not take now is tried again with the next
  if (const std::uint64_t lost = writer_.take_lost(); lost > 0) {
    const std::lock_guard lock{mutex_};
    stats_.dropped += lost;
    stats_.recorded -= lost;
  }
}

}  // namespace

Result<std::unique_ptr<Recorder>> open_recorder(const std::string& state_dir, Bytes max_size,
                                                std::size_t most_waiting) {
  const std::string path = ring_path(state_dir);
  Fd file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!file) return system_error("cannot record in " + path, errno);
  const std::uint64_t blocks = std::max<std::uint64_t>(max_size.count / ring_block_size, 1);
  const auto size = static_cast<off_t>(blocks * ring_block_size);
  if (::lseek(file.get(), 0, SEEK_END) > size && ::ftruncate(file.get(), size) != 0) {
    return system_error("cannot shorten " + path, errno);
  }
  const std::uint64_t newest = newest_block(file.get());
  return std::unique_ptr<Recorder>{std::make_unique<RingRecorder>(
      RingWriter{std::move(file), blocks, newest + 1}, most_waiting)};
}

}  // namespace heald
