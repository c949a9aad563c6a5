"""One file for each kind of finding that no single reference shows."""
