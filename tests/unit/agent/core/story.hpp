#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/core/decide.hpp"
#include "tests/support/core_builders.hpp"

namespace longshore::test {

/// Feeds events one after another and keeps the reports.
struct Story {
  core::TaskState task;
  std::vector<core::TaskChange> reports{};
  std::vector<core::Action> actions{};

  explicit Story(core::TaskState t) : task(std::move(t)) { tell(core::event::Accepted{}); }

  template <typename What>
  void tell(What what) {
    core::Decision d = core::decide(std::move(task), at_noon(std::move(what)));
    task = std::move(d.next);
    for (core::Action& a : d.actions) {
      if (auto* report = std::get_if<core::action::Report>(&a)) reports.push_back(report->change);
      actions.push_back(std::move(a));
    }
  }
  void pull(core::ContainerIndex i) {
    tell(core::event::ResourcesReady{});
    tell(core::event::Resolved{.container = i});
    tell(core::event::Pulled{.container = i});
  }
  void bring_up(core::ContainerIndex i) {
    pull(i);
    tell(core::event::Created{.container = i, .id = ContainerId("id" + std::to_string(i))});
    tell(core::event::Observed{i, alive()});
  }
  template <typename A>
  bool did(core::ContainerIndex i) const {
    for (const core::Action& a : actions) {
      const auto* found = std::get_if<A>(&a);
      if (found != nullptr && found->container == i) return true;
    }
    return false;
  }
};

}  // namespace longshore::test
