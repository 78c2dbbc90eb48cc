#pragma once

#include <boost/system/error_code.hpp>
#include <string_view>

#include "agent/base/error.hpp"

namespace longshore::net {

/// "<what>: <reason>". Refused permissions are PermissionDenied, an address in use is Conflict, a
/// certificate that fails verification is PermissionDenied; everything else a network does is
/// Unavailable.
Error connection_error(std::string_view what, const boost::system::error_code& ec);

}  // namespace longshore::net
