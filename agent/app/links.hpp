#pragma once

#include "agent/engine/engine_links.hpp"
#include "agent/engine/task_table.hpp"
#include "metrics/collector.hpp"
#include "runtime/images/image_puller.hpp"
#include "runtime/images/pause_image.hpp"

namespace longshore::app {

/// The engine's words in the image puller's, and back.
runtime::images::ImageRequest to_image_request(engine::ImageRequest request);

/// Ties the engine's image steps to the puller. It must outlive the engine.
void link_images(engine::EngineLinks& links, runtime::images::ImagePuller& puller,
                 std::chrono::seconds manifest_timeout, std::chrono::seconds pull_timeout);

/// Ties the engine's pause containers to their image. It must outlive the engine.
void link_pause_image(engine::EngineLinks& links, runtime::images::PauseImage& image);

/// Ties the engine's containers to the collector. It must outlive the engine.
void link_metrics(engine::EngineLinks& links, metrics::Collector& collector);

/// Whether a process of a task runs, as far as is known: what the collector needs, too, before it
/// has been told of any.
bool has_running_containers(const engine::TaskTable& tasks);

}  // namespace longshore::app
