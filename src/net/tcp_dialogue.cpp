#include "net/tcp_dialogue.hpp"

#include <algorithm>
#include <utility>

#include "net/conversation.hpp"

namespace heald {
namespace {

class TcpDialogue final : public Conversation {
 public:
  TcpDialogue(Network& network, std::shared_ptr<const TcpScript> script, Duration timeout,
              TcpCallback done, NetTrace trace)
      : Conversation(network, timeout, std::move(trace)),
        script_(std::move(script)),
        done_(std::move(done)) {}

  void start() {
    begin();
    connect(script_->target);
  }

 private:
  static constexpr std::size_t read_limit = 65536;

  void on_connected() override {
    if (script_->send.empty()) return on_sent();
    send(script_->send);
  }

  void on_sent() override {
    if (traced() && !script_->send.empty()) {
      note("sent", std::to_string(script_->send.size()) + " bytes");
    }
    if (!script_->expect.empty()) return receive();
    // Orderly: a reset would throw away what the peer has not read yet.
    end(Farewell::orderly);
    report({});
  }

  void on_received(std::string_view data) override {
    // What is expected may lie across what came before and what came now.
    const std::size_t overlap = std::min(received_.size(), script_->expect.size() - 1);
    const std::size_t from = received_.size() - overlap;
    received_.append(data.substr(0, read_limit - received_.size()));
    if (received_.find(script_->expect, from) != std::string::npos) {
      if (traced()) note("answered", std::to_string(received_.size()) + " bytes");
      end(Farewell::abrupt);
      return report({});
    }
    if (received_.size() < read_limit) return receive();
    fail(NetFailureKind::limit, peer() + " sent 64 KiB without what was expected");
  }

  void on_peer_closed() override {
    fail(NetFailureKind::closed,
         peer() + " closed the connection before what was expected came");
  }

  void on_failed(NetFailure failure) override { report(std::move(failure)); }

  void report(std::optional<NetFailure> failure) {
    TcpResult result{std::move(failure), std::move(received_), timings()};
    const TcpCallback done = std::exchange(done_, nullptr);
    done(std::move(result));
  }

  std::shared_ptr<const TcpScript> script_;
  TcpCallback done_;
  std::string received_;
};

}  // namespace

void start_tcp(boost::asio::io_context& context, std::shared_ptr<const TcpScript> script,
               Duration timeout, TcpCallback done, NetTrace trace) {
  std::make_shared<TcpDialogue>(Network::of(context), std::move(script), timeout, std::move(done),
                                std::move(trace))
      ->start();
}

}  // namespace heald
