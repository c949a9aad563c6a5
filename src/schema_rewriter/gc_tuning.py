"""How often Python looks for garbage in cycles, in a process that is ours. Knows nothing of the run."""

import gc

_ALLOCATED = 50_000
"""So many objects more than were freed, and Python looks. The trees of a file are made of tens of thousands, nearly
none of them garbage: at its own 700, a third of a run is spent looking. The memory that this takes is a file's."""


def seldom() -> None:
    """Look for garbage seldom, and never again among what there is now."""
    gc.freeze()
    gc.set_threshold(_ALLOCATED, 20, 20)
