"""What each finding code means, for people: the words are codes.toml's. Knows no finding and no format."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from schema_rewriter.finding import CODES
from schema_rewriter.package_data import load_table


@dataclass(frozen=True, slots=True)
class Code:
    """A finding code: `title` says what it says of a place, `level` how grave it is: error, warning or note.

    `before` and `after` are an example, "" where none says more than the words do.
    """

    name: str
    title: str
    level: str
    meaning: str
    remedy: str
    before: str = ""
    after: str = ""

    @property
    def text(self) -> str:
        """All of it, as plain text."""
        parts = [f"{self.name}: {self.title}", self.meaning]
        parts += [f"Example:\n\n{_indented(self.before)}"] if self.before else []
        parts += [f"becomes:\n\n{_indented(self.after)}"] if self.after else []
        return "\n\n".join([*parts, f"What to do: {self.remedy}"]) + "\n"

    @property
    def markdown(self) -> str:
        """All of it, as Markdown without a heading."""
        parts = [self.meaning]
        parts += [f"```\n{self.before}\n```"] if self.before else []
        parts += [f"becomes\n\n```\n{self.after}\n```"] if self.after else []
        return "\n\n".join([*parts, f"**What to do**: {self.remedy}"]) + "\n"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


@cache
def codes() -> dict[str, Code]:
    """Every finding code by its name, in the order of finding.CODES."""
    document = load_table(__package__, "codes.toml")
    return {name: Code(name, title, **_stripped(document[name])) for name, title in CODES.items()}


def _stripped(table: dict[str, str]) -> dict[str, str]:
    """The texts of one code: sentences on one line each, examples as they are."""
    return {key: text.strip("\n") if key in _EXAMPLES else " ".join(text.split()) for key, text in table.items()}


_EXAMPLES = ("before", "after")
