#pragma once

#include <string>

#include "agent/core/decide.hpp"

namespace longshore::core {

/// Parts of decide(), shared by its units. Each changes `d.next` and adds to `d.actions`.

/// Remembers a container's new status for the next report.
void note_change(Decision& d, ContainerIndex container, ReportedStatus status);

/// Reports the task as `status`, with the container changes that waited for a report.
void send_change(Decision& d, ReportedStatus status);

/// Reports the task's status if the control plane does not know it yet.
void report(Decision& d, WallTime at);

/// Ends a container for good. Its first reason and exit code win over later ones.
void finish(Decision& d, ContainerIndex container, WallTime at, std::string reason);

/// Starts a container that ended again, where its restart policy says so. `reason` is that of the
/// end, kept in case the start fails. Returns whether it did.
/// Source: amazon-ecs-agent:ecs-agent/api/container/restart.
bool restart(Decision& d, ContainerIndex container, WallTime at, std::string reason);

/// Looks at the whole task and starts every step that is possible now, then reports.
void progress(Decision& d, WallTime at);

}  // namespace longshore::core
