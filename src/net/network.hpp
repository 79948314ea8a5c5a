#pragma once
// What everything that talks on one thread shares.

#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/deadlines.hpp"
#include "net/resolver.hpp"
#include "net/sockets.hpp"
#include "net/tls_sessions.hpp"

namespace heald {

/// Sockets, deadlines, lookups, TLS sessions and the read buffer of one io_context, run by one
/// thread.
/// A service of the context: made at first use, gone with it.
class Network final : public boost::asio::execution_context::service {
 public:
  using key_type = Network;
  static boost::asio::execution_context::id id;

  explicit Network(boost::asio::execution_context& context);
  ~Network() override;

  static Network& of(boost::asio::io_context& context);

  [[nodiscard]] boost::asio::io_context& context() { return context_; }
  [[nodiscard]] DeadlineSweep& deadlines() { return deadlines_; }
  [[nodiscard]] Sockets& sockets() { return sockets_; }
  [[nodiscard]] TlsSessions& tls_sessions() { return tls_sessions_; }

  /// Scratch to read into: whoever reads finishes with it before the next one does. Thousands of
  /// connections that wait need no buffer each.
  [[nodiscard]] std::span<char> buffer() { return {buffer_.get(), buffer_size}; }

  /// Looks a name up and calls `done` on the context's thread, never from inside the call.
  /// Whoever asks while the same name is being looked up gets the same answer.
  void resolve(const std::string& name, std::function<void(const Lookup&)> done);

 private:
  static constexpr std::size_t buffer_size = 65536;

  // What a lookup's thread holds on to; it may outlive the context.
  struct Mailbox {
    std::mutex mutex;
    boost::asio::io_context* context = nullptr;  ///< null: nobody is there any more
  };

  void shutdown() noexcept override;
  void answer(const std::string& name, const Lookup& found);

  boost::asio::io_context& context_;
  DeadlineSweep deadlines_;
  Sockets sockets_;
  TlsSessions tls_sessions_;
  /// Not cleared, so that it takes no memory before something comes.
  std::unique_ptr<char[]> buffer_ = std::make_unique_for_overwrite<char[]>(buffer_size);
  std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
  std::unordered_map<std::string, std::vector<std::function<void(const Lookup&)>>> waiting_;
};

}  // namespace heald
