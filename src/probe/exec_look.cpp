#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

#include "probe/exec_looks.hpp"
#include "probe/judge.hpp"
#include "probe/look.hpp"

namespace heald {
namespace {

class ExecLook final : public Look, public std::enable_shared_from_this<ExecLook> {
 public:
  ExecLook(const ExecProbe& rules, const std::string& name) : rules_(rules), name_(name) {}

  void start(const LookTools& tools, const LookTerms& terms, LookDone done) const override {
    const auto begun = std::chrono::steady_clock::now();
    // The end of a program is told on the control executor.
    tools.execs.start(name_, rules_, terms.timeout,
                      [self = shared_from_this(), &context = tools.context, terms, begun,
                       done = std::move(done)](const RunResult& result) {
                        const auto took = std::chrono::steady_clock::now() - begun;
                        boost::asio::post(context, [self, terms, took, result, done] {
                          done(self->seen(terms, took, result));
                        });
                      });
  }

 private:
  [[nodiscard]] Seen seen(const LookTerms& terms, Duration took, const RunResult& result) const {
    Seen seen;
    seen.finding = judge_exec(rules_, terms.timeout, result);
    if (!terms.trace) return seen;
    if (result.end == RunResult::End::ended) {
      terms.trace->push_back({"ended", took, describe(result.status)});
    }
    seen.checks = checks_of(rules_, result);
    seen.said = result.output;
    return seen;
  }

  const ExecProbe& rules_;
  const std::string& name_;
};

}  // namespace

PreparedLook prepare_look(const ExecProbe& rules, const std::string& name) {
  return std::make_shared<const ExecLook>(rules, name);
}

}  // namespace heald
