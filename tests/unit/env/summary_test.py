"""What tests/run says at its end is true."""

import contextlib
import io
import os
import sys
import tempfile
import unittest
from xml.sax.saxutils import escape

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "env"))

import summary  # noqa: E402

CATCH_PASSED = "=====\nAll tests passed (31 assertions in 7 test cases)\n\n"
CATCH_FAILED = "=====\ntest cases: 7 | 5 passed | 2 failed\nassertions: 31 | 29 passed | 2 failed\n"
PYTHON_PASSED = "...\n-----\nRan 3 tests in 0.01s\n\nOK\n"
PYTHON_FAILED = "F.E\n-----\nRan 3 tests in 0.01s\n\nFAILED (failures=1, errors=1)\n"
PYTHON_SKIPPED = "s..\n-----\nRan 3 tests in 0.01s\n\nOK (skipped=1)\n"


class SummaryTest(unittest.TestCase):
    def summary_of(self, *tests, steps=()):
        """The exit code and the lines printed; each test is (status, output)."""
        with tempfile.TemporaryDirectory() as folder:
            if tests:
                with open(os.path.join(folder, "release-unit.xml"), "w") as f:
                    f.write("<testsuite>" + "".join(
                        f'<testcase name="t{i}" status="{status}">'
                        f"<system-out>{escape(output)}</system-out></testcase>"
                        for i, (status, output) in enumerate(tests)) + "</testsuite>")
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                code = summary.main(folder, steps)
        return code, out.getvalue().strip().splitlines()

    def assert_last(self, code, line, *tests, steps=()):
        seen, lines = self.summary_of(*tests, steps=steps)
        self.assertEqual((seen, lines[-1]), (code, line))

    def test_the_cases_inside_programs_are_counted(self):
        self.assert_last(0, "11 passed, 0 failed, 0 skipped", ("run", CATCH_PASSED),
                         ("run", PYTHON_PASSED), ("run", "units: 0 problem(s)\n"))

    def test_failed_cases_are_told_from_those_that_passed_beside_them(self):
        self.assert_last(1, "6 passed, 4 failed, 0 skipped", ("fail", CATCH_FAILED),
                         ("fail", PYTHON_FAILED))

    def test_a_program_that_crashes_after_its_cases_passed_has_failed(self):
        self.assert_last(1, "7 passed, 1 failed, 0 skipped", ("fail", CATCH_PASSED))

    def test_a_program_that_says_nothing_and_fails_has_failed(self):
        self.assert_last(1, "0 passed, 1 failed, 0 skipped", ("fail", "Segmentation fault\n"))

    def test_one_skipped_case_is_no_success(self):
        self.assert_last(1, "2 passed, 0 failed, 1 skipped", ("run", PYTHON_SKIPPED))

    def test_one_skipped_program_is_no_success(self):
        self.assert_last(1, "7 passed, 0 failed, 1 skipped", ("run", CATCH_PASSED), ("notrun", ""))

    def test_a_failed_step_without_a_failed_test_counts_once(self):
        self.assert_last(1, "7 passed, 1 failed, 0 skipped", ("run", CATCH_PASSED),
                         steps=["build asan"])

    def test_a_failed_step_with_a_failed_test_is_not_counted_twice(self):
        self.assert_last(1, "0 passed, 1 failed, 0 skipped", ("fail", ""), steps=["unit, release"])

    def test_nothing_run_is_no_success(self):
        self.assert_last(1, "0 passed, 1 failed, 0 skipped")

    def test_what_failed_is_named(self):
        _, lines = self.summary_of(("fail", CATCH_FAILED), steps=["bench"])
        self.assertEqual(lines[:2], ["failed: t0 (release-unit), 2", "failed: bench"])


if __name__ == "__main__":
    unittest.main()
