// Requests to heald's servers, as they come over a socket. The input: which server (the API on a
// unix socket, or telemetry on TCP), how the control strand answers, then what the client sends.

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "api/api_handler.hpp"
#include "api/http_server.hpp"
#include "api/listening.hpp"
#include "api/telemetry.hpp"
#include "fuzz/input.hpp"
#include "journal/memory_journal.hpp"
#include "support/temporary_folder.hpp"

namespace heald::fuzz {

namespace {

/// Answers at once.
class Port final : public CommandPort {
 public:
  void operate(Operated, std::function<void(std::string refusal)> answered) override {
    answered(refuses ? "it is being removed" : "");
  }
  void inspect(ServiceId, std::function<void(Inspection)> answered) override {
    answered({{Hold{Guard::pause, "pause", "1h", "resume", Instant{1h}}}});
  }
  void shut_down() override {}
  bool refuses = false;
};

/// Takes and refuses rule files in turn.
class Rules final : public RulesPort {
 public:
  void reload(std::string, std::function<void(Reloaded)> answered) override {
    refuses = !refuses;
    if (refuses) return answered({{}, {{"heald.yaml", 3, 5, "there is no key '\x1b'"}}, {}, {}});
    answered({"r2", {}, {}, {"telemetry changes with the next start only"}});
  }
  void plan(std::string, std::function<void(Planned)> answered) override {
    refuses = !refuses;
    answered(refuses ? Planned{{}, {{"heald.yaml", 3, 5, "wrong"}}, {}} : Planned{"{}\n", {}, {}});
  }
  bool refuses = false;
};

std::shared_ptr<ServicePage> page_of(std::uint32_t slot, const std::string& name) {
  auto policy = std::make_shared<ServicePolicy>();
  policy->name = name;
  ProbePolicy probe;
  probe.name = "answers";
  probe.kind = HttpProbe{};
  policy->probes.push_back(probe);
  RungPolicy rung;
  rung.name = "restart";
  policy->remediation.push_back(rung);
  auto page = std::make_shared<ServicePage>();
  page->id = ServiceId{slot};
  page->policy = policy;
  page->state.name = name;
  page->state.health = slot == 0 ? Health::healthy : Health::unhealthy;
  Condition condition;
  condition.name = "answers";
  condition.status = slot == 0 ? ConditionStatus::pass : ConditionStatus::fail;
  condition.evidence = "HTTP 503, expected 200-299";
  page->state.conditions.push_back(condition);
  return page;
}

/// Two services, one of them with an open incident and some history; both servers. Everything
/// runs on the caller's thread.
struct Stage {
  Stage() {
    board.publish(page_of(0, "web"));
    const auto sick = page_of(1, "redis");
    sick->state.incident = Incident{};
    sick->state.incident->id = IncidentId{1};
    sick->state.incident->symptom = "refused";
    board.publish(sick);
    for (const RecordKind kind : {RecordKind::incident_opened, RecordKind::held}) {
      JournalEntry entry;
      Record record;
      record.kind = kind;
      record.service = sick->id;
      record.incident = IncidentId{1};
      record.text = "refused";
      entry.records.push_back(record);
      entry.changed.emplace_back(sick->id, sick->state);
      journal.append(std::move(entry), {});
    }
    auto file = SocketFile::listen(folder.file("heald.sock"));
    require(file.has_value(), "the unix socket listens");
    socket_file = std::make_unique<SocketFile>(std::move(*file));
    auto listening = listen_on_tcp("127.0.0.1:0");
    require(listening.has_value(), "the TCP socket listens");
    port = port_of(listening->get());
    HttpLimits limits;
    limits.patience = 2s;
    auto on_unix = HttpServer::on_unix(context, socket_file->take_socket(), api, limits);
    auto on_tcp = HttpServer::on_tcp(context, std::move(*listening), telemetry, limits);
    require(on_unix && on_tcp, "both are served");
    servers = {std::move(*on_unix), std::move(*on_tcp)};
  }

  test::TemporaryFolder folder;
  boost::asio::io_context context{1};
  LiveClock clock;
  Board board;
  Port commands;
  Rules rules;
  MemoryJournal journal;
  std::unique_ptr<JournalReader> history = journal.reader();
  Metrics metrics{"1.2.3"};
  std::shared_ptr<ReturnPath> back = std::make_shared<ReturnPath>(context);
  ApiHandler api{{board, commands, rules, *history, clock, "1.2.3"}, *back, context, 2s};
  TelemetryHandler telemetry{board, metrics, journal,
                             [](const std::function<void()>& work) { work(); }, *back, 2s};
  std::unique_ptr<SocketFile> socket_file;
  std::array<std::unique_ptr<HttpServer>, 2> servers;
  std::uint16_t port = 0;
};

Fd connect_to(const Stage& stage, bool over_unix) {
  Fd client{::socket(over_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  int failed = 0;
  if (over_unix) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = stage.folder.file("heald.sock");
    path.copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
    failed = ::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  } else {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(stage.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    failed = ::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  require(failed == 0, "the server accepts");
  return client;
}

/// Sends everything, says that no more comes, and runs the server until it has said everything.
std::string converse(Stage& stage, const Fd& client, std::string_view sent) {
  std::string answer;
  std::array<char, 65536> buffer{};
  bool said = false;
  for (;;) {
    if (!said) {
      constexpr int at_once = MSG_DONTWAIT | MSG_NOSIGNAL;
      const auto count = ::send(client.get(), sent.data(), sent.size(), at_once);
      if (count > 0) sent.remove_prefix(static_cast<std::size_t>(count));
      said = sent.empty() || (count < 0 && errno != EAGAIN);
      if (said) ::shutdown(client.get(), SHUT_WR);
    }
    const auto count = ::recv(client.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count == 0 || (count < 0 && errno != EAGAIN)) return answer;
    if (count > 0) {
      answer.append(buffer.data(), static_cast<std::size_t>(count));
    } else {
      stage.context.run_one_for(10ms);
    }
  }
}

void check(const std::string& answer) {
  if (answer.empty()) return;
  require(answer.starts_with("HTTP/1."), "what comes back is HTTP");
  const int status = std::atoi(answer.c_str() + std::string_view{"HTTP/1.1 "}.size());
  switch (status) {
    case 200:
    case 202:
    case 400:
    case 404:
    case 405:
    case 409:
    case 422:
    case 413:
    case 431:
    case 503: return;
    default: require(false, "an answer that is documented, not " + std::to_string(status));
  }
}

}  // namespace

void run(std::string_view bytes) {
  static Stage stage;
  Input input{bytes};
  const bool over_unix = !input.one_in(3);
  stage.commands.refuses = input.one_in(4);
  {
    const Fd client = connect_to(stage, over_unix);
    check(converse(stage, client, input.rest()));
  }
  stage.context.poll();
}

}  // namespace heald::fuzz
