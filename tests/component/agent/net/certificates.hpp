#pragma once

#include <string>

namespace longshore::testing {

/// Writes a fresh self-signed certificate for `subject_alternative` ("DNS:localhost",
/// "IP:127.0.0.1") and its key as PEM files. The certificate is its own CA file.
void write_certificate(const std::string& certificate_file, const std::string& key_file,
                       const std::string& subject_alternative);

}  // namespace longshore::testing
