#pragma once

#include "agent/standalone/shape.hpp"

namespace longshore::standalone {

/// What the operations on tasks take (botocore, data/ecs/2014-11-13/service-2.json, and RunTask's
/// later clientToken). What needs more of AWS than a control plane is refused with the reason.
const Shape& run_task_shape();
const Shape& start_task_shape();
const Shape& stop_task_shape();
const Shape& describe_tasks_shape();
const Shape& list_tasks_shape();

}  // namespace longshore::standalone
