#include "net/tls.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <array>
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

/// What a context was made from: other files are other contexts.
using Versions = std::array<std::tuple<ino_t, time_t, long>, 3>;

struct CachedContext {
  std::shared_ptr<ssl::context> context;
  Versions made_from;
};

/// What decides about a context. No CA file counts where nothing is verified.
struct Files {
  bool verify;
  std::string ca, certificate, key;
  explicit Files(const TlsPolicy& policy)
      : verify(policy.verify),
        ca(policy.verify ? policy.ca_file : std::string{}),
        certificate(policy.certificate_file),
        key(policy.key_file) {}
  friend auto operator<=>(const Files&, const Files&) = default;
};

Result<Versions> versions_of(const Files& files) {
  Versions versions{};
  std::size_t at = 0;
  for (const auto& [what, path] : {std::pair{"CA file ", &files.ca},
                                   std::pair{"certificate ", &files.certificate},
                                   std::pair{"key ", &files.key}}) {
    struct stat file {};
    if (!path->empty() && ::stat(path->c_str(), &file) != 0) {
      return system_error(std::string{"cannot read "} + what + *path, errno);
    }
    versions.at(at++) = {file.st_ino, file.st_mtim.tv_sec, file.st_mtim.tv_nsec};
  }
  return versions;
}

Result<std::shared_ptr<ssl::context>> make_context(const Files& files) {
  boost::system::error_code error;
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  if (!files.verify) {
    context->set_verify_mode(ssl::verify_none, error);
  } else {
    context->set_verify_mode(ssl::verify_peer, error);
    if (!error && files.ca.empty()) context->set_default_verify_paths(error);
    if (!error && !files.ca.empty()) context->load_verify_file(files.ca, error);
  }
  if (error) {
    const std::string roots = files.ca.empty() ? "the system's roots" : files.ca;
    return Error{"cannot load CA certificates from " + roots + ": " + error.message()};
  }
  if (files.certificate.empty()) return context;
  context->use_certificate_chain_file(files.certificate, error);
  if (error) return Error{"cannot use certificate " + files.certificate + ": " + error.message()};
  // Or a person would be asked for it, on heald's terminal.
  context->set_password_callback(
      [](std::size_t, ssl::context::password_purpose) { return std::string{}; }, error);
  context->use_private_key_file(files.key, ssl::context::pem, error);
  if (error) return Error{"cannot use key " + files.key + ": " + error.message()};
  return context;
}

std::string subject_of(const X509* certificate) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory{BIO_new(BIO_s_mem()), &BIO_free};
  X509_NAME_print_ex(memory.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  BIO_puts(memory.get(), ", until ");
  ASN1_TIME_print(memory.get(), X509_get0_notAfter(certificate));
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

/// How long from now; negative when it has expired.
Duration time_left(const X509* certificate) {
  int days = 0;
  int seconds = 0;
  if (ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate)) != 1) return {};
  constexpr int century = 36500;  // more than a Duration may hold is as good as for ever
  if (days > century) return Duration::max();
  if (days < -century) return Duration::min();
  return std::chrono::hours{24} * days + std::chrono::seconds{seconds};
}

// SSL_set_tlsext_host_name() is a macro with a C cast.
bool set_server_name(SSL* connection, std::string name) {
  return SSL_ctrl(connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                  name.data()) == 1;
}

}  // namespace

Result<std::shared_ptr<ssl::context>> tls_context(const TlsPolicy& policy) {
  static std::mutex mutex;
  static std::map<Files, CachedContext> contexts;

  const Files files{policy};
  const auto versions = versions_of(files);
  if (!versions) return versions.error();
  const std::lock_guard lock{mutex};
  CachedContext& cached = contexts[files];
  if (cached.context && cached.made_from == *versions) return cached.context;
  try {
    auto made = make_context(files);
    if (!made) return made.error();
    cached = {*made, *versions};
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
  return text.append("; certificate of ").append(subject_of(certificate));
}

Result<void> check_validity(const SSL* connection, Duration valid_for) {
  const auto check = [&](const X509* certificate) -> Result<void> {
    if (certificate == nullptr || time_left(certificate) >= valid_for) return {};
    return Error{"the certificate of " + subject_of(certificate) + ", is not valid for " +
                 std::to_string(std::chrono::ceil<std::chrono::days>(valid_for).count()) +
                 " days more"};
  };
  if (auto own = check(SSL_get0_peer_certificate(connection)); !own) return own;
  const STACK_OF(X509)* shown = SSL_get_peer_cert_chain(connection);
  for (int at = 0; at < sk_X509_num(shown); ++at) {
    if (auto good = check(sk_X509_value(shown, at)); !good) return good;
  }
  return {};
}

bool is_truncated(const boost::system::error_code& error) {
  if (error == ssl::error::stream_truncated) return true;
  return error.category() == boost::asio::error::get_ssl_category() &&
         ERR_GET_REASON(static_cast<unsigned long>(error.value())) ==
             SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

}  // namespace heald
