"""Public declarations are documented: each paragraph of a header at namespace level has a ///.

The formatter keeps what stands directly in a namespace at the first column, so a paragraph there is
a declaration, or a group of declarations that share one comment. The comment opens the paragraph,
or stands with the members where a name says all and only they need words.
"""

import re

import tree

_NEEDS_NONE = re.compile(r"^(#|namespace\b|\}|//|using namespace\b|extern\b|template <>"
                         r"|(class|struct|enum class) [\w:]+( : [\w:]+)?;)")


def problems(root, _build):
    found = []
    for path in tree.files(root, ".hpp", folders=tree.SOURCE_FOLDERS):
        undocumented = None  # The line that opened the paragraph, until a comment is met in it.
        previous = ""
        for number, line in tree.lines(root, path):
            starts = not previous.strip() or previous.startswith(("namespace", "#"))
            if starts and line[:1].strip():
                if undocumented:
                    found.append(undocumented)
                undocumented = (None if _NEEDS_NONE.match(line) else
                                f"{path}:{number}: no /// comment says what this is: {line}")
            if "///" in line:
                undocumented = None
            previous = line
        if undocumented:
            found.append(undocumented)
    return found
