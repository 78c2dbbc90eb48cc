#include "agent/net/tls_transport.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "agent/net/deadline.hpp"
#include "agent/net/net_error.hpp"

namespace longshore::net {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

class TlsTransport final : public Transport {
 public:
  TlsTransport(std::shared_ptr<Transport> lower, TlsContext context)
      : lower_(std::move(lower)),
        context_(std::move(context)),
        stream_(AnyStream(lower_), *context_) {
    // Connections are idle most of the time: OpenSSL need not keep 2 × 16 KiB for each.
    SSL_set_mode(stream_.native_handle(), SSL_MODE_RELEASE_BUFFERS);
  }

  ssl::stream<AnyStream>& stream() { return stream_; }

  asio::any_io_executor executor() override { return lower_->executor(); }
  void async_read_some(ReadBuffers buffers, IoHandler handler) override {
    stream_.async_read_some(buffers, std::move(handler));
  }
  void async_write_some(WriteBuffers buffers, IoHandler handler) override {
    stream_.async_write_some(buffers, std::move(handler));
  }
  void async_shutdown(DoneHandler handler) override { stream_.async_shutdown(std::move(handler)); }
  void close() override { lower_->close(); }
  int descriptor() override { return lower_->descriptor(); }

 private:
  std::shared_ptr<Transport> lower_;
  TlsContext context_;
  ssl::stream<AnyStream> stream_;
};

TlsContext make_context() {
  auto context = std::make_shared<ssl::context>(ssl::context::tls);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  return context;
}

Status trust(ssl::context& context, const TlsClientSettings& settings) {
  if (!settings.verify) {
    context.set_verify_mode(ssl::verify_none);
    return {};
  }
  context.set_verify_mode(ssl::verify_peer);
  if (settings.ca_file.empty()) return trust_system_certificates(context.native_handle());
  error_code ec;
  context.load_verify_file(settings.ca_file, ec);
  if (ec) {
    return fail(ErrorCode::InvalidInput, "CA file {}: expected PEM certificates ({})",
                settings.ca_file, ec.message());
  }
  return {};
}

/// Names go into SNI and are compared with the certificate's; addresses are only compared
/// (RFC 6066 §3 allows no addresses in SNI).
Status expect_host(SSL* connection, const TlsClientSettings& settings) {
  error_code not_an_address;
  (void)asio::ip::make_address(settings.host, not_an_address);
  const bool is_address = !not_an_address;
  bool done = is_address || SSL_set_tlsext_host_name(connection, settings.host.c_str()) == 1;
  if (settings.verify) {
    X509_VERIFY_PARAM* expected = SSL_get0_param(connection);
    X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    done = done && (is_address ? X509_VERIFY_PARAM_set1_ip_asc(expected, settings.host.c_str()) == 1
                               : X509_VERIFY_PARAM_set1_host(expected, settings.host.data(),
                                                             settings.host.size()) == 1);
  }
  if (!done)
    return fail(ErrorCode::InvalidInput, "TLS host name \"{}\" is not usable", settings.host);
  return {};
}

Error handshake_error(SSL* connection, const error_code& ec) {
  const long verdict = SSL_get_verify_result(connection);
  Error error = connection_error("TLS handshake", ec);
  if (error.code == ErrorCode::PermissionDenied && verdict != X509_V_OK) {
    error.message += std::string(" (") + X509_verify_cert_error_string(verdict) + ")";
  }
  return error;
}

}  // namespace

Status trust_system_certificates(SSL_CTX* context) {
  if (SSL_CTX_set_default_verify_paths(context) != 1) {
    ERR_clear_error();
    return fail(ErrorCode::Internal, "OpenSSL has no default certificate paths");
  }
  return {};
}

asio::awaitable<Result<std::shared_ptr<Transport>>> tls_connect(std::shared_ptr<Transport> lower,
                                                                TlsClientSettings settings) {
  auto context = make_context();
  if (auto trusted = trust(*context, settings); !trusted) co_return fail(trusted.error());
  auto transport = std::make_shared<TlsTransport>(std::move(lower), std::move(context));
  SSL* const connection = transport->stream().native_handle();
  if (auto expected = expect_host(connection, settings); !expected) {
    co_return fail(expected.error());
  }
  const auto [ec] = co_await transport->stream().async_handshake(ssl::stream_base::client, kAwait);
  co_await unwind_if_cancelled();
  if (ec) co_return fail(handshake_error(connection, ec));
  co_return transport;
}

Result<TlsContext> tls_server_context(const std::string& certificate_file,
                                      const std::string& key_file) {
  auto context = make_context();
  error_code ec;
  context->use_certificate_chain_file(certificate_file, ec);
  if (ec) {
    return fail(ErrorCode::InvalidInput, "TLS certificate file {}: expected PEM ({})",
                certificate_file, ec.message());
  }
  context->use_private_key_file(key_file, ssl::context::pem, ec);
  if (ec) {
    return fail(ErrorCode::InvalidInput,
                "TLS key file {}: expected the certificate's private key as PEM ({})", key_file,
                ec.message());
  }
  return context;
}

asio::awaitable<Result<std::shared_ptr<Transport>>> tls_accept(std::shared_ptr<Transport> lower,
                                                               TlsContext context) {
  auto transport = std::make_shared<TlsTransport>(std::move(lower), std::move(context));
  const auto [ec] = co_await transport->stream().async_handshake(ssl::stream_base::server, kAwait);
  co_await unwind_if_cancelled();
  if (ec) co_return fail(connection_error("TLS handshake", ec));
  co_return transport;
}

}  // namespace longshore::net
