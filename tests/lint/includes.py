"""Who may include whom: #include lines against the table in agent/README.md.

The table's first column is a folder, its last the folders that may be included besides the folder
itself and agent/base. A file in that column (`agent/control/control_plane.hpp`) allows that file
alone. `-` allows nothing, `all` everything.
"""

import os
import re

import tree

TABLE = "agent/README.md"
_ROW = re.compile(r"^\| `([^`]+)` \|.*\| ([^|]+) \|$")
_INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]')
# The core decides; it has no loop, no JSON, no logger, and time comes to it as data.
_NOT_IN_CORE = re.compile(r"^(boost/|nlohmann/|spdlog/|random$|agent/base/"
                          r"(json_reader|lane|log|spawn)\.hpp)")
_ASKS_FOR_TIME = re.compile(r"\bClock\b|_clock::now\(")


def read_table(root):
    """{folder: set of folders and files it may include, or None for everything}."""
    table = {}
    for _, line in tree.lines(root, TABLE):
        row = _ROW.match(line)
        if row:
            allowed = row.group(2).strip()
            table[row.group(1).rstrip("/")] = (None if allowed == "all" else
                                               set(re.findall(r"`([^`]+)`", allowed)))
    return table


def problems(root, _build):
    if not os.path.exists(os.path.join(root, TABLE)):
        return [f"{TABLE}: missing, and with it the table of who may include whom"]
    table = read_table(root)
    found = []
    includes = {}  # path: [(line, name)]
    for path in tree.files(root, ".hpp", ".cpp", folders=tree.SOURCE_FOLDERS):
        folder = _folder(path, table)
        if folder is None:
            found.append(f"{path}: its folder is not in the table of {TABLE}")
            continue
        includes[path] = []
        for number, line in tree.lines(root, path):
            include = _INCLUDE.match(line)
            if include:
                includes[path].append((number, include.group(1)))
            elif folder == "agent/core" and _ASKS_FOR_TIME.search(line.partition("//")[0]):
                found.append(f"{path}:{number}: agent/core is pure and may not ask for the time")
    beast = _headers_with_beast(includes)
    for path, names in includes.items():
        for number, name in names:
            reason = _refusal(_folder(path, table), name, table, beast)
            if reason:
                found.append(f"{path}:{number}: {reason}")
    return found


def _refusal(here, name, table, beast):
    if here == "agent/core" and _NOT_IN_CORE.match(name):
        return f"agent/core is pure and may not include {name}"
    there = _folder(name, table)
    if name in beast and there != here:
        return f"{name} brings Beast, which costs 10 s and more: keep it inside {there}"
    if there in (None, here, "agent/base") or table[here] is None:
        return None
    if there in table[here] or name in table[here]:
        return None
    return f"{here} may not include {name}"


def _headers_with_beast(includes):
    """Headers of ours that bring Beast into every unit that includes them, also at second hand."""
    found = set()
    while True:
        more = {path for path, names in includes.items() if path.endswith(".hpp") and
                any(name.startswith("boost/beast") or name in found for _, name in names)}
        if more == found:
            return found
        found = more


def _folder(path, table):
    """The longest folder of the table that holds `path`; None when none does."""
    holding = [folder for folder in table if path.startswith(folder + "/")]
    return max(holding, key=len, default=None)
