#include "net/dialogue.hpp"

#include <algorithm>
#include <utility>

#include "net/conversation.hpp"

namespace heald {
namespace {

class Dialogue final : public Conversation {
 public:
  Dialogue(Network& network, std::shared_ptr<const DialogueScript> script, Duration timeout,
           DialogueCallback done, NetTrace trace)
      : Conversation(network, timeout, std::move(trace)),
        script_(std::move(script)),
        done_(std::move(done)) {}

  void start() {
    begin();
    connect(script_->target);
  }

 private:
  using Kind = DialogueStep::Kind;
  static constexpr std::size_t read_limit = 65536;

  void on_connected() override { go_on(); }
  void on_secured() override { next(); }

  void on_sent() override {
    if (traced()) note("sent", std::to_string(step().text.size()) + " bytes");
    next();
  }

  void on_received(std::string_view data) override {
    received_.append(data.substr(0, read_limit - received_.size()));
    go_on();
  }

  void on_peer_closed() override {
    fail(NetFailureKind::closed,
         peer() + " closed the connection before what was expected came");
  }

  void on_failed(NetFailure failure) override { report(std::move(failure)); }

  [[nodiscard]] const DialogueScript::Step& step() const { return script_->steps[at_]; }

  void next() {
    ++at_;
    searched_ = 0;
    go_on();
  }

  void go_on() {
    if (at_ == script_->steps.size()) return finish();
    switch (step().kind) {
      case Kind::send: return send(step().text);
      case Kind::starttls: return start_tls();
      case Kind::expect:
      case Kind::matches: break;
    }
    if (const auto end = find()) {
      if (traced()) note("answered", std::to_string(received_.size()) + " bytes");
      taken_ += *end;
      return next();
    }
    if (received_.size() < read_limit) return receive();
    fail(NetFailureKind::limit, peer() + " sent 64 KiB without what was expected");
  }

  /// Where what this step awaits ends in what no step before it took.
  [[nodiscard]] std::optional<std::size_t> find() {
    const std::string_view came = std::string_view{received_}.substr(taken_);
    if (came.empty()) return std::nullopt;
    if (step().kind == Kind::matches) return step().find(came);
    // It may lie across what came before and what came now.
    const std::size_t overlap = std::min(searched_, step().text.size() - 1);
    const std::size_t found = came.find(step().text, searched_ - overlap);
    searched_ = came.size();
    if (found == std::string_view::npos) return std::nullopt;
    return found + step().text.size();
  }

  void start_tls() {
    // What came unasked before the handshake would be taken for an answer under it (CVE-2011-0411).
    if (taken_ < received_.size()) {
      return fail(NetFailureKind::malformed, peer() + " said more than the dialogue awaits before "
                                                      "TLS began");
    }
    secure(*script_->upgrade);
  }

  void finish() {
    const auto last = script_->steps.empty() ? Kind::send : script_->steps.back().kind;
    const bool heard = last == Kind::expect || last == Kind::matches;
    // A reset would throw away what the peer has not read yet.
    end(heard ? Farewell::abrupt : Farewell::orderly);
    report({});
  }

  void report(std::optional<NetFailure> failure) {
    DialogueResult result{std::move(failure), std::move(received_), taken_, at_, timings()};
    const DialogueCallback done = std::exchange(done_, nullptr);
    done(std::move(result));
  }

  std::shared_ptr<const DialogueScript> script_;
  DialogueCallback done_;
  std::string received_;
  std::size_t taken_ = 0;     ///< by steps that are over
  std::size_t searched_ = 0;  ///< by this one, after what was taken
  std::size_t at_ = 0;        ///< index of the present step
};

}  // namespace

void start_dialogue(boost::asio::io_context& context, std::shared_ptr<const DialogueScript> script,
                    Duration timeout, DialogueCallback done, NetTrace trace) {
  std::make_shared<Dialogue>(Network::of(context), std::move(script), timeout, std::move(done),
                             std::move(trace))
      ->start();
}

}  // namespace heald
