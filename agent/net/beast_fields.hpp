#pragma once

#include <boost/beast/http/fields.hpp>
#include <string>

#include "agent/net/http.hpp"

namespace longshore::net {

/// Copies Beast's headers in the order received. Included by .cpp files only.
inline Headers to_headers(const boost::beast::http::fields& fields) {
  Headers headers;
  for (const auto& field : fields) {
    headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  return headers;
}

}  // namespace longshore::net
