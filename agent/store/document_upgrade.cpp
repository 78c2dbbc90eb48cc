#include "agent/store/document_upgrade.hpp"

#include <nlohmann/json.hpp>

namespace longshore::store {
namespace {

using nlohmann::json;

/// Runs `change` on each element of the list `member`, if there is one.
template <typename Change>
void for_each_in(json& object, const char* member, Change change) {
  if (!object.is_object() || !object.contains(member)) return;
  for (json& element : object[member]) change(element);
}

/// Gives `object` what it does not have yet.
void complete(json& object, const json& members) {
  if (!object.is_object()) return;
  for (const auto& [name, value] : members.items()) object.emplace(name, value);
}

/// Whether anything was done for the task. Without admission, everything accepted was begun at
/// once; only a crash between saving and doing leaves a task at which nothing has happened.
bool was_begun(json& document) {
  bool begun = document.value("resources", json()) != "none";
  for_each_in(document, "containers", [&](const json& container) {
    begun = begun || !container.is_object() || container.value("phase", json()) != "waiting";
  });
  return begun;
}

/// Schema 2 added volumes of the engine, admission, restart policies, port ranges and pause
/// containers. No task of schema 1 has any of them.
void upgrade_to_2(json& document) {
  complete(document,
           {{"volumeNames", json::array()}, {"arrival", 0}, {"admitted", was_begun(document)}});
  for_each_in(document, "containers", [](json& container) {
    complete(container, {{"restarting", false}, {"restartCount", 0}});
  });
  if (!document.contains("spec")) return;
  json& spec = document["spec"];
  complete(spec, {{"volumes", json::array()}});
  for_each_in(spec, "containers", [](json& container) {
    complete(container, {{"memoryReservation", 0}, {"kind", "normal"}});
    for_each_in(container, "mounts", [](json& mount) { complete(mount, {{"volume", ""}}); });
  });
}

}  // namespace

void upgrade_document(json& document, std::int64_t schema) {
  if (!document.is_object()) return;
  if (schema < 2) upgrade_to_2(document);
}

}  // namespace longshore::store
