#pragma once
// TLS contexts, made when first needed: OpenSSL costs nothing while no rule asks for TLS.

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "heald/policy.hpp"

namespace heald {

/// The context for a policy: shared by all connections alike, made anew when one of its files has
/// changed. Safe from any thread. Fails when a file cannot be used.
[[nodiscard]] Result<std::shared_ptr<boost::asio::ssl::context>> tls_context(
    const TlsPolicy& policy);

/// Sets on a connection whom it must meet: SNI (names only) and the name or address that the
/// certificate must hold.
[[nodiscard]] Result<void> expect_peer(SSL* connection, const TlsPolicy& policy,
                                       std::string_view host);

/// Why a handshake failed; a certificate that does not hold is named:
/// "certificate has expired".
[[nodiscard]] std::string handshake_error(SSL* connection, const boost::system::error_code& error);

/// What stands after a handshake: "TLSv1.3, TLS_AES_256_GCM_SHA384; certificate of CN=web.test,
/// until Jan  1 00:00:00 2030 GMT". Behind the cipher "resumed", where an earlier session was taken
/// up.
[[nodiscard]] std::string describe_session(const SSL* connection);

/// After a handshake: whether all certificates that the peer has shown are valid for so long yet.
/// The error says of whom the first is that is not, and when it expires. In a session that was
/// taken up again only the peer's own is known.
[[nodiscard]] Result<void> check_validity(const SSL* connection, Duration valid_for);

/// Whether the peer left without TLS' own farewell, as many servers do.
[[nodiscard]] bool is_truncated(const boost::system::error_code& error);

}  // namespace heald
