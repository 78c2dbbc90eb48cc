"""Public declarations are documented: each paragraph of a header at namespace level opens with ///.

The formatter keeps what stands directly in a namespace at the first column, so a paragraph there is
a declaration or a group of declarations that share one comment.
"""

import re

import tree

_NEEDS_NONE = re.compile(r"^(#|namespace\b|\}|//|using namespace\b|extern\b"
                         r"|(class|struct|enum class) [\w:]+( : [\w:]+)?;)")


def problems(root, _build):
    found = []
    for path in tree.files(root, ".hpp", folders=tree.SOURCE_FOLDERS):
        previous = ""
        for number, line in tree.lines(root, path):
            opens = not previous.strip() or previous.startswith(("namespace", "#"))
            if opens and line[:1].strip() and not _NEEDS_NONE.match(line):
                found.append(f"{path}:{number}: no /// comment says what this is: {line.strip()}")
            previous = line
    return found
