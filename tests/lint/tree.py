"""The files a rule looks at."""

import os

SOURCE_FOLDERS = ("agent", "runtime", "metrics", "config")
_NOT_OURS = {".git", "build", "out", "__pycache__"}


def files(root, *endings, folders=None):
    """Paths below `root`, sorted and relative to it, with one of `endings` (all without any)."""
    found = []
    for top in folders or ["."]:
        for folder, below, names in os.walk(os.path.join(root, top)):
            below[:] = [name for name in below if name not in _NOT_OURS]
            for name in names:
                if not endings or name.endswith(endings):
                    found.append(os.path.relpath(os.path.join(folder, name), root))
    return sorted(found)


def lines(root, path):
    """(number, line) of one file. Bytes that are no UTF-8 are replaced: a rule never trips."""
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as f:
        return list(enumerate(f.read().splitlines(), 1))
