"""`python -m schema_rewriter`, and the entry point of the command; knows nothing else."""

import sys

from schema_rewriter.cli import main

if __name__ == "__main__":
    sys.exit(main())
