"""Every C++ file is as clang-format 19 writes it."""

import re
import subprocess

import tree

CLANG_FORMAT = "/usr/bin/clang-format-19"


def problems(root, _build):
    paths = tree.files(root, ".cpp", ".hpp", folders=(*tree.SOURCE_FOLDERS, "tests"))
    if not paths:
        return ["no C++ file found"]
    done = subprocess.run([CLANG_FORMAT, "--dry-run", "-Werror", "--style=file", *paths], cwd=root,
                          capture_output=True, text=True, timeout=120)
    if done.returncode == 0:
        return []
    places = re.findall(r"^(.+?:\d+):\d+: error: code should be clang-formatted", done.stderr,
                        re.MULTILINE)
    return [f"{place}: not as clang-format writes it" for place in places] or [done.stderr.strip()]
