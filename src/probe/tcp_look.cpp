#include <utility>

#include "net/tcp_dialogue.hpp"
#include "probe/judge.hpp"
#include "probe/look.hpp"

namespace heald {
namespace {

class TcpLook final : public Look, public std::enable_shared_from_this<TcpLook> {
 public:
  explicit TcpLook(const TcpProbe& rules)
      : rules_(rules),
        script_(std::make_shared<const TcpScript>(
            TcpScript{std::make_shared<const Target>(rules.host, rules.port, rules.tls), rules.send,
                      rules.expect})) {}

  void start(const LookTools& tools, const LookTerms& terms, LookDone done) const override {
    start_tcp(tools.context, script_, terms.timeout,
              [self = shared_from_this(), detailed = terms.trace != nullptr,
               done = std::move(done)](TcpResult result) {
                done(self->seen(std::move(result), detailed));
              },
              terms.trace);
  }

 private:
  [[nodiscard]] Seen seen(TcpResult result, bool detailed) const {
    Seen seen;
    seen.finding = judge_tcp(rules_, result);
    if (!detailed) return seen;
    seen.checks = checks_of(rules_, result);
    seen.said = std::move(result.received);
    return seen;
  }

  const TcpProbe& rules_;
  const std::shared_ptr<const TcpScript> script_;
};

}  // namespace

PreparedLook prepare_look(const TcpProbe& rules) {
  return std::make_shared<const TcpLook>(rules);
}

}  // namespace heald
