"""What a run with an answer is held against: each file of a tree is asked for its state. Knows none of our code.

`python stats.py ROOT` is a whole process.
"""

import os
import sys


def main(root: str) -> None:
    """Walk all that lies below `root`, and ask for the size and the times of each file."""
    for directory, _, names in os.walk(root):
        for name in names:
            os.stat(f"{directory}/{name}")  # noqa: PTH116 - the fastest way, as it is the measure


if __name__ == "__main__":
    main(sys.argv[1])
