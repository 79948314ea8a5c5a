#pragma once
// What heald counts about itself and its work.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "heald/ids.hpp"
#include "heald/policy.hpp"
#include "heald/state.hpp"
#include "journal/journal.hpp"
#include "journal/recorder.hpp"
#include "runtime/board.hpp"
#include "runtime/observer.hpp"

namespace heald {

/// What was counted of one service since the daemon began.
struct ServiceCounts {
  std::map<std::pair<ActionKind, Verdict>, std::uint64_t> remediations;
  std::map<Guard, std::uint64_t> suppressed;
};

/// Listens to the supervisor on the control strand and is read on the server's thread. Counts
/// begin at zero with the daemon, as Prometheus expects of a restarted target.
class Metrics final : public Observer {
 public:
  explicit Metrics(const std::string& version);
  ~Metrics() override;

  void on_record(const Record& record, const ServicePolicy* policy) override;
  void on_told(const Message& message, const MessageOutcome& outcome) override;
  void on_loop_lag(Duration lag) override;

  /// The recorder's counts belong to the daemon's series from now on; it outlives their readers.
  /// Before the first of them reads.
  void watch(const Recorder& recorder) { recorder_ = &recorder; }

  /// The series of the daemon itself and of its process, in Prometheus' text format.
  [[nodiscard]] std::string daemon_series(const DaemonPage& page,
                                          const JournalStats& journal) const;

  /// Up to `count` services that have counts, in the order of their ids, from `first` on.
  [[nodiscard]] std::vector<std::pair<ServiceId, ServiceCounts>> counts(ServiceId first,
                                                                        std::size_t count) const;

 private:
  /// After a start whatever waited for its turn has a count of it: an object for each service
  /// would be a quarter of what it weighs.
  using Remediations = std::map<std::tuple<ServiceId, ActionKind, Verdict>, std::uint64_t>;
  using Suppressed = std::map<std::tuple<ServiceId, Guard>, std::uint64_t>;

  struct Series;  ///< prometheus-cpp's registry and what is registered there
  std::unique_ptr<Series> series_;
  const Recorder* recorder_ = nullptr;
  mutable std::mutex mutex_;  ///< guards what follows
  Remediations remediations_;
  Suppressed suppressed_;
};

/// The whole of /metrics, in pieces: no moment needs the text of all services at once, and the
/// control strand is never waited for. Server's thread.
class Exposition {
 public:
  Exposition(const Board& board, const Metrics& metrics, const Journal& journal)
      : board_(&board), metrics_(&metrics), journal_(&journal) {}

  /// The next piece; empty: that was all.
  [[nodiscard]] std::string next();

 private:
  enum class Part : std::uint8_t {
    daemon, info, health, probe_success, probe_duration, remediations, suppressed, incidents, end,
  };
  void next_part(std::string& text);
  void add_pages(std::string& text);
  void add_page(std::string& text, const ServicePage& page);
  static void add_info(std::string& text, const ServicePage& page);
  void add_counts(std::string& text);

  const Board* board_;
  const Metrics* metrics_;
  const Journal* journal_;
  Part part_ = Part::daemon;
  std::size_t position_ = 0;
  std::size_t incidents_open_ = 0;
};

/// `text` as the value of a label, without the quotes around it.
[[nodiscard]] std::string escape_label(std::string_view text);

}  // namespace heald
