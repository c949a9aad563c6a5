"""The version of the package; a test holds it to that of pyproject.toml."""

VERSION = "0.1.0"
