#pragma once
// The API of the unix socket, version 1. docs/api.md is its manual.

#include <boost/asio/io_context.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "api/http.hpp"
#include "api/return_path.hpp"
#include "journal/reader.hpp"
#include "runtime/board.hpp"
#include "runtime/clock.hpp"
#include "runtime/port.hpp"
#include "runtime/rules_port.hpp"

namespace heald {

/// Answers what people and their tools ask, and passes on what they order. Server's thread.
class ApiHandler final : public HttpHandler {
 public:
  struct Sources {
    const Board& board;
    CommandPort& port;
    RulesPort& rules;
    JournalReader& history;
    const LiveClock& clock;
    std::string version;
    ExamineProbe examine = {};  ///< empty: nobody here can look
  };

  /// `patience`: how long the control strand may take to answer. All references outlive it.
  ApiHandler(Sources sources, ReturnPath& back, boost::asio::io_context& context,
             Duration patience);

  void handle(ServerRequest request, Replier reply) override;
  [[nodiscard]] ServerReply problem(unsigned status, std::string_view line) const override;

 private:
  using Page = std::shared_ptr<const ServicePage>;

  void handle_service(ServerRequest request, Replier reply);
  [[nodiscard]] ServerReply status(const ServerRequest& request) const;
  [[nodiscard]] nlohmann::json summary() const;
  void explain(const Page& page, Replier reply);
  [[nodiscard]] ServerReply explained(const Page& page, const Inspection& inspection) const;

  [[nodiscard]] ServerReply incidents(const ServerRequest& request) const;
  [[nodiscard]] ServerReply incident(const std::string& id) const;
  void events(ServerRequest request, Replier reply);

  void logs(const Page& page, ServerRequest request, Replier reply);
  void examine(const Page& page, const ServerRequest& request, Replier reply);

  void operate(Operated operated, const ServerRequest& request, Replier reply);
  void reload(const ServerRequest& request, Replier reply);
  void plan(const ServerRequest& request, Replier reply);

  Sources sources_;
  ReturnPath* back_;
  boost::asio::io_context* context_;
  Duration patience_;
};

}  // namespace heald
