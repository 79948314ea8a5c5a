#pragma once
// Connect, then say and await things in turn: what the probes of TCP ports and unix sockets do.

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heald/policy.hpp"
#include "net/failure.hpp"
#include "net/target.hpp"
#include "net/timings.hpp"
#include "net/trace.hpp"

namespace heald {

/// Where what is awaited ends in what came, counted from the front; empty: it has not come yet.
using Finder = std::function<std::optional<std::size_t>(std::string_view came)>;

/// What to say to whom. Immutable; shared by its runs.
struct DialogueScript {
  struct Step {
    DialogueStep::Kind kind = DialogueStep::Kind::send;
    std::string text;  ///< what is sent, or awaited as it stands
    Finder find;       ///< of `matches`
  };
  std::shared_ptr<const Target> target;
  /// Where TLS is spoken only after a step `starttls`; `target` then has none.
  std::optional<TlsPolicy> upgrade;
  std::vector<Step> steps;  ///< none: to have connected suffices
};

struct DialogueResult {
  std::optional<NetFailure> failure;  ///< empty: all that was awaited came
  std::string received;               ///< all that was read, at most 64 KiB
  std::size_t taken = 0;              ///< of it, by the steps that held
  std::size_t step = 0;               ///< the one that failed; as many as there are: none
  NetTimings timings;
};

using DialogueCallback = std::function<void(DialogueResult)>;

/// Holds one dialogue within `timeout`. What a step awaits is searched for in what came after the
/// text that the one before it took. `context` is run by one thread, which calls this function and
/// gets `done`, exactly once unless the context is destroyed first; `done` may be called from
/// inside the call. A peer that says something else until 64 KiB are read fails as `limit`, one
/// that closes before as `closed`.
void start_dialogue(boost::asio::io_context& context, std::shared_ptr<const DialogueScript> script,
                    Duration timeout, DialogueCallback done, NetTrace trace = nullptr);

}  // namespace heald
