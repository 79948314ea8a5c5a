#include "fuzz/loopback_peer.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <utility>

namespace heald::fuzz {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using Failure = boost::system::error_code;

namespace {

/// Says its text, then nothing more, and closes when the other side has.
class Talk : public std::enable_shared_from_this<Talk> {
 public:
  Talk(Tcp::socket socket, std::string text, std::size_t piece)
      : socket_(std::move(socket)),
        text_(std::move(text)),
        piece_(piece == 0 ? text_.size() : piece) {
    Failure ignored;
    socket_.set_option(Tcp::no_delay{true}, ignored);
  }

  void begin() {
    drain();
    go_on();
  }

 private:
  void go_on() {
    if (said_ == text_.size()) {
      Failure ignored;
      socket_.shutdown(Tcp::socket::shutdown_send, ignored);
      return;
    }
    const std::size_t size = std::min(piece_, text_.size() - said_);
    const auto piece = asio::buffer(text_.data() + said_, size);
    said_ += size;
    asio::async_write(socket_, piece,
                      [self = shared_from_this()](const Failure& failed, std::size_t) {
                        if (!failed) self->go_on();
                      });
  }

  /// Reads what it is asked, so that closing resets nothing, until the other side has closed.
  void drain() {
    socket_.async_read_some(asio::buffer(scratch_),
                            [self = shared_from_this()](const Failure& failed, std::size_t) {
                              if (!failed) return self->drain();
                              Failure ignored;
                              self->socket_.close(ignored);
                            });
  }

  Tcp::socket socket_;
  std::string text_;
  std::size_t piece_;
  std::size_t said_ = 0;
  std::array<char, 4096> scratch_{};
};

}  // namespace

LoopbackPeer::LoopbackPeer(asio::io_context& context)
    : context_(context), acceptor_(context, {asio::ip::address_v4::loopback(), 0}) {
  accept();
}

void LoopbackPeer::script(std::vector<std::string> texts, std::size_t piece) {
  texts_ = std::move(texts);
  piece_ = piece;
  served_ = 0;
}

std::uint16_t LoopbackPeer::port() const { return acceptor_.local_endpoint().port(); }

void LoopbackPeer::accept() {
  acceptor_.async_accept([this](const Failure& failed, Tcp::socket socket) {
    if (failed == asio::error::operation_aborted) return;
    if (!failed) {
      const std::string text = texts_.empty() ? "" : texts_[std::min(served_, texts_.size() - 1)];
      ++served_;
      std::make_shared<Talk>(std::move(socket), text, piece_)->begin();
    }
    accept();
  });
}

}  // namespace heald::fuzz
