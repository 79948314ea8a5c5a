#pragma once
// A look for a person who asked for it, told phase by phase.

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

#include "heald/examination.hpp"
#include "heald/prober.hpp"
#include "probe/exec_looks.hpp"

namespace heald {

using Examined = std::function<void(Examination)>;

/// What is known of an examination before it begins.
[[nodiscard]] Examination begin_examination(const ProbeOrder& order);

/// Takes one look as a prober's thread would, and judges it alike; at the latest one second after
/// the probe's timeout it is told. `context` is run by one thread, which calls this function.
/// `done` is called once, on that thread; never when it ends first.
void examine(boost::asio::io_context& context, ExecLooks& execs, const ProbeOrder& order,
             Examined done);

}  // namespace heald
