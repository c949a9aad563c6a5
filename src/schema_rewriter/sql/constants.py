"""Names of relations within string constants: 'events'::regclass, nextval('events_id_seq') ... Knows tokens only.

Source: PostgreSQL manual, sections 8.19 (object identifier types), 9.17 (sequence functions), 9.26 (system information
functions), 9.27 (administration functions).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.functions import functions
from schema_rewriter.relation import Relation, fold
from schema_rewriter.sql.lexer import Kind
from schema_rewriter.sql.names import Reference, Role, UnresolvedName
from schema_rewriter.sql.tree import TYPES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from schema_rewriter.sql.lexer import Token

_PARTS = re.compile(
    r'"(?:[^"]|"")+"|[A-Za-z_\u0080-\ud7ff\ue100-\U0010ffff][A-Za-z0-9_$\u0080-\ud7ff\ue100-\U0010ffff]*'
)
_ELEMENTS = re.compile(r'\s*((?:"(?:[^"]|"")*"|[^,"{}\\])+)\s*(?:,|$)')
_LONGEST = 1000
"""Characters of the longest constant that is looked into: a name, or an array of some."""
_TYPES = ("regclass", "regtype")
_UNKNOWN = "only the running program knows this name"


_HOLED = re.compile(rf"(?:({_PARTS.pattern})\.)?[^.,]*?(?:\ue000|{{[^{{}},]+}}).*")


def constants(tokens: Sequence[Token], text: str, names: Collection[str]) -> Iterator[Reference | UnresolvedName]:
    """The references to relations of these names in a statement's string constants, and those with a hole as name."""
    words: list[str] = []
    for index, token in enumerate(tokens):
        if token.kind is not Kind.STRING or text[token.start] != "'":
            continue
        content = text[token.start + 1 : token.stop - 1]
        if len(content) > _LONGEST:
            continue
        holed = _HOLED.fullmatch(content)
        if holed and content[:1] == "{" and content[-1:] == "}" and "\ue000" not in content:
            words = words or _words(tokens)
            holed = None if _read_as(words, index) == "array" else holed
        if not holed and not any(fold(part) in names for part in _PARTS.findall(content)):
            continue
        words = words or _words(tokens)
        read = _read_as(words, index)
        if holed:
            if read == "regclass":
                known = Relation(fold(holed[1]) if holed[1] else None, "")
                yield UnresolvedName(Span(token.start + 1, token.stop - 1), "dynamic-relation", _UNKNOWN, known)
            continue
        if read == "joined":
            yield from _pieces(content, token.start + 1, names)
            continue
        if read == "array" and content[:1] == "{" and content[-1:] == "}":
            parts = [(part[1], part.start(1)) for part in _ELEMENTS.finditer(content[1:-1])]
            named = [_reference(part, token.start + 2 + at) for part, at in parts if '"' not in part]
        else:
            named = [_reference(content, token.start + 1, is_type=read == "regtype")] if read else []
        if read == "beside":
            doubt = "a page goes with it, whose relation is told elsewhere; change both together"
            named = [found and replace(found, doubt=doubt) for found in named]
        yield from (found for found in named if found is not None and found.relation.name in names)


def values(tokens: Sequence[Token]) -> Iterator[UnresolvedName]:
    """The placeholders, and the holes outside of constants, that are read as a relation's name."""
    known = functions()
    said = {token.word for token in tokens}
    if all(map(said.isdisjoint, ({"regclass"}, known.first, known.second, known.from_end))):
        return
    words = _words(tokens)
    for index, token in enumerate(tokens):
        if token.kind in (Kind.PARAMETER, Kind.HOLE) and _read_as(words, index) == "regclass":
            yield UnresolvedName(token.span, "dynamic-relation", _UNKNOWN, Relation(None, ""), is_value=True)


def _pieces(content: str, at: int, names: Collection[str]) -> Iterator[UnresolvedName]:
    """The names in a piece of a relation's name that || puts together."""
    for part in _PARTS.finditer(content):
        if fold(part[0]) in names:
            reason = "it is a piece of a name that is put together"
            span = Span(at + part.start(), at + part.end())
            yield UnresolvedName(span, "unparsed-sql", reason, Relation(None, fold(part[0])))


def _words(tokens: Sequence[Token]) -> list[str]:
    """The words of tokens, and some more that are empty: only names without quotes and signs have one."""
    return [each.word if each.kind in (Kind.NAME, Kind.OTHER) else "" for each in tokens] + [""] * 8


def taken(
    tokens: Sequence[Token], text: str, names: Collection[str], takers: Mapping[str, frozenset[int]]
) -> Iterator[Reference]:
    """The relations of these names that functions get as constants; `takers` tells by which arguments they take one."""
    words = _words(tokens)
    for index, token in enumerate(tokens):
        opening = _opening(words, index) if token.kind is Kind.STRING and text[token.start] == "'" else None
        if opening and _argument(words, opening, index)[0] in takers.get(words[opening - 1], ()):
            found = _reference(text[token.start + 1 : token.stop - 1], token.start + 1)
            if found is not None and found.relation.name in names:
                yield found


def takers(tokens: Sequence[Token]) -> dict[str, frozenset[int]]:
    """By its name, which arguments of the function that a statement creates are of type regclass."""
    words = _words(tokens)
    kind = next((at for at, word in enumerate(words[:5]) if word in ("function", "procedure")), 0)
    if not kind or words[0] != "create" or "(" not in words:
        return {}
    opening = words.index("(")
    position = depth = 0
    places: set[int] = set()
    for place in range(opening, _closing(words, opening)):
        depth += (words[place] in ("(", "[")) - (words[place] in (")", "]"))
        position += words[place] == "," and depth == 1
        if words[place] == "regclass" and words[place + 1] != "[":
            places.add(position)
    return {words[opening - 1]: frozenset(places)} if places and words[opening - 1] else {}


def _reference(content: str, at: int, *, is_type: bool = False) -> Reference | None:
    """The name that a constant's content is, at its places; None if it is none. A type may be an array's."""
    if "'" in content:
        return None
    parts = list(_PARTS.finditer(content))
    rest = _PARTS.sub("", content).replace(" ", "")
    if is_type:
        rest = rest.removesuffix("[]")
        if len(parts) == 1 and fold(parts[0][0]) in TYPES:
            return None
    if not 1 <= len(parts) <= 3 or rest != "." * (len(parts) - 1):
        return None
    name, schema = parts[-1], parts[-2] if len(parts) > 1 else None
    return Reference(
        Span(at + name.start(), at + name.end()),
        Relation(fold(schema[0]) if schema else None, fold(name[0])),
        Role.NAME,
        Span(at + schema.start(), at + schema.end()) if schema else None,
    )


def _read_as(words: Sequence[str], index: int) -> str:
    """What the constant at a token is read as: "regclass" or "regtype" (a name), "array" of names, or "".

    "beside" is a name beside a page, which may be any relation's: its call is left to a person. "joined" is a piece of
    a name that || puts together.
    """
    before = words[max(0, index - 4) : index]
    after = words[index + 1 : index + 3]
    if after == ["|", "|"] or (before[-2:] == ["|", "|"] and after != [":", ":"]):
        return "joined" if _is_joined(words, index) else ""
    if before[-1:] == ["("] and after[:1] == [")"] and before[-2:-1] in ([], [""], ["select"], ["="], [","], ["("]):
        return _cast(words, index + 2)
    if before[-1:] in (["regclass"], ["regtype"]) and before[-2:-1] != [":"]:
        return before[-1]
    if (
        before[-2:] == ["regclass", "default"]
        or before == ["regclass", "not", "null", "default"]
        or before[-3:] == ["regclass", ":", "="]
        or _is_default(before)
    ):
        return "regclass"
    if before[-1:] == ["("] and before[-2:-1] == ["to_regtype"]:
        return "regtype"
    if (cast := _cast(words, index + 1)) or (cast := _compared(before)):
        return cast
    opening = _opening(words, index)
    if not opening:
        return ""
    if words[opening] == "[":
        cast = _cast(words, _closing(words, opening) + 1) if words[opening - 1] == "array" else ""
        return "regclass" if cast == "array" else ""
    if words[max(0, opening - 4) : opening] in ([":", ":", "regclass", "in"], [":", "regclass", "not", "in"]):
        return "regclass"
    function = words[opening - 1]
    position, count = _argument(words, opening, index)
    known = functions()
    if function in known.page_first and position == 1:
        return "beside"
    if (
        (function in known.first and position == 0)
        or (function in known.second and position == 1)
        or known.from_end.get(function, 0) == count - position
        or (function in known.first and words[index - 1] in ("=", ">") and _named(words, index) in known.called)
    ):
        return "regclass"
    return ""


def _is_joined(words: Sequence[str], index: int) -> bool:
    """Whether what || puts together of a constant and others is read as a relation's name."""
    opening = _opening(words, index)
    if opening is None:
        return False
    closing = _closing(words, opening)
    given = words[opening + 1 : closing]
    called = words[opening - 1] if opening else ""
    cast = called == "cast" and given[-2:] == ["as", "regclass"]
    return (
        cast or (called in functions().first and "," not in given[: index - opening]) or bool(_cast(words, closing + 1))
    )


def _is_default(before: Sequence[str]) -> bool:
    """Whether the default of a parameter follows: `t regclass = ..`, and no comparison of a cast."""
    return before[-2:] == ["regclass", "="] and len(before) > 2 and before[-3] not in (":", ".", "as")


def _cast(words: Sequence[str], index: int) -> str:
    """The cast behind an operand, perhaps by way of text: `::regclass`, `::text::regclass`, `AS regclass)`."""
    through = _through_text(words, index)
    if through > index and words[through : through + 4] == [")", ":", ":", "regclass"]:
        return "regclass"
    index = through
    if words[index : index + 2] == [":", ":"]:
        index += 2
    elif words[index] == "as" and words[index + 2] in (")", "["):
        index += 1
    else:
        return ""
    if words[index] == "pg_catalog" and words[index + 1] == ".":
        index += 2
    cast = words[index] if words[index] in _TYPES else ""
    return "array" if cast == "regclass" and words[index + 1] == "[" else cast


def _through_text(words: Sequence[str], index: int) -> int:
    """Behind a cast to a type of text: `::text`, `::varchar(63)`, `AS text`; where it began if there is none."""
    if words[index : index + 2] == [":", ":"]:
        at = index + 2
    elif words[index] == "as":
        at = index + 1
    else:
        return index
    at += 2 * (words[at : at + 2] == ["pg_catalog", "."])
    if words[at] not in ("text", "varchar", "name", "bpchar", "char", "character"):
        return index
    at += 2 if words[at + 1] == "varying" else 1
    return _closing(words, at) + 1 if words[at] == "(" else at


def _compared(before: Sequence[str]) -> str:
    """regclass, where what stands before compares something cast to it."""
    equal = before[-4:] in ([":", ":", "regclass", "="], [":", "regclass", "<", ">"], [":", "regclass", "!", "="])
    return "regclass" if equal else ""


def _named(words: Sequence[str], index: int) -> str:
    """The name that an argument is given by: `name => ..` or `name := ..`."""
    return words[index - 3] if words[index - 2 : index] in (["=", ">"], [":", "="]) else ""


def _closing(words: Sequence[str], opening: int) -> int:
    depth = 0
    for place in range(opening, len(words) - 8):
        depth += (words[place] in ("(", "[")) - (words[place] in (")", "]"))
        if depth == 0:
            return place
    return len(words) - 8


def _opening(words: Sequence[str], index: int) -> int | None:
    """The parenthesis or bracket that a token stands right within."""
    depth = 0
    for place in range(index - 1, -1, -1):
        depth += (words[place] in (")", "]")) - (words[place] in ("(", "["))
        if depth < 0:
            return place
    return None


def _argument(words: Sequence[str], opening: int, index: int) -> tuple[int, int]:
    """The position of an argument that is one token, or a token with a cast, and how many arguments there are."""
    depth = position = count = 0
    for place in range(opening, len(words)):
        depth += (words[place] in ("(", "[")) - (words[place] in (")", "]"))
        if depth == 0:
            break
        if words[place] == "," and depth == 1:
            count += 1
        if place == index:
            position = count
    alone = words[index - 1] in ("(", ",") and words[index + 1 : index + 2] in ([","], [")"], [":"])
    return (position if alone else -1), count + 1
