#include "journal/sqlite_journal.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <ctime>
#include <fstream>
#include <mutex>
#include <thread>

#include "journal/codec.hpp"
#include "journal/committer.hpp"
#include "journal/lock.hpp"
#include "journal/recovery.hpp"

namespace heald {

namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

/// While the disk fails: how long appended entries wait for the next attempt, and how long the
/// journal itself waits when nothing is appended. The first keeps a stream of appends from
/// turning into a stream of failing writes.
constexpr Duration retry_of_append = 100ms;
constexpr Duration retry_of_journal = 1s;

Duration boottime() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds{now.tv_sec} + Duration{now.tv_nsec};
}

std::string kernel_boot_id() {
  std::ifstream file{"/proc/sys/kernel/random/boot_id"};
  std::string id;
  std::getline(file, id);
  return id;
}

class SqliteJournal final : public Journal {
 public:
  SqliteJournal(StateLock lock, std::unique_ptr<Committer> committer, JournalOptions options)
      : lock_(std::move(lock)),
        options_(std::move(options)),
        committer_(std::move(committer)),
        waiting_(options_.most_waiting),
        retention_(options_.retention),
        stats_(committer_->stats()),
        thread_([this] { run(); }) {}
  SqliteJournal(const SqliteJournal&) = delete;
  SqliteJournal& operator=(const SqliteJournal&) = delete;
  ~SqliteJournal() override;

  void append(JournalEntry entry, Durable durable) override;
  void flush() override;
  void retain(const Retention& retention) override;
  void keep_rules(const std::string& revision, std::vector<RuleFile> files) override;
  [[nodiscard]] JournalStats stats() const override;

 private:
  struct Batch {
    Backlog backlog;
    std::vector<Durable> answers;
    RuleTexts rules;
    std::uint64_t up_to = 0;  ///< how many had been appended
    bool last = false;
  };

  void run();
  Batch next_batch();
  [[nodiscard]] SteadyTime wake_time() const;
  void commit(Batch batch);
  void tell(const std::string& why_not);
  void tidy();

  StateLock lock_;  // first, so that the files are closed before another may have them
  const JournalOptions options_;

  // Of the journal's thread alone.
  std::unique_ptr<Committer> committer_;
  bool works_ = true;
  bool untidy_ = false;     ///< something was written since the last housekeeping
  bool more_to_do_ = false;  ///< housekeeping was broken off to serve appends
  SteadyTime attempted_{};
  SteadyTime tidied_{};

  mutable std::mutex mutex_;
  std::condition_variable appended_or_ending_, answered_more_;
  Backlog waiting_;
  std::vector<Durable> answers_;  ///< of the waiting entries that want one
  RuleTexts rules_;               ///< of revisions that waiting entries have
  std::uint64_t appended_ = 0, answered_ = 0, wanted_by_flush_ = 0;
  bool ending_ = false;
  Retention retention_;
  JournalStats stats_;

  std::thread thread_;  // last, so that everything above is there when it begins
};

SqliteJournal::~SqliteJournal() {
  {
    const std::lock_guard lock{mutex_};
    ending_ = true;
  }
  appended_or_ending_.notify_one();
  thread_.join();
}

void SqliteJournal::append(JournalEntry entry, Durable durable) {
  WaitingEntry waiting{std::move(entry), boottime()};
  {
    const std::lock_guard lock{mutex_};
    ++appended_;
    waiting_.add(std::move(waiting));
    if (durable) answers_.push_back(std::move(durable));
  }
  appended_or_ending_.notify_one();
}

void SqliteJournal::flush() {
  std::unique_lock lock{mutex_};
  const std::uint64_t mine = appended_;
  wanted_by_flush_ = mine;
  appended_or_ending_.notify_one();
  answered_more_.wait(lock, [&] { return answered_ >= mine; });
}

void SqliteJournal::retain(const Retention& retention) {
  const std::lock_guard lock{mutex_};
  retention_ = retention;
}

// Written with the entry that comes next: rules that nothing was decided by are not worth a write.
void SqliteJournal::keep_rules(const std::string& revision, std::vector<RuleFile> files) {
  std::string text = encode(files);
  const std::lock_guard lock{mutex_};
  rules_[revision] = std::move(text);
}

JournalStats SqliteJournal::stats() const {
  const std::lock_guard lock{mutex_};
  return stats_;
}

void SqliteJournal::run() {
  for (bool last = false; !last;) {
    Batch batch = next_batch();
    last = batch.last;
    const bool retry = committer_->unwritten() &&
                       (last || std::chrono::steady_clock::now() >= attempted_ + retry_of_journal);
    if (!batch.backlog.empty() || retry) commit(std::move(batch));
    if (!last) tidy();
  }
}

SqliteJournal::Batch SqliteJournal::next_batch() {
  std::unique_lock lock{mutex_};
  while (!ending_) {
    const SteadyTime wake = wake_time();
    if (std::chrono::steady_clock::now() >= wake) break;
    if (wake == SteadyTime::max()) {
      appended_or_ending_.wait(lock);
    } else {
      appended_or_ending_.wait_until(lock, wake);
    }
  }
  Batch batch{std::move(waiting_), std::move(answers_), std::move(rules_), appended_, ending_};
  waiting_ = Backlog{options_.most_waiting};
  answers_.clear();
  rules_.clear();
  return batch;
}

SteadyTime SqliteJournal::wake_time() const {
  if (more_to_do_ || wanted_by_flush_ > answered_) return SteadyTime{};
  if (!waiting_.empty()) return works_ ? SteadyTime{} : attempted_ + retry_of_append;
  SteadyTime wake = SteadyTime::max();
  if (committer_->unwritten()) wake = attempted_ + retry_of_journal;
  if (untidy_) wake = std::min(wake, tidied_ + options_.upkeep_every);
  return wake;
}

void SqliteJournal::commit(Batch batch) {
  const std::string why_not = committer_->write(std::move(batch.backlog), std::move(batch.rules));
  attempted_ = std::chrono::steady_clock::now();
  untidy_ = true;
  {
    const std::lock_guard lock{mutex_};
    stats_ = committer_->stats();
    stats_.works = why_not.empty();
  }
  tell(why_not);
  for (const Durable& durable : batch.answers) durable(why_not);
  {
    const std::lock_guard lock{mutex_};
    answered_ = batch.up_to;
  }
  answered_more_.notify_all();
  committer_->checkpoint();
}

void SqliteJournal::tell(const std::string& why_not) {
  const bool works = why_not.empty();
  if (works == works_) return;
  works_ = works;
  const auto what = works ? JournalChanged::What::works : JournalChanged::What::fails;
  if (options_.on_change) options_.on_change(JournalChanged{what, why_not});
}

void SqliteJournal::tidy() {
  const bool due = untidy_ && std::chrono::steady_clock::now() >= tidied_ + options_.upkeep_every;
  if (!due && !more_to_do_) return;
  Retention retention;
  {
    const std::lock_guard lock{mutex_};
    retention = retention_;
  }
  more_to_do_ = committer_->tidy(retention);
  tidied_ = std::chrono::steady_clock::now();
  committer_->checkpoint();
  committer_->measure();
  // A reserve that could not be made is tried again, even when nothing is written.
  untidy_ = !committer_->stats().reserve;
  const std::lock_guard lock{mutex_};
  stats_.size = committer_->stats().size;
  stats_.reserve = committer_->stats().reserve;
}

/// Recovers; on a full disk once more without the reserve, since even reading needs a little room
/// for the write-ahead log's index.
RecoveredDatabase recover(const std::string& state_dir, const std::string& boot_id,
                          const JournalOptions& options, Reserve& reserve) {
  try {
    return recover_database(state_dir, boot_id, options.longest_check);
  } catch (const DatabaseError& error) {
    if (!error.full() || !reserve.release()) throw;
  }
  return recover_database(state_dir, boot_id, options.longest_check);
}

}  // namespace

Result<OpenedJournal> open_journal(const std::string& state_dir, JournalOptions options) {
  auto lock = StateLock::take(state_dir);
  if (!lock) return lock.error();
  const std::string boot_id = options.boot_id.empty() ? kernel_boot_id() : options.boot_id;
  Reserve reserve{state_dir + "/reserve", options.reserve};
  reserve.keep();
  try {
    auto [database, recovered] = recover(state_dir, boot_id, options, reserve);
    options.life.journal_lost = !recovered.damage.empty();
    if (options.find_left_over) options.life.left_over = options.find_left_over();
    auto committer = std::make_unique<Committer>(std::move(database), std::move(reserve), options,
                                                 boot_id, recovered);
    OpenedJournal opened;
    opened.life = options.life;
    opened.journal = std::make_unique<SqliteJournal>(std::move(*lock), std::move(committer),
                                                     std::move(options));
    opened.recovered = std::move(recovered);
    return opened;
  } catch (const std::exception& error) {
    return Error{error.what()};
  }
}

}  // namespace heald
