#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/base/time_text.hpp"
#include "agent/engine/container_request.hpp"
#include "tests/component/agent/engine/host.hpp"
#include "tests/component/agent/engine/slow_start.hpp"
#include "tests/support/run_on.hpp"

namespace longshore::engine {
namespace {

using namespace std::chrono_literals;
using testing::Host;
using testing::HostThatForgot;
using testing::run_on;
using testing::SlowStart;
using News = std::vector<std::string>;

TEST_CASE("a start without an engine takes stops, and looks for lost tasks when it is back",
          "[component][engine]") {
  HostThatForgot host;
  REQUIRE(host.accept({Host::payload("one", {test::container("web")}),
                       Host::payload("two", {test::container("job")})}));
  host.finish_reports();
  const ContainerId id = host.container("one").runtime_id;
  host.kill();
  host.store.forget(Host::arn("two"));
  host.runtime.breaker().open("it hangs");
  host.limiter.containers["one"][id] = true;
  host.limiter.on_killed = [&](const std::string&, const ContainerId& killed) {
    host.runtime.end_process(killed, 137);
  };
  host.restart();
  CHECK(host.engine().tasks().all().size() == 1);
  const auto lost = Host::payload("two", {test::container("job")});
  const Status refused = host.accept({lost, Host::stop_of("one")});
  REQUIRE_FALSE(refused);
  CHECK(refused.error() ==
        Error{ErrorCode::Unavailable, "1 tasks are not taken before the container engine answers"});
  host.advance(40s);
  CHECK(host.news() == News{"one STOPPED web:STOPPED"});

  host.runtime.breaker().close();
  host.runtime.fail_next("list", {ErrorCode::Timeout, "no answer in time"});
  host.advance(25s);
  CHECK(host.container("two").phase == core::Phase::Running);
  const auto creates = host.runtime.count("create");
  CHECK(host.accept({lost}));
  CHECK(host.runtime.count("create") == creates);
  CHECK(host.accept({Host::payload("three", {test::container("web")})}));
  CHECK(host.on_engine("three")->alive);
}

TEST_CASE("tasks whose record is lost go on, and nothing is done to them", "[component][engine]") {
  HostThatForgot host;
  REQUIRE(host.accept({Host::payload("one", {test::container("web"), test::container("db")}),
                       Host::payload("two", {test::container("job")})}));
  host.finish_reports();
  const auto calls = [&] {
    return host.runtime.count("create") + host.runtime.count("start") + host.runtime.count("stop");
  };
  const auto before = calls();
  host.forget();
  host.restart();
  host.advance(5min);
  CHECK(host.engine().tasks().all().size() == 2);
  CHECK(host.container("one", 0).phase == core::Phase::Running);
  CHECK(host.container("one", 1).phase == core::Phase::Running);
  CHECK(calls() == before);
  CHECK(host.news().empty());
  CHECK(host.running.size() >= 6);  // Those who measure are told again.

  SECTION("a stop of the control plane ends them") {
    REQUIRE(host.accept({host.stop_of("one")}));
    CHECK(host.news() == News{"one STOPPED web:STOPPED=137 db:STOPPED=137"});
  }
  SECTION("the same payload again starts nothing") {
    REQUIRE(host.accept({Host::payload("two", {test::container("job")})}));
    CHECK(calls() == before);
  }
  SECTION("their own end is told") {
    host.end_process("two", 4);
    CHECK(host.news() == News{"two STOPPED job:STOPPED=4"});
  }
  SECTION("they are on disk again") {
    host.restart();
    CHECK(host.engine().tasks().all().size() == 2);
    CHECK(host.store.contents().tasks.size() == 2);
  }
  SECTION("a manifest that names them stops none") {
    const std::vector<control::ManifestTask> manifest{{Host::arn("one"), true},
                                                      {Host::arn("two"), true}};
    CHECK(host.engine().stop_candidates(manifest).empty());
  }
}

TEST_CASE("ends that nobody saw are told after the record is lost", "[component][engine]") {
  HostThatForgot host;
  REQUIRE(host.accept({Host::payload("one", {test::container("web")})}));
  host.finish_reports();
  const ContainerId id = host.container("one").runtime_id;
  host.forget();
  host.runtime.end_process(id, 9);
  host.restart();
  CHECK(host.news() == News{"one STOPPED web:STOPPED=9"});
}

TEST_CASE("an agent that removes orphans removes nothing because it forgot",
          "[component][engine]") {
  HostThatForgot host;
  host.settings.orphans.remove = true;
  REQUIRE(host.accept({Host::payload("one", {test::container("web")})}));
  host.forget();
  host.restart();
  host.advance(10min);
  REQUIRE(host.on_engine("one") != nullptr);
  CHECK(host.on_engine("one")->alive);
}

TEST_CASE("containers of another cluster stay its own", "[component][engine]") {
  HostThatForgot host;
  REQUIRE(host.accept({Host::payload("one", {test::container("web")})}));
  host.forget();
  host.settings.cluster = "other";
  host.restart();
  CHECK(host.engine().tasks().all().empty());
}

/// A host that began as a copy of another one's disk, with the other's container of task "one".
struct Copy : HostThatForgot {
  explicit Copy(std::chrono::seconds since_creation) {
    REQUIRE(accept({payload("one", {test::container("web")})}));
    finish_reports();
    news();
    old = container("one").runtime_name;
    forget();
    save_facts(
        {.metadata = {{store::kContainersSinceKey, to_rfc3339(runtime.now + since_creation)}}});
  }
  void save_facts(store::Changes changes) {
    boost::asio::io_context io;
    REQUIRE(run_on(io, store.save(std::move(changes))));
  }
  void check_old_is_left_alone() {
    CHECK(engine().tasks().find(arn("one")) == nullptr);
    CHECK(runtime.find(old)->alive);
    CHECK(std::none_of(sent.begin(), sent.end(),
                       [](const Sent& s) { return s.change.task == arn("one"); }));
  }
  std::string old{};  ///< The container's name.
};

TEST_CASE("containers that came with a copied disk stay another host's", "[component][engine]") {
  // Also where this host's clock was behind when it was found out: nothing can be its own yet.
  Copy host(GENERATE(1s, 0s, -3600s));
  host.restart();
  host.check_old_is_left_alone();
  const store::Identity identity{.instance = ContainerInstanceArn("arn:me"), .cluster = "test"};
  REQUIRE(run_on(host.io(), host.engine().set_identity(identity)));
  host.runtime.now += 1min;
  REQUIRE(host.accept({Host::payload("two", {test::container("web")})}));
  host.finish_reports();
  host.news();
  host.restart();
  host.advance(5min);
  host.check_old_is_left_alone();
  CHECK(host.container("two").phase == core::Phase::Running);

  SECTION("its own are taken over again when their record is lost") {
    host.kill();
    host.store.forget(Host::arn("two"));
    host.restart();
    host.check_old_is_left_alone();
    CHECK(host.container("two").phase == core::Phase::Running);
  }
  SECTION("a stop that names the other's task does nothing to it") {
    REQUIRE(host.accept({host.stop_of("one")}));
    CHECK(host.runtime.find(host.old)->alive);
  }
}

TEST_CASE("a copy that registers before the engine answers leaves all that it then finds",
          "[component][engine]") {
  Copy host(-3600s);
  host.runtime.breaker().open("it hangs");
  host.restart();
  const store::Identity identity{.instance = ContainerInstanceArn("arn:me"), .cluster = "test"};
  REQUIRE(run_on(host.io(), host.engine().set_identity(identity)));
  host.runtime.breaker().close();
  host.advance(10s);
  host.check_old_is_left_alone();
  host.restart();
  host.check_old_is_left_alone();
}

TEST_CASE("a copy does not begin before it is on disk which containers are another host's",
          "[component][engine]") {
  Copy host(-3600s);
  host.store.broken = Error{ErrorCode::Unavailable, "disk full"};
  SlowStart agent(host);
  CHECK_FALSE(agent.loaded);
  host.store.broken.reset();
  agent.advance(2s);
  REQUIRE(agent.loaded);
  CHECK(agent.engine.tasks().all().empty());
  CHECK(parse_rfc3339(host.store.contents().metadata.at(store::kContainersSinceKey)) >
        *host.runtime.find(host.old)->created_at);
}

TEST_CASE("an agent told to leave strangers alone leaves them", "[component][engine]") {
  HostThatForgot host;
  REQUIRE(host.accept({Host::payload("one", {test::container("web")})}));
  host.forget();
  host.settings.take_over_strangers = false;
  host.restart();
  CHECK(host.engine().tasks().all().empty());
}

TEST_CASE("one task of several whose record is lost is found among the others",
          "[component][engine]") {
  Host host;
  REQUIRE(host.accept({Host::payload("one", {test::container("web")}),
                       Host::payload("two", {test::container("web")})}));
  host.finish_reports();
  host.kill();
  host.store.forget(Host::arn("one"));
  host.restart();
  CHECK(host.engine().tasks().all().size() == 2);
  CHECK(host.container("one").phase == core::Phase::Running);
  CHECK(host.container("two").endpoint_id != "");
  CHECK(host.news().empty());
}

TEST_CASE("a report of an end that is lost is made anew, once", "[component][engine]") {
  Host host;
  REQUIRE(host.accept({Host::payload("one", {test::container("web")})}));
  host.finish_reports();
  host.news();
  host.end_process("one", 6);
  host.kill();
  REQUIRE(host.store.contents().reports.size() == 1);
  SECTION("it is there: nothing is added") {
    host.restart();
    CHECK(host.news() == News{"one STOPPED web:STOPPED=6"});
  }
  SECTION("it is lost") {
    host.store.forget_reports();
    host.restart();
    CHECK(host.news() == News{"one STOPPED web:STOPPED=6"});
    host.restart();
    CHECK(host.news() == News{"one STOPPED web:STOPPED=6"});
  }
  SECTION("it was taken: nothing is said again") {
    host.restart();
    host.finish_reports();
    host.news();
    host.restart();
    CHECK(host.news().empty());
  }
}

TEST_CASE("a disk that loses what it held is given all of it again", "[component][engine]") {
  Host host;
  const store::Identity identity{.instance = ContainerInstanceArn("arn:me"), .cluster = "test"};
  REQUIRE(run_on(host.io(), host.engine().set_identity(identity)));
  REQUIRE(run_on(host.io(), host.engine().set_manifest_counter(17, true)));
  REQUIRE(host.accept({Host::payload("one", {test::container("web")}),
                       Host::payload("two", {test::container("web")})}));
  host.store.damaged = true;
  SECTION("found by a decision") { host.end_process("two", 3); }
  SECTION("found by a payload, which is taken all the same") {
    REQUIRE(host.accept({Host::payload("three", {test::container("web")})}));
    CHECK(host.store.contents().tasks.size() == 3);
  }
  host.advance(10s);
  const auto contents = host.store.contents();
  CHECK(contents.tasks.size() >= 2);
  CHECK(contents.metadata.at("task-manifest-seq-num") == "17");
  CHECK(contents.identity == identity);
  host.restart();
  CHECK(host.engine().tasks().all().size() == contents.tasks.size());
  CHECK(host.engine().manifest_counter() == 17);
  CHECK(host.engine().identity() == identity);
}

}  // namespace
}  // namespace longshore::engine
