"""Python files: every string expression with the places it gets to; knows Python and no SQL."""
