// The name of an image, as a task definition has it.
#include "runtime/images/image_reference.hpp"

#include "runtime/docker/image_name.hpp"
#include "runtime/images/engine_auth.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace longshore::fuzz {
namespace {

using namespace runtime;

const images::EngineAuth& logins() {
  static const images::EngineAuth auth = *images::EngineAuth::parse(
      "docker", Secret(R"({"quay.io":{"username":"u","password":"p"}})"));
  return auth;
}

}  // namespace

void run(std::string_view input) {
  const auto reference = images::parse_image_reference(input);
  const RegistryAuth login = logins().find(input);
  if (!reference) {
    require_refusal(reference.error());
    require(contains(reference.error().message, "expected"), "an error tells the accepted form");
    return require(login.username.empty(), "what is no image gets no login");
  }
  require(login.username.empty() || reference->registry == "quay.io",
          "a login goes to its registry alone");
  require(images::parse_image_reference(images::canonical_name(*reference)) == reference,
          "an image's whole name means the same image");
  require(images::parse_image_reference(images::familiar_name(*reference)) == reference,
          "an image's short name means the same image");
  const docker::ImageName name = docker::split_image_name(images::canonical_name(*reference));
  require(name.repository == reference->registry + "/" + reference->repository,
          "the engine is asked for the same repository");
  require(name.tag == (reference->digest.empty() ? reference->tag : reference->digest),
          "a digest decides which image it is");
}

}  // namespace longshore::fuzz
