"""Each top-level folder has a README.md, and no README points at a file that is not there."""

import os
import re

import tree

_LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")


def problems(root, _build):
    found = []
    for name in sorted(os.listdir(root)):
        folder = os.path.join(root, name)
        if os.path.isdir(folder) and not name.startswith(".") and name not in ("build", "out"):
            if not os.path.exists(os.path.join(folder, "README.md")):
                found.append(f"{name}/README.md: missing")
    if not os.path.exists(os.path.join(root, "README.md")):
        found.append("README.md: missing")
    for path in tree.files(root, ".md"):
        for number, line in tree.lines(root, path):
            for target in _LINK.findall(line):
                if not os.path.exists(os.path.join(root, os.path.dirname(path), target)):
                    found.append(f"{path}:{number}: links to {target}, which does not exist")
    return found
