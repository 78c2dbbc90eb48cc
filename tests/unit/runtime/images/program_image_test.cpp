#include "runtime/images/program_image.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>

#include "agent/aws/digest.hpp"
#include "runtime/images/pause_image.hpp"
#include "runtime/pause/pause_program.hpp"

namespace longshore::runtime::images {
namespace {

using nlohmann::json;

/// The files of an archive, by name.
std::map<std::string, std::string> unpacked(const std::string& archive) {
  std::map<std::string, std::string> files;
  for (std::size_t at = 0; at + 512 <= archive.size() && archive[at] != '\0';) {
    const std::string name = archive.substr(at, 100).c_str();
    const std::size_t size = std::stoul(archive.substr(at + 124, 11), nullptr, 8);
    files[name] = archive.substr(at + 512, size);
    at += 512 + (size + 511) / 512 * 512;
  }
  return files;
}

TEST_CASE("a program's image names its parts by what is in them", "[unit][images]") {
  const auto files = unpacked(image_tar({.name = "team/app:1",
                                         .architecture = "arm64",
                                         .file = "run",
                                         .program = "\x7f"
                                                    "ELF"}));
  REQUIRE(files.size() == 3);
  const json manifest = json::parse(files.at("manifest.json"));
  REQUIRE(manifest.size() == 1);
  CHECK(manifest[0]["RepoTags"] == json{"team/app:1"});
  const std::string config_file = manifest[0]["Config"];
  CHECK(config_file == aws::sha256_hex(files.at(config_file)) + ".json");
  const std::string layer_file = manifest[0]["Layers"].at(0);
  const std::string& layer = files.at(layer_file);

  const json config = json::parse(files.at(config_file));
  CHECK(config["architecture"] == "arm64");
  CHECK(config["os"] == "linux");
  CHECK(config["config"] == json::parse(R"({"Cmd": ["/run"], "ArgsEscaped": true})"));
  CHECK(config["rootfs"]["diff_ids"] == json{"sha256:" + aws::sha256_hex(layer)});
  CHECK(unpacked(layer) == std::map<std::string, std::string>{{"run",
                                                               "\x7f"
                                                               "ELF"}});
  CHECK(layer.substr(100, 7) == "0000755");
}

TEST_CASE("the pause image is a static program for this machine, always the same",
          "[unit][images]") {
  CHECK(pause_image_tar() == pause_image_tar());
  const std::string_view program = pause_program();
  REQUIRE(program.size() > 64);
  CHECK(program.size() < 16'384);
  CHECK(
      program.starts_with("\x7f"
                          "ELF"));
  // ELF header: e_type at 16 (2: fixed address), e_machine at 18 (62: x86_64, 183: aarch64).
  // Source: elf(5).
  CHECK(program[16] == 2);
  const bool x86 = program[18] == 62;
  CHECK((x86 || static_cast<unsigned char>(program[18]) == 183));
  CHECK(pause_architecture() == (x86 ? "amd64" : "arm64"));
  const auto files = unpacked(pause_image_tar());
  CHECK(json::parse(files.at("manifest.json"))[0]["RepoTags"] ==
        json{"amazon/amazon-ecs-pause:0.1.0"});
}

}  // namespace
}  // namespace longshore::runtime::images
