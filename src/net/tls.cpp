#include "net/tls.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <boost/asio/ip/address.hpp>
#include <cerrno>
#include <map>
#include <memory>
#include <mutex>
#include <tuple>
#include <utility>

namespace heald {
namespace {

namespace ssl = boost::asio::ssl;

struct CachedContext {
  std::shared_ptr<ssl::context> context;
  timespec changed{};
  ino_t inode = 0;
};

bool is_of(const CachedContext& cached, const struct stat& file) {
  return cached.context && cached.inode == file.st_ino &&
         cached.changed.tv_sec == file.st_mtim.tv_sec &&
         cached.changed.tv_nsec == file.st_mtim.tv_nsec;
}

Result<std::shared_ptr<ssl::context>> make_context(const TlsPolicy& policy) {
  boost::system::error_code error;
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  if (!policy.verify) {
    context->set_verify_mode(ssl::verify_none, error);
  } else {
    context->set_verify_mode(ssl::verify_peer, error);
    if (!error && policy.ca_file.empty()) context->set_default_verify_paths(error);
    if (!error && !policy.ca_file.empty()) context->load_verify_file(policy.ca_file, error);
  }
  if (error) {
    const std::string roots = policy.ca_file.empty() ? "the system's roots" : policy.ca_file;
    return Error{"cannot load CA certificates from " + roots + ": " + error.message()};
  }
  return context;
}

// SSL_set_tlsext_host_name() is a macro with a C cast.
bool set_server_name(SSL* connection, std::string name) {
  return SSL_ctrl(connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                  name.data()) == 1;
}

}  // namespace

Result<std::shared_ptr<ssl::context>> tls_context(const TlsPolicy& policy) {
  static std::mutex mutex;
  static std::map<std::pair<bool, std::string>, CachedContext> contexts;

  struct stat file {};
  const bool from_file = policy.verify && !policy.ca_file.empty();
  if (from_file && ::stat(policy.ca_file.c_str(), &file) != 0) {
    return system_error("cannot read CA file " + policy.ca_file, errno);
  }
  const std::lock_guard lock{mutex};
  CachedContext& cached = contexts[{policy.verify, from_file ? policy.ca_file : std::string{}}];
  if (is_of(cached, file)) return cached.context;
  try {
    auto made = make_context(policy);
    if (!made) return made.error();
    cached = {*made, file.st_mtim, file.st_ino};
  } catch (const boost::system::system_error& failed) {
    return Error{std::string{"cannot set up TLS: "} + failed.what()};
  }
  return cached.context;
}

Result<void> expect_peer(SSL* connection, const TlsPolicy& policy, std::string_view host) {
  const std::string name = policy.server_name.empty() ? std::string{host} : policy.server_name;
  boost::system::error_code not_address;
  boost::asio::ip::make_address(name, not_address);
  X509_VERIFY_PARAM* wanted = SSL_get0_param(connection);
  const bool set =
      not_address ? set_server_name(connection, name) &&
                        X509_VERIFY_PARAM_set1_host(wanted, name.data(), name.size()) == 1
                  : X509_VERIFY_PARAM_set1_ip_asc(wanted, name.c_str()) == 1;
  if (!set) return Error{"cannot use " + name + " as the server's name"};
  return {};
}

std::string handshake_error(SSL* connection, const boost::system::error_code& error) {
  const long verified = SSL_get_verify_result(connection);
  if (verified != X509_V_OK) return X509_verify_cert_error_string(verified);
  if (error.category() == boost::asio::error::get_ssl_category()) {
    const char* reason = ERR_reason_error_string(static_cast<unsigned long>(error.value()));
    if (reason != nullptr) return reason;
  }
  return error.message();
}

std::string describe_session(const SSL* connection) {
  std::string text = SSL_get_version(connection);
  text.append(", ").append(SSL_get_cipher_name(connection));
  if (SSL_session_reused(connection) == 1) text.append(", resumed");
  const X509* certificate = SSL_get0_peer_certificate(connection);
  if (certificate == nullptr) return text;
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory{BIO_new(BIO_s_mem()), &BIO_free};
  X509_NAME_print_ex(memory.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  BIO_puts(memory.get(), ", until ");
  ASN1_TIME_print(memory.get(), X509_get0_notAfter(certificate));
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return text.append("; certificate of ").append(data, static_cast<std::size_t>(size));
}

bool is_truncated(const boost::system::error_code& error) {
  if (error == ssl::error::stream_truncated) return true;
  return error.category() == boost::asio::error::get_ssl_category() &&
         ERR_GET_REASON(static_cast<unsigned long>(error.value())) ==
             SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

}  // namespace heald
