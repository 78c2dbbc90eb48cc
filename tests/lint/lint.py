"""Runs one rule over the repository: lint.py RULE [--root FOLDER] [--build FOLDER].

Prints each problem as `path:line: what` and ends with 1 if there is one.
"""

import argparse
import importlib
import os
import sys

RULES = ("comments", "formatting", "includes", "readmes", "scripts", "tidy", "units", "words")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rule", choices=RULES)
    parser.add_argument("--root", default=os.path.join(os.path.dirname(__file__), "..", ".."))
    parser.add_argument("--build", help="folder with compile_commands.json (for tidy)")
    arguments = parser.parse_args()
    rule = importlib.import_module(arguments.rule)
    found = rule.problems(os.path.abspath(arguments.root), arguments.build)
    for problem in found:
        print(problem)
    print(f"{arguments.rule}: {len(found)} problem(s)")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
