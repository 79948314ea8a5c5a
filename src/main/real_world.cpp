#include "main/real_world.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "net/http_client.hpp"

namespace heald {
namespace {

// One thread looks at thousands of targets; the strand and the journal want a core as well.
std::size_t probe_threads() {
  return std::clamp<std::size_t>(std::thread::hardware_concurrency() / 2, 1, 4);
}

HttpReply to_reply(const HttpResult& result) {
  HttpReply reply;
  if (!result.failure) {
    reply.kind = HttpReply::Kind::answered;
    reply.status = result.status;
    return reply;
  }
  const bool late = result.failure->kind == NetFailureKind::timed_out;
  reply.kind = late ? HttpReply::Kind::timed_out : HttpReply::Kind::failed;
  reply.error = result.failure->text;
  return reply;
}

HttpCall http_on(boost::asio::io_context& strand) {
  return [&strand](HttpRequestPolicy request, Duration timeout,
                   std::function<void(HttpReply)> done) {
    http_call(strand.get_executor(), std::move(request), timeout,
              [done = std::move(done)](const HttpResult& result) { done(to_reply(result)); });
  };
}

LiveActuator::Parts actuator_parts(boost::asio::io_context& strand, Children& children,
                                   SelfReports& self_reports, const StateFolders& folders,
                                   const CgroupHome* cgroups, RealWorld::Reports& reports) {
  return {.control = strand.get_executor(),
          .children = children,
          .folders = {.run = folders.run, .logs = folders.logs},
          .cgroups = cgroups,
          .self_reports = self_reports,
          .reports = std::move(reports.acted),
          .http = http_on(strand),
          .find_receiver = std::move(reports.find_receiver),
          .now = std::move(reports.now),
          .wall_of = std::move(reports.wall_of),
          .message_ended = std::move(reports.message_ended),
          .receivers_changed = std::move(reports.receivers_changed),
          .tell_pauses = {}};
}

}  // namespace

RealWorld::RealWorld(boost::asio::io_context& strand, const StateFolders& folders,
                     std::string sockets, std::unique_ptr<CgroupHome> cgroups, Reports reports)
    : trouble_(reports.trouble),
      cgroups_(std::move(cgroups)),
      children_(strand.get_executor()),
      self_reports_(strand.get_executor(), std::move(sockets),
                    [said = std::move(reports.said)](ServiceId service, const SelfReport* report) {
                      said(service, report == nullptr ? std::string{} : describe(*report));
                    }),
      actuator_(actuator_parts(strand, children_, self_reports_, folders, cgroups_.get(), reports)),
      prober_(std::make_unique<LiveProber>(probe_threads(), std::move(reports.observed), children_,
                                           self_reports_, strand.get_executor())) {}

Supervisor::Processes RealWorld::processes() {
  Supervisor::Processes processes;
  processes.adopt = [this](ServiceId service, const ServicePolicy& policy) {
    const Adoption adoption = actuator_.adopt(service, policy);
    if (!adoption.problem.empty()) trouble_(adoption.problem);
    return adoption.found;
  };
  processes.kill = [this](ServiceId service) { actuator_.kill(service); };
  processes.release = [this](ServiceId service) { actuator_.release(service); };
  return processes;
}

void RealWorld::send(std::vector<Message> messages) { actuator_.send(std::move(messages)); }

}  // namespace heald
