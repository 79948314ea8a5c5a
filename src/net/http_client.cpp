#include "net/http_client.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <utility>

#include "net/conversation.hpp"
#include "net/http_response.hpp"

namespace heald {
namespace {

namespace asio = boost::asio;

class HttpExchange final : public Conversation {
 public:
  HttpExchange(Network& network, std::shared_ptr<const HttpRequest> request,
               const HttpOptions& options, HttpCallback done)
      : Conversation(network, options.timeout, options.trace),
        request_(std::move(request)),
        options_(options),
        done_(std::move(done)) {}

  void start() {
    begin();
    ask();
  }

 private:
  void ask() {
    bytes_ = 0;
    reader_.emplace(request_->policy.method == "HEAD" ? ResponseReader::Answers::head
                                                      : ResponseReader::Answers::other,
                    options_.body);
    connect(request_->target);
  }

  void on_connected() override { send(request_->text); }
  void on_sent() override {
    if (traced()) note("sent", request_->text.substr(0, request_->text.find('\r')));
    receive();
  }

  void on_received(std::string_view data) override {
    bytes_ += data.size();
    switch (reader_->feed(data)) {
      case ResponseReader::Progress::complete: return answered(Farewell::abrupt);
      case ResponseReader::Progress::malformed:
        return fail(NetFailureKind::malformed,
                    "malformed HTTP from " + peer() + ": " + reader_->error());
      case ResponseReader::Progress::more: break;
    }
    if (bytes_ < options_.read_limit.count + ResponseReader::header_limit) return receive();
    truncated_ = true;
    answered(Farewell::orderly);
  }

  void on_peer_closed() override {
    if (reader_->feed_end() == ResponseReader::Progress::complete) {
      return answered(Farewell::orderly);
    }
    fail(NetFailureKind::closed, peer() + " closed the connection " +
                                     (bytes_ == 0 ? "without an answer" : "within its answer"));
  }

  void on_failed(NetFailure failure) override {
    HttpResult result;
    result.failure = std::move(failure);
    report(std::move(result));
  }

  [[nodiscard]] bool is_redirect() const {
    const HttpResponse& response = reader_->response();
    switch (response.status) {
      case 301:
      case 302:
      case 303:
      case 307:
      case 308: return !response.location.empty();
      default: return false;
    }
  }

  void answered(Farewell farewell) {
    if (options_.max_redirects > 0 && is_redirect()) return follow();
    HttpResponse response = reader_->take_response();
    if (traced()) note("answered", told(response.status));
    HttpResult result;
    result.status = response.status;
    result.body = std::move(response.body);
    result.truncated = truncated_;
    if (result.body.size() > options_.read_limit.count) {
      result.body.resize(options_.read_limit.count);
      result.truncated = true;
    }
    end(farewell);
    report(std::move(result));
  }

  [[nodiscard]] std::string told(unsigned status) const {
    return "HTTP " + std::to_string(status) + ", " + std::to_string(bytes_) + " bytes";
  }

  void follow() {
    if (redirects_ == options_.max_redirects) {
      return fail(NetFailureKind::limit,
                  "more than " + std::to_string(redirects_) + " redirects, the last to " +
                      reader_->response().location);
    }
    ++redirects_;
    if (traced()) {
      note("redirected", told(reader_->response().status) + ", to " + reader_->response().location);
    }
    auto next = redirected(*request_, reader_->response().status, reader_->response().location);
    if (!next) return fail(NetFailureKind::malformed, next.error().message);
    request_ = std::move(*next);
    truncated_ = false;
    ask();
  }

  void report(HttpResult result) {
    result.timings = timings();
    const HttpCallback done = std::exchange(done_, nullptr);
    done(std::move(result));
  }

  std::shared_ptr<const HttpRequest> request_;
  const HttpOptions options_;
  HttpCallback done_;
  std::optional<ResponseReader> reader_;
  std::uint64_t bytes_ = 0;  ///< of the present answer
  std::uint32_t redirects_ = 0;
  bool truncated_ = false;
};

}  // namespace

void start_http(asio::io_context& context, std::shared_ptr<const HttpRequest> request,
                const HttpOptions& options, HttpCallback done) {
  std::make_shared<HttpExchange>(Network::of(context), std::move(request), options,
                                 std::move(done))
      ->start();
}

void http_call(const asio::any_io_executor& executor, HttpRequestPolicy request, Duration timeout,
               HttpCallback done) {
  auto& context = static_cast<asio::io_context&>(asio::query(executor, asio::execution::context));
  asio::post(context, [&context, executor, policy = std::move(request), timeout,
                       done = std::move(done)]() mutable {
    HttpCallback back = [executor, done = std::move(done)](HttpResult result) mutable {
      asio::dispatch(executor, [done = std::move(done), result = std::move(result)]() mutable {
        done(std::move(result));
      });
    };
    auto prepared = prepare_request(policy);
    if (!prepared) {
      HttpResult result;
      result.failure = NetFailure{NetFailureKind::local, prepared.error().message, false};
      return back(std::move(result));
    }
    HttpOptions options;
    options.timeout = timeout;
    start_http(context, std::move(*prepared), options, std::move(back));
  });
}

}  // namespace heald
