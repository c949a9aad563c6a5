"""The graph of a Python file's values, by Python's own parser."""
