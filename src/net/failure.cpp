#include "net/failure.hpp"

#include <boost/system/errc.hpp>
#include <cerrno>
#include <cmath>
#include <cstdio>

namespace heald {

bool is_answer(NetFailureKind kind) {
  switch (kind) {
    case NetFailureKind::timed_out:
    case NetFailureKind::unresolved:
    case NetFailureKind::unreachable:
    case NetFailureKind::local: return false;
    case NetFailureKind::refused:
    case NetFailureKind::reset:
    case NetFailureKind::closed:
    case NetFailureKind::malformed:
    case NetFailureKind::tls:
    case NetFailureKind::limit: break;
  }
  return true;
}

NetFailureKind kind_of(const boost::system::error_code& error) {
  switch (error.value()) {
    case ECONNREFUSED: return NetFailureKind::refused;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE: return NetFailureKind::reset;
    case ETIMEDOUT: return NetFailureKind::timed_out;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
    case EAFNOSUPPORT: return NetFailureKind::unreachable;
    default: return NetFailureKind::local;
  }
}

NetFailure socket_failure(const boost::system::error_code& error, std::string_view address) {
  NetFailure failure;
  failure.kind = kind_of(error);
  failure.answered = is_answer(failure.kind);
  const std::string peer{address};
  switch (failure.kind) {
    case NetFailureKind::refused: failure.text = "connection refused by " + peer; break;
    case NetFailureKind::reset: failure.text = "connection reset by " + peer; break;
    default: failure.text = "cannot talk to " + peer + ": " + error.message(); break;
  }
  return failure;
}

std::string duration_text(Duration duration) {
  const auto milliseconds = std::chrono::round<std::chrono::milliseconds>(duration).count();
  if (milliseconds < 1000) return std::to_string(milliseconds) + " ms";
  std::string text(24, '\0');
  const int size = std::snprintf(text.data(), text.size(), "%lld.%03lld",
                                 static_cast<long long>(milliseconds / 1000),
                                 static_cast<long long>(milliseconds % 1000));
  text.resize(static_cast<std::size_t>(size));
  text.resize(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text + " s";
}

}  // namespace heald
