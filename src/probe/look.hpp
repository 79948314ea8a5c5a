#pragma once
// What the kinds of probes that threads of their own look at have in common.

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "heald/examination.hpp"
#include "heald/policy.hpp"
#include "net/trace.hpp"
#include "probe/finding.hpp"

namespace heald {

class ExecLooks;

/// What a look is taken with. Outlives every look.
struct LookTools {
  boost::asio::io_context& context;  ///< run by one thread, which starts all looks
  ExecLooks& execs;
};

struct LookTerms {
  Duration timeout;
  /// Where what happens is told, phase by phase. Null: nobody wants to know more than the finding.
  NetTrace trace;
};

struct Seen {
  Finding finding;
  // For whoever has a trace only:
  std::vector<LookCheck> checks;
  std::string said;  ///< the beginning of what the target said; any bytes
};

using LookDone = std::function<void(Seen)>;

/// A probe of the rules, compiled once and not anew for every look. Made from rules that outlive it
/// and every look that it starts. Used by one thread.
class Look {
 public:
  Look() = default;
  Look(const Look&) = delete;
  Look& operator=(const Look&) = delete;
  virtual ~Look() = default;

  /// Takes a look and returns at once. `done` is called on the context's thread, exactly once
  /// unless the context is destroyed first, and at the latest a second after the timeout; it may be
  /// called from inside the call. The look may go before it is called.
  virtual void start(const LookTools& tools, const LookTerms& terms, LookDone done) const = 0;

  /// Whether what was prepared holds for one look only: it depends on files, which may be others
  /// by the next.
  [[nodiscard]] virtual bool is_for_once() const { return false; }
};

using PreparedLook = Result<std::shared_ptr<const Look>>;

// A function for each kind. They fail on what cannot be carried out, in words for evidence; where
// the rules are to blame, validation should have caught it.
[[nodiscard]] PreparedLook prepare_look(const HttpProbe& rules);
[[nodiscard]] PreparedLook prepare_look(const TcpProbe& rules);
[[nodiscard]] PreparedLook prepare_look(const UnixProbe& rules);
[[nodiscard]] PreparedLook prepare_look(const TlsProbe& rules);
[[nodiscard]] PreparedLook prepare_look(const UdpProbe& rules);
[[nodiscard]] PreparedLook prepare_look(const IcmpProbe& rules);
[[nodiscard]] PreparedLook prepare_look(const DnsProbe& rules);
[[nodiscard]] PreparedLook prepare_look(const ExecProbe& rules, const std::string& name);

[[nodiscard]] PreparedLook prepare_look(const ProbePolicy& probe);

}  // namespace heald
