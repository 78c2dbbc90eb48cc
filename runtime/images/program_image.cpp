#include "runtime/images/program_image.hpp"

#include <nlohmann/json.hpp>

#include "agent/aws/digest.hpp"
#include "agent/base/json_reader.hpp"
#include "runtime/images/tar_archive.hpp"

namespace longshore::runtime::images {

std::string image_tar(const ProgramImage& image) {
  using nlohmann::json;
  // A time of its own would make every build another image.
  constexpr const char* kCreated = "1970-01-01T00:00:00Z";
  const std::string layer =
      tar_archive({{.name = image.file, .content = image.program, .executable = true}});
  const std::string layer_digest = aws::sha256_hex(layer);
  const json config = {
      {"architecture", image.architecture},
      {"os", "linux"},
      {"created", kCreated},
      // As in the official agent's pause image: what an inspect of the container shows.
      {"config", {{"Cmd", json::array({"/" + image.file})}, {"ArgsEscaped", true}}},
      {"rootfs", {{"type", "layers"}, {"diff_ids", json::array({"sha256:" + layer_digest})}}},
      {"history", json::array({json{{"created", kCreated}, {"created_by", "longshore"}}})}};
  const std::string config_text = dump_json(config);
  const std::string config_file = aws::sha256_hex(config_text) + ".json";
  const std::string layer_file = layer_digest + "/layer.tar";
  const json manifest = json::array({json{{"Config", config_file},
                                          {"RepoTags", json::array({image.name})},
                                          {"Layers", json::array({layer_file})}}});
  return tar_archive({{.name = layer_file, .content = layer},
                      {.name = config_file, .content = config_text},
                      {.name = "manifest.json", .content = dump_json(manifest)}});
}

}  // namespace longshore::runtime::images
