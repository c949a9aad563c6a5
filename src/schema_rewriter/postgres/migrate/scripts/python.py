"""SQL as Python writes it, for the formats that are Python files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.postgres.migrate.scripts.setting import GATE_VARIABLE
from schema_rewriter.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence


def text(sql: str) -> str:
    """A literal of Python for a text, in several lines where it has them."""
    if '"""' in sql or sql.endswith(('"', "\\")) or "\r" in sql:
        return repr(sql)
    if "\n" not in sql and '"' not in sql and "\\" not in sql:
        return f'"{sql}"'
    return ("r" if "\\" in sql else "") + f'"""{sql}"""'


def texts(name: str, items: Sequence[tuple[str, str]]) -> list[str]:
    """The lines of a list with a name; each item is a statement and a comment."""
    lines = [f"{name} = ["]
    for sql, note in items:
        lines += [f"    # {visible(line)}".rstrip() for line in note.splitlines()]
        lines.append(f"    {text(sql)},")
    return [*lines, "]"]


GATE = (
    f"# Old names end only where {GATE_VARIABLE}=yes in the environment says that no old code runs.",
    f'GATE = ["SET schema_rewrite.contract = yes"] if environ.get("{GATE_VARIABLE}") == "yes" else []',
    "",
)
"""The lines of a gated release by which the environment opens its gate."""


def docstring(lines: Sequence[str]) -> list[str]:
    r"""The lines of a docstring; what could end it early, or escape, is written otherwise."""
    safe = [visible(line).replace("\\", "/").replace('"""', "'''") for line in lines]
    return [f'"""{safe[0]}', *safe[1:], '"""']
