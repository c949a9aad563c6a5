"""What the warnings of an audit are about: the words are codes.toml's. Needs no driver, and imports nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from schema_rewriter.package_data import load_table


@dataclass(frozen=True, slots=True)
class AuditCode:
    """The code of a warning: its number (W13) and its word (taken-name), which mean the same wherever one is given.

    `meaning` says what happens, `remedy` what to do.
    """

    number: str
    word: str
    title: str
    meaning: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.number} {self.word}"

    @property
    def text(self) -> str:
        """All of it, as plain text."""
        return f"{self}: {self.title}\n\n{self.meaning}\n\nWhat to do: {self.remedy}\n"


@cache
def codes() -> dict[str, AuditCode]:
    """Every code by its number, in their order."""
    document = load_table(__package__, "codes.toml")
    return {
        number: AuditCode(number, **{key: " ".join(text.split()) for key, text in table.items()})
        for number, table in document.items()
    }


def code(name: str) -> AuditCode | None:
    """The code of this number or word, if there is one.

    >>> str(code("W13")), code("taken-name") is code("W13"), code("W99")
    ('W13 taken-name', True, None)
    """
    return codes().get(name) or next((found for found in codes().values() if found.word == name), None)
