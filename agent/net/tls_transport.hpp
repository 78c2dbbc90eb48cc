#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "agent/base/result.hpp"
#include "agent/net/transport.hpp"

namespace longshore::net {

/// Certificates and rules that connections share.
using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

/// Lets a context trust the system's certificates, or SSL_CERT_FILE and SSL_CERT_DIR where they are
/// set, as OpenSSL and Go do. A hashed folder is read one certificate at a time, when needed.
/// Takes OpenSSL's own type because libcurl hands out that one.
Status trust_system_certificates(SSL_CTX* context);

struct TlsClientSettings {
  std::string host{};  ///< Name or IP address, without port: sent as SNI (names), verified.
  bool verify = true;
  std::string ca_file{};  ///< PEM; empty: the system's.
};

/// TLS 1.2 or newer over `lower`, as client. The caller sets the deadline (by closing `lower`).
/// Errors: PermissionDenied (certificate not trusted, wrong host), InvalidInput (CA file),
/// Unavailable.
boost::asio::awaitable<Result<std::shared_ptr<Transport>>> tls_connect(
    std::shared_ptr<Transport> lower, TlsClientSettings settings);

/// What a server shows. Errors: InvalidInput (a file is not readable, or not PEM, or key and
/// certificate do not belong together).
Result<TlsContext> tls_server_context(const std::string& certificate_file,
                                      const std::string& key_file);

/// TLS 1.2 or newer over `lower`, as server. The caller sets the deadline.
boost::asio::awaitable<Result<std::shared_ptr<Transport>>> tls_accept(
    std::shared_ptr<Transport> lower, TlsContext context);

}  // namespace longshore::net
