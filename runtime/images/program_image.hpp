#pragma once

#include <string>

namespace longshore::runtime::images {

/// An image of one static program and nothing else.
struct ProgramImage {
  std::string name{};          ///< "team/app:1".
  std::string architecture{};  ///< "amd64", "arm64".
  std::string file{};          ///< Of the program, in the image's root: "pause".
  std::string program{};       ///< Its bytes.
};

/// The image as an archive that every engine loads, the same bytes for the same image. Running it
/// runs the program, without arguments.
/// Sources: moby:image/spec/v1.2.md ("Combined Image JSON + Filesystem Changeset Format"),
/// opencontainers/image-spec:config.md.
std::string image_tar(const ProgramImage& image);

}  // namespace longshore::runtime::images
