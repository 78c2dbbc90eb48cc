"""Each rule finds what it is there for, in a small tree where exactly that was planted."""

import importlib
import json
import os
import shutil
import tempfile
import unittest

REPOSITORY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")

TABLE = """\
| Folder | Holds | May include (besides base) |
| --- | --- | --- |
| `agent/base` | results | - |
| `agent/core` | decisions | - |
| `agent/control` | the control plane | `agent/core` |
| `agent/engine` | decisions carried out | `agent/core`, `agent/control/control_plane.hpp` |
| `agent/app` | everything | all |
"""

GOOD = {
    "README.md": "See [the daemon](agent/README.md).\n",
    "agent/README.md": TABLE,
    "tests/README.md": "Tests.\n",
    "agent/core/decide.hpp": """\
#pragma once

#include "agent/base/result.hpp"

namespace longshore::core {

struct Later;

/// Doubles.
int twice(int value);
int thrice(int value);

}  // namespace longshore::core
""",
    "agent/core/decide.cpp": '#include "agent/core/decide.hpp"\n',
    "agent/engine/run.cpp": """\
#include "agent/control/control_plane.hpp"
#include "agent/core/decide.hpp"
""",
    "agent/app/app.cpp": '#include "agent/engine/run.hpp"\n',
    "tests/run": "#!/usr/bin/env bash\necho \"$1\"\n",
    "tests/unit/good_test.cpp": 'TEST_CASE("twice doubles", "[unit][core]") {}\n',
}


class PlantedTest(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        for path, content in GOOD.items():
            self.write(path, content)
        os.chmod(os.path.join(self.root, "tests/run"), 0o755)
        for name in (".clang-format", ".clang-tidy"):
            shutil.copy(os.path.join(REPOSITORY, name), self.root)
        shutil.copytree(os.path.join(REPOSITORY, "systemd"), os.path.join(self.root, "systemd"))
        self.write("systemd/README.md", "Units.\n")

    def write(self, path, content):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w") as f:
            f.write(content)

    def change(self, path, old, new):
        with open(os.path.join(self.root, path)) as f:
            text = f.read()
        self.assertIn(old, text)
        self.write(path, text.replace(old, new, 1))

    def found_by(self, rule, build=None):
        return importlib.import_module(rule).problems(self.root, build)

    def assert_found(self, rule, *parts, build=None):
        found = self.found_by(rule, build)
        self.assertEqual(len(found), 1, found)
        for part in parts:
            self.assertIn(part, found[0])

    def test_a_good_tree_passes_every_rule(self):
        for rule in ("comments", "formatting", "includes", "readmes", "scripts", "units", "words"):
            with self.subTest(rule):
                self.assertEqual(self.found_by(rule), [])

    def test_an_include_that_the_table_does_not_allow(self):
        self.write("agent/core/decide.cpp", '\n#include "agent/control/control_plane.hpp"\n')
        self.assert_found("includes", "agent/core/decide.cpp:2", "may not include")

    def test_a_folder_of_which_one_header_alone_is_allowed(self):
        self.write("agent/engine/run.cpp", '#include "agent/control/acs_session.hpp"\n')
        self.assert_found("includes", "agent/engine may not include agent/control/acs_session.hpp")

    def test_base_including_anything_above_it(self):
        self.write("agent/base/result.hpp", '#include "agent/core/decide.hpp"\n')
        self.assert_found("includes", "agent/base may not include")

    def test_a_loop_a_logger_or_chance_in_the_core(self):
        for name in ("<boost/asio.hpp>", "<nlohmann/json.hpp>", "<spdlog/spdlog.h>", "<random>",
                     '"agent/base/log.hpp"'):
            with self.subTest(name):
                self.write("agent/core/decide.cpp", f"#include {name}\n")
                self.assert_found("includes", "agent/core is pure")

    def test_a_core_that_asks_for_the_time(self):
        for line in ("auto now = std::chrono::steady_clock::now();", "int late(Clock& clock);"):
            with self.subTest(line):
                self.write("agent/core/decide.cpp", f"{line}  // why\n")
                self.assert_found("includes", "agent/core/decide.cpp:1", "the time")
        self.write("agent/core/decide.cpp", "int late();  // The Clock is the engine's.\n")
        self.assertEqual(self.found_by("includes"), [])

    def test_beast_that_leaves_its_folder_by_a_header(self):
        self.write("agent/base/stream.hpp", "#include <boost/beast/http.hpp>\n")
        self.write("agent/base/server.hpp", '#include "agent/base/stream.hpp"\n')
        self.assertEqual(self.found_by("includes"), [])
        self.write("agent/app/app.cpp", '#include "agent/base/server.hpp"\n')
        self.assert_found("includes", "agent/app/app.cpp:1", "keep it inside agent/base")

    def test_a_folder_that_the_table_does_not_know(self):
        self.write("metrics/sample.hpp", "#pragma once\n")
        self.assert_found("includes", "metrics/sample.hpp", "not in the table")

    def test_a_tree_without_the_table(self):
        os.unlink(os.path.join(self.root, "agent/README.md"))
        self.assert_found("includes", "agent/README.md: missing")

    def test_a_top_level_folder_without_a_readme(self):
        os.mkdir(os.path.join(self.root, "extras"))
        self.assert_found("readmes", "extras/README.md: missing")

    def test_a_link_to_nothing(self):
        self.write("tests/README.md", "See [there](../agent/nowhere.md).\n")
        self.assert_found("readmes", "tests/README.md:1", "nowhere.md")

    def test_work_left_for_later(self):
        self.write("agent/core/decide.cpp", "int one();\n// TO" "DO: two\n")
        self.assert_found("words", "agent/core/decide.cpp:2")

    def test_a_hidden_test_and_one_that_may_fail(self):
        for tag in ("[.]", "[.slow]", "[!mayfail]", "[!shouldfail]"):
            with self.subTest(tag):
                self.write("tests/unit/good_test.cpp", f'TEST_CASE("x", "[unit]{tag}") {{}}\n')
                self.assert_found("words", "tests/unit/good_test.cpp:1")

    def test_a_declaration_without_a_comment(self):
        for line in ("/// Doubles.\nint twice", "\nstruct Later {};\n"):
            with self.subTest(line):
                self.setUp()
                if line.startswith("///"):
                    self.change("agent/core/decide.hpp", "/// Doubles.\n", "")
                else:
                    self.change("agent/core/decide.hpp", "\nstruct Later;\n", line)
                self.assert_found("comments", "agent/core/decide.hpp:")

    def test_a_file_that_clang_format_would_change(self):
        self.change("agent/core/decide.hpp", "int twice(int value)", "int twice( int value )")
        found = self.found_by("formatting")
        self.assertTrue(found and found[0].startswith("agent/core/decide.hpp:10:"), found)

    def test_a_script_with_a_mistake(self):
        self.write("tests/run", "#!/usr/bin/env bash\ncd $1\n")
        os.chmod(os.path.join(self.root, "tests/run"), 0o755)
        self.assert_found("scripts", "tests/run:2", "cd")

    def test_a_script_nobody_can_run(self):
        os.chmod(os.path.join(self.root, "tests/run"), 0o644)
        self.assert_found("scripts", "tests/run: is not executable")

    def test_python_that_does_not_compile(self):
        self.write("tests/env.py", "def broken(:\n")
        self.assert_found("scripts", "tests/env.py:1")

    def test_a_unit_file_with_an_unknown_key(self):
        self.change("systemd/longshore.service", "RestartSec=", "RestartSeconds=")
        self.assert_found("units", "longshore.service", "RestartSeconds")

    def test_a_unit_file_that_lets_the_daemon_do_everything(self):
        with open(os.path.join(self.root, "systemd/longshore.service")) as f:
            text = f.read()
        start = text.index("CapabilityBoundingSet=")
        self.write("systemd/longshore.service", text[:start] + text[text.index("[Install]"):])
        self.assertTrue(any("exposure" in line for line in self.found_by("units")))

    def test_a_coroutine_that_takes_a_reference(self):
        self.write("agent/app/loop.cpp", """\
#include <coroutine>
struct Job {
  struct promise_type {
    Job get_return_object() { return {}; }
    std::suspend_never initial_suspend() { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() {}
  };
};
Job run(const int& count) {
  static_cast<void>(count);
  co_return;
}
""")
        source = os.path.join(self.root, "agent/app/loop.cpp")
        self.write("build/compile_commands.json", json.dumps([{
            "directory": self.root, "file": source,
            "command": f"clang++-19 -std=c++20 -c {source}"}]))
        build = os.path.join(self.root, "build")
        self.assert_found("tidy", "agent/app/loop.cpp:11", "avoid-reference-coroutine-parameters",
                          build=build)
        self.change("agent/app/loop.cpp", "const int&", "int")
        self.assertEqual(self.found_by("tidy", build), [])

    def test_a_build_that_was_never_configured(self):
        self.assert_found("tidy", "compile_commands.json: missing", build=self.root)


if __name__ == "__main__":
    unittest.main()
