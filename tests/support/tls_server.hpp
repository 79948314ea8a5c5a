#pragma once
// Certificates made for a test, and a server that shows them.

#include <openssl/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "support/loopback_server.hpp"
#include "support/temporary_folder.hpp"

namespace heald::test {

struct CertificateWish {
  std::string names = "DNS:web.test,IP:127.0.0.1";  ///< as in OpenSSL's subjectAltName
  std::chrono::hours valid_from{-1};                ///< both from now
  std::chrono::hours valid_until{24};
  enum class Issuer { authority, itself } issuer = Issuer::authority;
};

/// A certification authority of its own, with its certificate in a file.
class Authority {
 public:
  Authority();
  [[nodiscard]] std::string file() const { return folder_.file("authority.pem"); }

 private:
  friend class TlsServer;
  TemporaryFolder folder_;
  std::shared_ptr<EVP_PKEY> key_;
  std::shared_ptr<X509> certificate_;
};

/// A TLS connection that stands.
class TlsPeer {
 public:
  TlsPeer(SSL* connection, Peer& peer) : connection_(connection), peer_(peer) {}
  std::string read_request();
  void send(std::string_view text);
  [[nodiscard]] std::string server_name() const;  ///< from SNI; empty: none was sent
  Peer& under() { return peer_; }

 private:
  SSL* connection_;
  Peer& peer_;
};

class TlsServer {
 public:
  using Script = std::function<void(TlsPeer&)>;
  TlsServer(const Authority& authority, const CertificateWish& wish, Script script);
  [[nodiscard]] std::string url(std::string_view host = "127.0.0.1") const;
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }

 private:
  std::shared_ptr<SSL_CTX> context_;
  std::unique_ptr<LoopbackServer> server_;
};

}  // namespace heald::test
