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
# The core decides; it has no loop, no JSON, no logger and no clock to ask.
_NOT_IN_CORE = re.compile(r"^(boost/|nlohmann/|spdlog/|agent/base/"
                          r"(clock|json_reader|lane|log|spawn)\.hpp)")


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
    for path in tree.files(root, ".hpp", ".cpp", folders=tree.SOURCE_FOLDERS):
        here = _folder(path, table)
        if here is None:
            found.append(f"{path}: its folder is not in the table of {TABLE}")
            continue
        for number, line in tree.lines(root, path):
            include = _INCLUDE.match(line)
            if include:
                reason = _refusal(here, include.group(1), path, table)
                if reason:
                    found.append(f"{path}:{number}: {reason}")
    return found


def _refusal(here, name, path, table):
    if here == "agent/core" and _NOT_IN_CORE.match(name):
        return f"agent/core is pure and may not include {name}"
    if name.startswith("boost/beast") and path.endswith(".hpp"):
        return f"{name} in a header costs every includer 10 s and more; keep it in one .cpp"
    there = _folder(name, table)
    if there in (None, here, "agent/base") or table[here] is None:
        return None
    if there in table[here] or name in table[here]:
        return None
    return f"{here} may not include {name}"


def _folder(path, table):
    """The longest folder of the table that holds `path`; None when none does."""
    holding = [folder for folder in table if path.startswith(folder + "/")]
    return max(holding, key=len, default=None)
