#include "config/config.hpp"

namespace longshore::config {

LogSettings log_settings(const Config& config) {
  return {.level = config.log_level,
          .format = config.log_format,
          .file = config.log_file,
          .max_file_bytes = static_cast<std::size_t>(config.log_max_file_mb * 1e6),
          .max_files = static_cast<std::size_t>(config.log_max_files)};
}

}  // namespace longshore::config
