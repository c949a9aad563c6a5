"""The string literals of Python code, located by LibCST, and the texts that they come to."""
