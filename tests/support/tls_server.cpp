#include "support/tls_server.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <utility>

namespace heald::test {
namespace {

using Key = std::shared_ptr<EVP_PKEY>;
using Certificate = std::shared_ptr<X509>;

void require(bool done) {
  if (!done) throw std::runtime_error{"cannot make a certificate"};
}

Key make_key() { return {EVP_EC_gen("P-256"), EVP_PKEY_free}; }

void add_extension(X509* certificate, int id, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, id, value.c_str());
  require(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

long seconds(std::chrono::hours hours) {
  return static_cast<long>(std::chrono::seconds{hours}.count());
}

struct Subject {
  const char* name;
  long serial;
};

Certificate blank(const Subject& subject, const Key& key, std::chrono::hours from,
                  std::chrono::hours until) {
  Certificate made{X509_new(), X509_free};
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), subject.serial);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), seconds(from));
  X509_gmtime_adj(X509_getm_notAfter(made.get()), seconds(until));
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(subject.name), -1, -1, 0);
  require(X509_set_pubkey(made.get(), key.get()) == 1);
  return made;
}

void sign(const Certificate& made, const Certificate& issuer, const Key& key) {
  X509_set_issuer_name(made.get(), X509_get_subject_name(issuer.get()));
  require(X509_sign(made.get(), key.get(), EVP_sha256()) > 0);
}

}  // namespace

Authority::Authority() : key_(make_key()) {
  using namespace std::chrono_literals;
  certificate_ = blank({"heald test authority", 1}, key_, -1h, 24h);
  add_extension(certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
  sign(certificate_, certificate_, key_);
  FILE* file = std::fopen(this->file().c_str(), "w");
  require(file != nullptr && PEM_write_X509(file, certificate_.get()) == 1);
  std::fclose(file);
}

std::string TlsPeer::read_request() {
  std::string request;
  std::array<char, 4096> space{};
  while (request.find("\r\n\r\n") == std::string::npos) {
    const int size = SSL_read(connection_, space.data(), static_cast<int>(space.size()));
    if (size <= 0) break;
    request.append(space.data(), static_cast<std::size_t>(size));
  }
  return request;
}

void TlsPeer::send(std::string_view text) {
  SSL_write(connection_, text.data(), static_cast<int>(text.size()));
}

std::string TlsPeer::server_name() const {
  const char* name = SSL_get_servername(connection_, TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? "" : name;
}

TlsServer::TlsServer(const Authority& authority, const CertificateWish& wish, Script script)
    : context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to sockets without MSG_NOSIGNAL
  const Key key = make_key();
  const Certificate made = blank({"web.test", 2}, key, wish.valid_from, wish.valid_until);
  add_extension(made.get(), NID_subject_alt_name, wish.names);
  const bool itself = wish.issuer == CertificateWish::Issuer::itself;
  sign(made, itself ? made : authority.certificate_, itself ? key : authority.key_);
  require(SSL_CTX_use_certificate(context_.get(), made.get()) == 1 &&
          SSL_CTX_use_PrivateKey(context_.get(), key.get()) == 1);
  server_ = std::make_unique<LoopbackServer>(
      [context = context_, script = std::move(script)](Peer& peer) {
        const std::unique_ptr<SSL, void (*)(SSL*)> connection{SSL_new(context.get()), SSL_free};
        SSL_set_fd(connection.get(), peer.socket());
        TlsPeer secure{connection.get(), peer};
        if (SSL_accept(connection.get()) == 1) script(secure);
        ERR_clear_error();
      });
}

std::string TlsServer::url(std::string_view host) const {
  return "https://" + std::string{host} + ":" + std::to_string(server_->port()) + "/";
}

}  // namespace heald::test
