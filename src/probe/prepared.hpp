#pragma once
// Rules of probes, compiled once per policy and not anew for every look.

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "heald/policy.hpp"
#include "heald/prober.hpp"
#include "net/http_request.hpp"
#include "net/tcp_dialogue.hpp"
#include "probe/body_check.hpp"

namespace heald {

struct PreparedHttp {
  std::shared_ptr<const HttpRequest> request;
  std::shared_ptr<const BodyCheck> body;  ///< null: nothing is asserted about it
};
struct PreparedExec {};  ///< nothing to prepare
/// Rules that cannot be carried out, which validation should have caught.
struct Unusable {
  std::string why;
};
using PreparedProbe =
    std::variant<Unusable, PreparedHttp, std::shared_ptr<const TcpScript>, PreparedExec>;

[[nodiscard]] PreparedProbe prepare(const ProbePolicy& probe);

/// Prepared probes by the policy object that they belong to; what no policy needs any more is
/// dropped in time. Used by one thread.
class PreparedProbes {
 public:
  /// Valid until the next call.
  [[nodiscard]] const PreparedProbe& of(const ProbeOrder& order);

 private:
  struct Entry {
    // An object at the same place may be another one: alive means that it is the same.
    std::weak_ptr<const ServicePolicy> policy;
    std::vector<PreparedProbe> probes;
  };
  void forget_expired();

  std::unordered_map<const ServicePolicy*, Entry> entries_;
  std::size_t look_through_at_ = 64;  ///< entries; doubles with what is alive
};

}  // namespace heald
