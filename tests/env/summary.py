"""Adds up what a run of tests/run did: summary.py FOLDER [FAILED STEP...].

FOLDER holds JUnit files of CTest. A CTest test is a program with cases of its own, so its output
says how many passed; one that says nothing counts as a single case. A failed step of which no test
is known (a build, the bench) counts as one failure. Ends with 1 if anything failed or was skipped,
or if nothing ran.
"""

import glob
import os
import re
import sys
import xml.etree.ElementTree

_CATCH_PASSED = re.compile(r"^All tests passed \(.* in (\d+) test cases?\)", re.MULTILINE)
_CATCH_FAILED = re.compile(r"^test cases: +(\d+) .*?\| +(\d+) failed", re.MULTILINE)
_UNITTEST = re.compile(r"^Ran (\d+) tests? in .*?\n+(OK|FAILED)(?: \((.*)\))?$",
                       re.MULTILINE)


def cases(succeeded, output):
    """(passed, failed, skipped) test cases of one program."""
    passed, failed, skipped = 0, 0, 0
    catch, broken, unittest = (_CATCH_PASSED.search(output), _CATCH_FAILED.search(output),
                               _UNITTEST.search(output))
    if catch:
        passed = int(catch.group(1))
    elif broken:
        failed = int(broken.group(2))
        passed = int(broken.group(1)) - failed
    elif unittest:
        counts = dict(re.findall(r"([a-z ]+)=(\d+)", unittest.group(3) or ""))
        counts = {name.strip(): int(count) for name, count in counts.items()}
        skipped = counts.get("skipped", 0)
        failed = sum(counts.get(name, 0) for name in ("failures", "errors", "unexpected successes"))
        passed = int(unittest.group(1)) - failed - skipped
    elif succeeded:
        passed = 1
    # It ended badly without a failed case: a crash, a sanitizer's report at the end, a time-out.
    return passed, failed if succeeded else max(failed, 1), skipped


def add_up(folder):
    """(passed, failed, skipped, lines about what did not pass) of all JUnit files in `folder`."""
    totals, notes, failed_files = [0, 0, 0], [], set()
    for path in sorted(glob.glob(os.path.join(folder, "*.xml"))):
        run = os.path.basename(path).removesuffix(".xml")
        for test in xml.etree.ElementTree.parse(path).getroot().iter("testcase"):
            status = test.get("status")
            if status in ("notrun", "disabled"):
                found = (0, 0, 1)
            else:
                found = cases(status == "run", test.findtext("system-out") or "")
            for i, count in enumerate(found):
                totals[i] += count
            for count, word in ((found[1], "failed"), (found[2], "skipped")):
                if count:
                    notes.append(f"{word}: {test.get('name')} ({run}), {count}")
                    failed_files.add(run)
    return (*totals, notes, failed_files)


def main(folder, steps):
    passed, failed, skipped, notes, failed_files = add_up(folder)
    for step in steps:
        label, _, build = step.partition(", ")
        if f"{build}-{label}" not in failed_files:
            failed += 1
            notes.append(f"failed: {step}")
    print("\n".join(notes))
    if passed + failed == 0:
        print("nothing was run")
        failed = 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or skipped else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
