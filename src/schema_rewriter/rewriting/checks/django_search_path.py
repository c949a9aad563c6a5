"""`django-search-path`: Django's connections have to find tables that move, by a path that is set in one place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter.finding import Finding
from schema_rewriter.relation import quote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from schema_rewriter.project import Context
    from schema_rewriter.project.context import DjangoCause
    from schema_rewriter.reading import SourceFile
    from schema_rewriter.rules import RuleSet


def check(file: SourceFile, context: Context, today: date | None) -> Iterator[Finding]:
    """The finding on the databases of a file of settings; on a model, where the run has no settings."""
    if (cause := context.django_cause) is None:
        return
    some, more = cause.names[:_SHOWN], len(cause.names) - _SHOWN
    listed = ", ".join(some) + (f" and {more} more" if more > 0 else "")
    message = f"Django finds what moves by the search_path alone: {listed}"
    yield Finding("django-search-path", message, cause.span, reason=_advice(cause, file.rules))


_SHOWN = 8
"""How many tables are listed; the notes at the models tell all of them."""


def _advice(cause: DjangoCause, rules: RuleSet) -> str:
    """The line to write, and the one in the rules that says that it is written."""
    said = 'say [django] strategy = "search_path" in the rules'
    if cause.is_set:
        return f"a path that finds it is set: {said}"
    text = f"-c search_path={_option(rules.widened_path)}"
    option = f'"options": {_literal(text)}'
    whole = f'"OPTIONS": {{{option}}}'
    to = " and ".join(f'"{alias}"' for alias in cause.aliases if alias)
    if not cause.aliases:
        advice = f"in the settings, add {whole} to the database"
    elif cause.options == "none":
        advice = f"add {whole} to the database {to}"
    elif cause.options == "some":
        advice = f"add {option} to the OPTIONS of {to}"
    elif cause.options == "options":
        advice = f'add {_literal(f" {text}")} to the "options" of {to}'
    else:
        entry = f"DATABASES[{_literal(cause.aliases[0] or 'default')}]"
        advice = f'add a line behind it: {entry}.setdefault("OPTIONS", {{}})["options"] = {_literal(text)}'
    return advice if rules.django else f"{advice}, and {said}"


def _option(path: tuple[str, ...]) -> str:
    """A path as libpq's options take it: a backslash in front of blanks and backslashes."""
    return re.sub(r"([\\\s])", r"\\\1", ",".join(map(quote, path)))


def _literal(text: str) -> str:
    """A string as Python writes it, in double quotes where it can be."""
    return repr(text) if '"' in text or "\\" in text else f'"{text}"'
