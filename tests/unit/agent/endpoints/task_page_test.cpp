#include "agent/endpoints/task_page.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "tests/support/core_builders.hpp"

using namespace longshore;
using namespace longshore::endpoints;

namespace {

core::TaskState task_named(const std::string& id, std::vector<core::ContainerSpec> containers) {
  core::TaskState task = test::task_of(std::move(containers));
  core::TaskSpec spec = *task.spec;
  spec.arn = TaskArn("arn:aws:ecs:us-west-2:123456789012:task/test/" + id);
  task.spec = std::make_shared<const core::TaskSpec>(std::move(spec));
  return task;
}

engine::TaskTable table_of(int tasks, int containers = 1) {
  std::vector<core::ContainerSpec> specs;
  for (int i = 0; i < containers; ++i) specs.push_back(test::container(fmt::format("c{}", i)));
  engine::TaskTable table;
  for (int i = 0; i < tasks; ++i) table.insert(task_named(fmt::format("{:05}", i), specs));
  return table;
}

std::optional<std::string> no_reason(const TaskArn& /*task*/) { return std::nullopt; }

/// ARNs of all pages in order; each page must hold something and be bounded.
std::vector<std::string> all_pages(const engine::TaskTable& table, std::size_t most_bytes) {
  std::vector<std::string> arns;
  std::string after;
  do {
    const std::string text = write_task_page(table, no_reason, after);
    REQUIRE(text.size() <= most_bytes);
    const auto page = read_task_page(text);
    REQUIRE(page);
    REQUIRE_FALSE(page->tasks.empty());
    for (const ListedTask& task : page->tasks) arns.push_back(task.arn);
    after = page->next;
  } while (!after.empty());
  return arns;
}

}  // namespace

TEST_CASE("no tasks are an empty list", "[unit][endpoints]") {
  CHECK(write_task_page(engine::TaskTable{}, no_reason, "") == R"({"Tasks":[]})");
}

TEST_CASE("a page tells why each task waits", "[unit][endpoints]") {
  const auto table = table_of(2);
  const auto page = read_task_page(write_task_page(
      table, [](const TaskArn& task) { return "of " + std::string(task_id(task)); }, ""));
  REQUIRE(page);
  REQUIRE(page->tasks.size() == 2);
  CHECK(page->tasks[0].waits_for == "of 00000");
  CHECK(page->tasks[1].waits_for == "of 00001");
  CHECK(page->next.empty());
}

TEST_CASE("many tasks come in pages that miss and repeat none", "[unit][endpoints]") {
  for (const int count : {256, 257, 1'000}) {
    const auto arns = all_pages(table_of(count), 1U << 20U);
    CHECK(arns.size() == static_cast<std::size_t>(count));
    CHECK(std::set<std::string>(arns.begin(), arns.end()).size() == arns.size());
  }
  CHECK(read_task_page(write_task_page(table_of(257), no_reason, ""))->tasks.size() == 256);
}

TEST_CASE("large tasks make shorter pages", "[unit][endpoints]") {
  // Some 14 KiB each.
  const auto table = table_of(200, 100);
  CHECK(all_pages(table, (1U << 20U) + (20U << 10U)).size() == 200);
}

TEST_CASE("pages go on where a task has gone meanwhile", "[unit][endpoints]") {
  auto table = table_of(300);
  const auto first = read_task_page(write_task_page(table, no_reason, ""));
  table.erase(TaskArn(first->next));
  const auto second = read_task_page(write_task_page(table, no_reason, first->next));
  REQUIRE(second);
  CHECK(second->tasks.size() == 44);
}

TEST_CASE("bytes that are no text do not break a page", "[unit][endpoints]") {
  core::TaskState task = task_named("a", {test::container("web")});
  task.reason = "bad \xff byte";
  engine::TaskTable table;
  table.insert(task);
  const auto page = read_task_page(write_task_page(table, no_reason, ""));
  REQUIRE(page);
  CHECK(page->tasks[0].reason == "bad \xef\xbf\xbd byte");
}

TEST_CASE("what is no page is refused", "[unit][endpoints]") {
  for (const char* text : {"", "hello", "[]", "{}", R"({"Tasks":{}})", R"({"Tasks":[{}]})"}) {
    CAPTURE(text);
    const auto page = read_task_page(text);
    REQUIRE_FALSE(page);
    CHECK(page.error().code == ErrorCode::InvalidInput);
  }
}
