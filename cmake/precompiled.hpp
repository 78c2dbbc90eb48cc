// What nearly every file includes, parsed once. Only builds with LONGSHORE_PCH use it: each file
// includes what it needs, which the release build shows by doing without.
#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "agent/base/json_reader.hpp"
#include "agent/base/log.hpp"
#include "agent/base/result.hpp"
