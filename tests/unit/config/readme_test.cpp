// config/README.md's table of settings is the table in settings.cpp, line for line.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "config/setting.hpp"

using namespace longshore::config;

namespace {

std::string code(std::string_view text) { return text.empty() ? "" : fmt::format("`{}`", text); }

std::string table_line(const Setting& setting) {
  const nlohmann::json shown = setting.show(Config{});
  const std::string value = shown.is_string() ? shown.get<std::string>() : shown.dump();
  return fmt::format("| {} | {} | {} | {} | {} | {} |\n", code(setting.name),
                     code(setting.variable), code(setting.json_key), code(value), setting.help,
                     setting.accepted);
}

}  // namespace

TEST_CASE("the README lists every setting as it is", "[unit][config]") {
  std::ifstream file(LONGSHORE_CONFIG_README);
  REQUIRE(file);
  const std::string readme{std::istreambuf_iterator<char>(file), {}};
  std::string table;
  for (const Setting& setting : settings()) table += table_line(setting);
  INFO("the table should be:\n" << table);
  CHECK(readme.find(table) != std::string::npos);
}
