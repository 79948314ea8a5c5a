// Expensive: a sink of spdlog is its base; private to the log.
#pragma once
// Where log lines go without anybody waiting for them. Private to the log.

#include <atomic>
#include <cstdint>
#include <mutex>
#include <spdlog/sinks/base_sink.h>

#include "runtime/log.hpp"

namespace heald {

/// Writes to a descriptor only what it takes at once. A thread with a queue would not do better:
/// it holds memory, and heald could not end while its reader sleeps.
class ImpatientSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  ImpatientSink(int descriptor, LogFormat format);

  [[nodiscard]] std::uint64_t dropped() const { return dropped_.load(); }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}
  void put(std::string_view line);
  void tell_dropped();
  [[nodiscard]] bool write_now(std::string_view line) const;

  int descriptor_;
  LogFormat format_;
  bool socket_ = false, file_ = false;  ///< what it writes to
  std::atomic<std::uint64_t> dropped_ = 0;
  std::uint64_t told_ = 0;
};

}  // namespace heald
