"""What the command is held against: walk, read, parse the affected files, nothing else. Knows none of our code.

`python bare.py ROOT` is a whole process. The affected files are those of a tree of corpus.py that `AFFECTED` begins.
"""

import os
import sys

AFFECTED = "store_"
"""How the name of an affected file begins: here nobody has to search for them."""


def main(root: str) -> None:
    """Read every Python file below `root`, and parse the affected ones as LibCST does."""
    for directory, _, names in os.walk(root):
        for name in names:
            if not name.endswith(".py"):
                continue
            with open(f"{directory}/{name}", "rb") as stream:  # noqa: PTH123 - the fastest way, as it is the measure
                source = stream.read()
            if name.startswith(AFFECTED):
                from libcst import parse_module  # as late as the command imports it

                parse_module(source)


if __name__ == "__main__":
    main(sys.argv[1])
