#include "base/signals.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <utility>

namespace heald {

namespace {

using NamedSignal = std::pair<std::string_view, int>;

// The first name of a number is the one that `signal_name` gives.
constexpr std::array signals{
    NamedSignal{"HUP", SIGHUP},       NamedSignal{"INT", SIGINT},     NamedSignal{"QUIT", SIGQUIT},
    NamedSignal{"ILL", SIGILL},       NamedSignal{"TRAP", SIGTRAP},   NamedSignal{"ABRT", SIGABRT},
    NamedSignal{"IOT", SIGIOT},       NamedSignal{"BUS", SIGBUS},     NamedSignal{"FPE", SIGFPE},
    NamedSignal{"KILL", SIGKILL},     NamedSignal{"USR1", SIGUSR1},   NamedSignal{"SEGV", SIGSEGV},
    NamedSignal{"USR2", SIGUSR2},     NamedSignal{"PIPE", SIGPIPE},   NamedSignal{"ALRM", SIGALRM},
    NamedSignal{"TERM", SIGTERM},     NamedSignal{"STKFLT", SIGSTKFLT},
    NamedSignal{"CHLD", SIGCHLD},     NamedSignal{"CONT", SIGCONT},   NamedSignal{"STOP", SIGSTOP},
    NamedSignal{"TSTP", SIGTSTP},     NamedSignal{"TTIN", SIGTTIN},   NamedSignal{"TTOU", SIGTTOU},
    NamedSignal{"URG", SIGURG},       NamedSignal{"XCPU", SIGXCPU},   NamedSignal{"XFSZ", SIGXFSZ},
    NamedSignal{"VTALRM", SIGVTALRM}, NamedSignal{"PROF", SIGPROF},
    NamedSignal{"WINCH", SIGWINCH},
    NamedSignal{"IO", SIGIO},         NamedSignal{"POLL", SIGPOLL},   NamedSignal{"PWR", SIGPWR},
    NamedSignal{"SYS", SIGSYS},
};

constexpr std::string_view prefix = "SIG";
constexpr std::string_view realtime_prefix = "RTMIN";

// "RTMIN", "RTMIN+3": the C library keeps the first of the kernel's real-time signals for itself,
// so that these numbers are known at run time only.
std::optional<int> realtime_number(std::string_view name) {
  name.remove_prefix(realtime_prefix.size());
  if (name.empty()) return SIGRTMIN;
  if (name.front() != '+') return std::nullopt;
  name.remove_prefix(1);
  int offset = -1;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), offset);
  if (error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  if (offset < 0 || offset > SIGRTMAX - SIGRTMIN) return std::nullopt;
  return SIGRTMIN + offset;
}

}  // namespace

std::optional<int> signal_number(std::string_view name) {
  if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  if (name.starts_with(realtime_prefix)) return realtime_number(name);
  const auto* found = std::ranges::find(signals, name, &NamedSignal::first);
  if (found == signals.end()) return std::nullopt;
  return found->second;
}

std::string signal_name(int number) {
  const auto* found = std::ranges::find(signals, number, &NamedSignal::second);
  if (found != signals.end()) return std::string{prefix}.append(found->first);
  if (number == SIGRTMIN) return "SIGRTMIN";
  if (number > SIGRTMIN && number <= SIGRTMAX) {
    return "SIGRTMIN+" + std::to_string(number - SIGRTMIN);
  }
  return "signal " + std::to_string(number);
}

}  // namespace heald
