#pragma once
// Threads of our own.

#include <functional>
#include <thread>

namespace heald {

/// A thread of this name (at most 15 characters) that takes no signals: these are the control
/// thread's to take.
[[nodiscard]] std::thread thread_without_signals(const char* name, std::function<void()> work);

}  // namespace heald
