#pragma once

#include <string>
#include <vector>

namespace longshore::runtime::images {

/// A regular file of an archive.
struct TarFile {
  std::string name{};  ///< At most 100 bytes, relative: "layer.tar".
  std::string content{};
  bool executable = false;
};

/// The files as a tar archive in their order, owned by root and without a time: the same files give
/// the same bytes. Source: POSIX.1-2017, pax, "ustar Interchange Format".
std::string tar_archive(const std::vector<TarFile>& files);

}  // namespace longshore::runtime::images
