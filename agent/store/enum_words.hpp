#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "agent/base/json_reader.hpp"
#include "agent/core/task_state.hpp"

namespace longshore::store {

/// The words that stand for enumerators on disk, so that reordering an enum changes no file.
template <typename Enum, std::size_t N>
struct EnumWords {
  std::array<std::pair<Enum, std::string_view>, N> pairs;

  [[nodiscard]] std::string_view word(Enum value) const {
    for (const auto& [v, w] : pairs) {
      if (v == value) return w;
    }
    return {};
  }
  [[nodiscard]] Enum value(const JsonReader& reader) const {
    const std::string text = reader.as_string();
    for (const auto& [v, w] : pairs) {
      if (w == text) return v;
    }
    reader.reject("unknown word \"" + text + "\"");
  }
};

/// The words of each enumeration in stored documents: never changed, only added to.
inline constexpr EnumWords<core::Phase, 10> kPhaseWords{{{
    {core::Phase::Waiting, "waiting"},
    {core::Phase::Resolving, "resolving"},
    {core::Phase::Resolved, "resolved"},
    {core::Phase::Pulling, "pulling"},
    {core::Phase::Pulled, "pulled"},
    {core::Phase::Creating, "creating"},
    {core::Phase::Starting, "starting"},
    {core::Phase::Running, "running"},
    {core::Phase::Stopping, "stopping"},
    {core::Phase::Stopped, "stopped"},
}}};

/// Words of core::Health.
inline constexpr EnumWords<core::Health, 3> kHealthWords{{{
    {core::Health::Unknown, "unknown"},
    {core::Health::Healthy, "healthy"},
    {core::Health::Unhealthy, "unhealthy"},
}}};

/// Words of core::Resources.
inline constexpr EnumWords<core::Resources, 4> kResourcesWords{{{
    {core::Resources::None, "none"},
    {core::Resources::Creating, "creating"},
    {core::Resources::Ready, "ready"},
    {core::Resources::Failed, "failed"},
}}};

/// Words of core::Cleanup.
inline constexpr EnumWords<core::Cleanup, 5> kCleanupWords{{{
    {core::Cleanup::None, "none"},
    {core::Cleanup::Waiting, "waiting"},
    {core::Cleanup::Due, "due"},
    {core::Cleanup::Removing, "removing"},
    {core::Cleanup::Done, "done"},
}}};

/// Words of core::ReportedStatus.
inline constexpr EnumWords<core::ReportedStatus, 3> kStatusWords{{{
    {core::ReportedStatus::Pending, "PENDING"},
    {core::ReportedStatus::Running, "RUNNING"},
    {core::ReportedStatus::Stopped, "STOPPED"},
}}};

/// Words of core::ContainerKind.
inline constexpr EnumWords<core::ContainerKind, 2> kKindWords{{{
    {core::ContainerKind::Normal, "normal"},
    {core::ContainerKind::NamespacePause, "namespacePause"},
}}};

/// Words of core::VolumeScope.
inline constexpr EnumWords<core::VolumeScope, 2> kScopeWords{{{
    {core::VolumeScope::Task, "task"},
    {core::VolumeScope::Shared, "shared"},
}}};

/// Words of core::DependencyCondition.
inline constexpr EnumWords<core::DependencyCondition, 5> kConditionWords{{{
    {core::DependencyCondition::Create, "CREATE"},
    {core::DependencyCondition::Start, "START"},
    {core::DependencyCondition::Complete, "COMPLETE"},
    {core::DependencyCondition::Success, "SUCCESS"},
    {core::DependencyCondition::Healthy, "HEALTHY"},
}}};

}  // namespace longshore::store
