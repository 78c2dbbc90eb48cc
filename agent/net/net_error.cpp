#include "agent/net/net_error.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <boost/asio/ssl/error.hpp>
#include <boost/system/errc.hpp>
#include <string>

namespace longshore::net {
namespace {

namespace errc = boost::system::errc;

ErrorCode classify(const boost::system::error_code& ec) {
  if (ec.category() == boost::asio::error::get_ssl_category()) {
    const int reason = ERR_GET_REASON(static_cast<unsigned long>(ec.value()));
    return reason == SSL_R_CERTIFICATE_VERIFY_FAILED ? ErrorCode::PermissionDenied
                                                     : ErrorCode::Unavailable;
  }
  if (ec == errc::permission_denied || ec == errc::operation_not_permitted) {
    return ErrorCode::PermissionDenied;
  }
  if (ec == errc::address_in_use) return ErrorCode::Conflict;
  return ErrorCode::Unavailable;
}

}  // namespace

Error connection_error(std::string_view what, const boost::system::error_code& ec) {
  return with_context(what, Error{classify(ec), ec.message()});
}

}  // namespace longshore::net
