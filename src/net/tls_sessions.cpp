#include "net/tls_sessions.hpp"

#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace heald {
namespace {

bool has_expired(const SSL_SESSION* session) {
  const X509* certificate = SSL_SESSION_get0_peer(const_cast<SSL_SESSION*>(session));
  return certificate == nullptr || X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0;
}

}  // namespace

bool TlsSessions::is_over(const Kept& kept, Moment now) const {
  return now - kept.shown >= longest_age_ || has_expired(kept.session.get());
}

void TlsSessions::resume(SSL* connection, const Peer& peer, Moment now) {
  const auto found = kept_.find({peer.context.get(), peer.name});
  if (found == kept_.end()) return;
  if (is_over(found->second, now)) {
    kept_.erase(found);
    return;
  }
  SSL_set_session(connection, found->second.session.get());  // else it is a whole handshake
}

void TlsSessions::keep(SSL* connection, const Peer& peer, Moment now) {
  // One that ends without a farewell, as a probe's does, would take its session with it.
  SSL_set_shutdown(connection, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  std::shared_ptr<SSL_SESSION> session{SSL_get1_session(connection), SSL_SESSION_free};
  if (!session || SSL_SESSION_is_resumable(session.get()) != 1) return;
  Key key{peer.context.get(), peer.name};
  const auto found = kept_.find(key);
  if (found != kept_.end()) {
    if (SSL_session_reused(connection) != 1) found->second.shown = now;
    found->second.session = std::move(session);
    return;
  }
  // What was taken up and is remembered no more has to be shown anew.
  if (SSL_session_reused(connection) == 1) return;
  if (kept_.size() >= most) forget_old(now);
  if (kept_.size() >= most) return;
  kept_.emplace(std::move(key), Kept{peer.context, std::move(session), now});
}

void TlsSessions::forget_old(Moment now) {
  std::erase_if(kept_, [&](const auto& each) { return is_over(each.second, now); });
}

}  // namespace heald
