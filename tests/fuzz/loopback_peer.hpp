#pragma once
// A peer on the loopback interface that says what the fuzzer wants, whatever it is asked.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace heald::fuzz {

/// Accepts one connection after another; says to each the next of its texts (the last one again
/// and again), in pieces, and closes. Runs on the context that the code under test runs on.
class LoopbackPeer {
 public:
  explicit LoopbackPeer(boost::asio::io_context& context);

  /// What the next connections get. `piece`: the size of the pieces; 0: all at once.
  void script(std::vector<std::string> texts, std::size_t piece);
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::size_t served() const { return served_; }

 private:
  using Tcp = boost::asio::ip::tcp;
  void accept();

  boost::asio::io_context& context_;
  Tcp::acceptor acceptor_;
  std::vector<std::string> texts_;
  std::size_t piece_ = 0;
  std::size_t served_ = 0;
};

}  // namespace heald::fuzz
