#include "api/servers.hpp"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <thread>
#include <utility>

#include "api/api_handler.hpp"
#include "api/http_server.hpp"
#include "api/listening.hpp"
#include "api/return_path.hpp"
#include "base/threads.hpp"

namespace heald {

struct Servers::Parts {
  Parts(Sources sources, const Endpoints& endpoints)
      : telemetry(sources.board, sources.metrics, sources.journal, sources.on_strand, *back,
                  endpoints.heartbeat),
        api({sources.board, sources.port, sources.rules, sources.history, sources.clock,
             sources.version, sources.examine},
            *back, context, endpoints.answer) {}

  // The order matters: what waits for an answer or for bytes refers to the handlers, and ends
  // with the context.
  std::optional<SocketFile> file;
  boost::asio::io_context context{1};
  std::shared_ptr<ReturnPath> back = std::make_shared<ReturnPath>(context);
  TelemetryHandler telemetry;
  ApiHandler api;
  std::uint16_t port = 0;
  std::unique_ptr<HttpServer> on_tcp, on_unix;
  std::thread thread;
};

Result<std::unique_ptr<Servers>> Servers::start(Sources sources, Endpoints endpoints) {
  auto parts = std::make_unique<Parts>(std::move(sources), endpoints);
  auto file = SocketFile::listen(endpoints.socket);
  if (!file) return file.error();
  parts->file.emplace(std::move(*file));
  auto on_unix = HttpServer::on_unix(parts->context, parts->file->take_socket(), parts->api,
                                     endpoints.limits);
  if (!on_unix) return on_unix.error();
  parts->on_unix = std::move(*on_unix);
  if (endpoints.telemetry) {
    auto socket = listen_on_tcp(*endpoints.telemetry);
    if (!socket) return socket.error();
    parts->port = port_of(socket->get());
    auto on_tcp = HttpServer::on_tcp(parts->context, std::move(*socket), parts->telemetry,
                                     endpoints.limits);
    if (!on_tcp) return on_tcp.error();
    parts->on_tcp = std::move(*on_tcp);
  }
  parts->thread = thread_without_signals("heald-api", [&context = parts->context] {
    const auto stay = boost::asio::make_work_guard(context);
    context.run();
  });
  return std::unique_ptr<Servers>{new Servers{std::move(parts)}};
}

Servers::Servers(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Servers::~Servers() { stop(); }

void Servers::stop() {
  if (!parts_) return;
  parts_->back->close();
  parts_->context.stop();
  if (parts_->thread.joinable()) parts_->thread.join();
  parts_->back->forget();
  parts_.reset();
}

std::uint16_t Servers::telemetry_port() const { return parts_ ? parts_->port : 0; }

}  // namespace heald
