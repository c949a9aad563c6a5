"""Notebooks written as Python files ("percent" and "light" formats of Jupytext, VS Code): magics stand in comments.

`# %sql select ..`, `# %%sql` and the comments below it, `# !psql -c ..`, `# %%bash`. Knows no SQL.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from schema_rewriter import engines
from schema_rewriter.hosts.host import Embedded, Place
from schema_rewriter.hosts.shell import with_carried
from schema_rewriter.text import MappedText, Piece

if TYPE_CHECKING:
    from collections.abc import Iterator

_IS_NOTEBOOK = re.compile(r"^# (?:%%|\+)(?:[ \t]|$)", re.MULTILINE)
_MAGIC = re.compile(
    r"""^\#[ ]?(?:(?P<line>%sql\b|!)(?P<first>[^\n]*)
    |(?:%%(?P<magic>\w+)|(?:%%|\+)[ ].*?(?:language="|\[)(?P<language>\w+)["\]])[^\n]*
        (?P<rest>(?:\n\#(?![ ]?%%)[^\n]*)*))$""",
    re.MULTILINE | re.VERBOSE,
)
_SHELLS = frozenset(("bash", "sh", "script", "system"))
_SQL = frozenset(("sql", "postgres", "postgresql", "psql"))
_LINE = re.compile(r"\n# ?")
DOUBT = "it stands in a comment, which is a cell of a notebook"


def texts(file: MappedText) -> Iterator[Embedded]:
    """The SQL of the magics in a file; none of one that is no notebook."""
    if _IS_NOTEBOOK.search(file.text) is None:
        return
    for found in _MAGIC.finditer(file.text):
        name = (found["magic"] or found["language"] or found["line"]).lower().lstrip("%")
        inner = _lines(file.text, *found.span("rest" if found["line"] is None else "first")).within(file)
        if name in _SHELLS or name == "!":
            place = Place("argument", "os.system", 0)
            carried = list(with_carried([Embedded(inner, (place,))]))[1:]
            yield from (replace(one, doubt=one.doubt or DOUBT) for one in carried)
        elif name in _SQL or engines.by_magic(name) is not None:
            yield Embedded(inner, (Place("file"),), dialect=engines.by_magic(name), doubt=DOUBT)


def _lines(text: str, start: int, stop: int) -> MappedText:
    """The lines of a comment without their signs, one piece each."""
    begins = [start, *(sign.end() for sign in _LINE.finditer(text, start, stop))]
    ends = [*(sign.start() for sign in _LINE.finditer(text, start, stop)), stop]
    pieces: list[Piece] = []
    written = ""
    for begin, end in zip(begins, ends, strict=True):
        if begin < end:
            pieces.append(Piece(len(written), range(begin, end + 1)))
        written += text[begin:end] + "\n"
    return MappedText(written, tuple(pieces))
