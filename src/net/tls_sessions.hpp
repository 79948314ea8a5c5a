#pragma once
// TLS sessions that one thread takes up again, so that not every look agrees on keys anew.

#include <openssl/types.h>

#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "net/deadlines.hpp"

namespace heald {

/// Remembers the latest session with each peer. In a handshake that takes one up the peer shows no
/// certificate: it shows again that it is the one that did. So that a certificate that was replaced
/// or withdrawn is seen, a session is taken up for a bounded time only after the handshake that
/// showed it, and never once that certificate has expired.
class TlsSessions {
 public:
  static constexpr std::chrono::seconds usual_age{60};
  static constexpr std::size_t most = 4096;  ///< peers; beyond that others are not remembered

  explicit TlsSessions(std::chrono::milliseconds longest_age = usual_age)
      : longest_age_(longest_age) {}

  struct Peer {
    std::shared_ptr<boost::asio::ssl::context> context;  ///< by which it was checked
    std::string name;  ///< where it is, and what its certificate has to hold
  };

  /// Before the handshake: proposes to the peer what is remembered, if anything.
  void resume(SSL* connection, const Peer& peer, Moment now);

  /// Before the end of a connection on which the peer has answered.
  void keep(SSL* connection, const Peer& peer, Moment now);

 private:
  struct Kept {
    std::shared_ptr<boost::asio::ssl::context> context;  // so that no other gets its address
    std::shared_ptr<SSL_SESSION> session;
    Moment shown;  // the certificate, in a whole handshake
  };
  using Key = std::pair<const boost::asio::ssl::context*, std::string>;

  [[nodiscard]] bool is_over(const Kept& kept, Moment now) const;
  void forget_old(Moment now);

  std::chrono::milliseconds longest_age_;
  std::map<Key, Kept> kept_;
};

}  // namespace heald
