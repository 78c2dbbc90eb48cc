"""clang-tidy 19's coroutine checks (.clang-tidy) over the coroutines that are cheap to parse.

A unit with Beast in it takes 10 to 20 s to parse, so the daily run leaves those and whatever holds
no coroutine out. LONGSHORE_TIDY=all (tests/run --long) checks every unit.
"""

import concurrent.futures
import json
import os
import re
import subprocess

import tree

CLANG_TIDY = "/usr/bin/clang-tidy-19"
_COROUTINE = re.compile(r"\bco_(await|return|yield)\b")
_BEAST = re.compile(r"#\s*include\s*<boost/beast")
_PROBLEM = re.compile(r": (error|warning): ")


def problems(root, build):
    database = os.path.join(build or root, "compile_commands.json")
    if not os.path.exists(database):
        return [f"{database}: missing; configure with CMake first"]
    with open(database) as f:
        units = {os.path.relpath(os.path.realpath(entry["file"]), os.path.realpath(root))
                 for entry in json.load(f)}
    everything = os.environ.get("LONGSHORE_TIDY") == "all"
    chosen = [path for path in sorted(units) if path.startswith(tree.SOURCE_FOLDERS)
              and (everything or _is_cheap_coroutine(root, path))]
    if not chosen:
        return ["no coroutine found to check"]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda path: _check(root, os.path.dirname(database), path), chosen)
    # A header's problem is found by every unit that includes it.
    return sorted({line for part in found for line in part})


def _is_cheap_coroutine(root, path):
    text = "\n".join(line for _, line in tree.lines(root, path))
    return bool(_COROUTINE.search(text)) and not _BEAST.search(text)


def _check(root, build, path):
    done = subprocess.run([CLANG_TIDY, "-p", build, "--quiet", path], cwd=root, timeout=600,
                          capture_output=True, text=True)
    found = [os.path.relpath(line, os.path.realpath(root)) if line.startswith("/") else line
             for line in done.stdout.splitlines() if _PROBLEM.search(line)]
    if done.returncode != 0 and not found:
        found = [f"{path}: clang-tidy ends with {done.returncode}: {done.stderr.strip()}"]
    return found
