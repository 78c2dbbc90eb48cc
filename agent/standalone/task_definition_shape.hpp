#pragma once

#include "agent/standalone/shape.hpp"

namespace longshore::standalone {

/// What RegisterTaskDefinition takes: every member of ECS's model (botocore,
/// data/ecs/2014-11-13/service-2.json, and the members added since: containerPortRange,
/// restartPolicy, enableFaultInjection, credentialSpecs, versionConsistency, configuredAtLaunch).
/// What a task payload has no place for is refused with the reason.
const Shape& task_definition_shape();

/// [{"key","value"}], at most 50, as every operation with tags takes them.
const Shape& tags_shape();
/// [{"name","value"}], as containers and their overrides take them.
const Shape& environment_shape();
/// [{"value","type":"s3"}]
const Shape& environment_files_shape();

}  // namespace longshore::standalone
