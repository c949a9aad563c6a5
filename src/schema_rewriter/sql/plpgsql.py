"""PL/pgSQL: where its statements hold SQL, expressions, types and names; knows its keywords, and no SQL of its own.

Source: PostgreSQL manual, chapter 43. Every expression is the list of a SELECT, and is read as one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.relation import Relation
from schema_rewriter.sql.bodies import types
from schema_rewriter.sql.constants import constants
from schema_rewriter.sql.dynamic_sql import assembled
from schema_rewriter.sql.lexer import Kind, tokens
from schema_rewriter.sql.names import Named, UnresolvedName
from schema_rewriter.sql.quoted import inner
from schema_rewriter.words import IN_ROUTINES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from schema_rewriter.sql.lexer import Token

    Read = Callable[[Sequence[Token], str, Collection[str], str], Iterator[Named]]
    """Reads the tokens of a statement, behind a prefix that is not written there ("select " for an expression)."""


def plpgsql(text: str, names: Collection[str], read: Read) -> Iterator[Named]:
    """What the body of a function says of relations of these names."""
    segment: list[Token] = []
    found = list(tokens(text))
    block = _Block(text, names, read, executed(found))
    depth = 0
    for token in found:
        if token.kind is Kind.OTHER:
            depth += (token.word in ("(", "[")) - (token.word in (")", "]"))
        if token.kind is Kind.OTHER and token.word == ";" and depth <= 0:
            yield from block.segment(segment)
            segment, depth = [], 0
        else:
            segment.append(token)
    yield from block.segment(segment)


def executed(found: Sequence[Token]) -> frozenset[str]:
    """The variables of a body that EXECUTE runs as SQL, and those that such a variable is put together from."""
    if not any(token.word == "execute" for token in found):
        return frozenset()
    assigned: dict[str, set[str]] = {"": set()}
    target: str | None = None
    for index, token in enumerate(found):
        before = found[index - 1].word if index else ""
        if token.word == "execute" and token.kind is Kind.NAME:
            target = ""
        elif (token.word == "=" and before in (":", "=")) or (token.word == "=" and target is None):
            target = _assigned_to(found, index)
        elif token.word in (";", "using", "loop"):
            target = None
        elif target is not None and token.is_name:
            assigned.setdefault(target, set()).add(token.word)
    waiting, run = [""], set()
    while waiting:
        for name in assigned.get(waiting.pop(), ()):
            if name not in run:
                run.add(name)
                waiting.append(name)
    return frozenset(run)


def _assigned_to(found: Sequence[Token], index: int) -> str | None:
    """The variable that the statement assigns to whose sign stands at a token: the first name of it."""
    while index and found[index - 1].word not in (";", "begin", "declare", "then", "else", "loop"):
        index -= 1
    return found[index].word if found[index].is_name else None


class _Block:
    def __init__(self, text: str, names: Collection[str], read: Read, executed: frozenset[str]) -> None:
        self.text, self.names, self.read, self.executed = text, names, read, executed
        self.declaring = False

    def segment(self, part: list[Token]) -> Iterator[Named]:
        """What stands between two semicolons: control keywords, then one statement."""
        while part:
            word = part[0].word if part[0].kind is not Kind.QUOTED else ""
            if word == "<" and len(part) > 4:
                part = part[5:]  # <<label>>
            elif word in ("declare", "begin"):
                self.declaring = word == "declare"
                part = part[1:]
            elif self.declaring:
                yield from self.declaration(part)
                return
            elif word in ("exception", "else", "loop"):
                part = part[1:]
            elif word in ("if", "elsif", "elseif", "when"):
                stop = self.upto(part, "then")
                yield from self.expression(part[1:stop])
                part = part[stop + 1 :]
            elif word == "while":
                stop = self.upto(part, "loop")
                yield from self.expression(part[1:stop])
                part = part[stop + 1 :]
            elif word == "case":
                stop = self.upto(part[1:], "when") + 1
                yield from self.expression(part[1:stop])
                part = part[stop:]
            elif word in ("for", "foreach"):
                start, stop = self.upto(part, "in"), self.upto(part, "loop")
                yield from self.loop(part[start + 1 : stop])
                part = part[stop + 1 :]
            else:
                yield from self.statement(part, word)
                return

    def upto(self, part: Sequence[Token], word: str) -> int:
        """Where a keyword stands that belongs to none of the CASE expressions and parentheses before it."""
        depth = 0
        for index, token in enumerate(part):
            if index and token.word == word and depth == 0 and token.kind is Kind.NAME:
                return index
            if token.kind is Kind.OTHER:
                depth += (token.word in ("(", "[")) - (token.word in (")", "]"))
            elif token.kind is Kind.NAME and index:
                depth += (token.word == "case") - (token.word == "end")
        return len(part)

    def declaration(self, part: list[Token]) -> Iterator[Named]:
        words = [token.word for token in part]
        if "cursor" in words[1:4]:
            start = next((index for index, word in enumerate(words) if word in ("for", "is") and index > 1), len(words))
            yield from self.query(part[start + 1 :])
            return
        start = 2 if words[1:2] == ["constant"] else 1
        stop = next(
            (index for index in range(start, len(words)) if words[index] in (":", "=", "default", "not", "collate")),
            len(words),
        )
        yield from types(part[start:stop], self.names)
        value = next((index for index in range(stop, len(words)) if words[index] in ("=", "default")), len(words))
        if "regclass" in words[start:stop]:
            yield from constants(part, self.text, self.names)
        yield from self.assigned(part[0].word, part[value + 1 :])

    def loop(self, part: list[Token]) -> Iterator[Named]:
        words = [token.word for token in part[:2]]
        if words[:1] == ["execute"]:
            yield from self.execute(part[1:])
        elif words and (words[0] in IN_ROUTINES or (words[0] == "(" and words[-1] in IN_ROUTINES)):
            yield from self.query(part)
        else:
            start = 1 if words[:1] in (["reverse"], ["array"]) else 0
            current: list[Token] = []
            for index, token in enumerate(part[start:], start):
                if token.word == "." and index + 1 < len(part) and part[index + 1].word == ".":
                    yield from self.expression(current)
                    current = []
                elif not (token.word == "." and part[index - 1].word == "."):
                    current.append(token)
            yield from self.expression(current)

    def statement(self, part: list[Token], word: str) -> Iterator[Named]:
        words = [token.word for token in part]
        if word == "perform":
            yield from self.expression(part[1:])
        elif word == "execute":
            yield from self.execute(part[1:])
        elif word == "return" and words[1:2] == ["query"]:
            yield from self.execute(part[3:]) if words[2:3] == ["execute"] else self.query(part[2:])
        elif word == "return":
            yield from self.expression(part[2:] if words[1:2] == ["next"] else part[1:])
        elif word == "open" and "for" in words:
            start = words.index("for") + 1
            yield from (
                self.execute(part[start + 1 :]) if words[start : start + 1] == ["execute"] else self.query(part[start:])
            )
        elif word in IN_ROUTINES:
            yield from self.query(part)
        elif word == "raise":
            yield from self.expression(part[words.index(",") + 1 :] if "," in words else [])
        elif word in ("assert", "call"):
            yield from self.expression(part[1:])
        elif word not in ("null", "end", "exit", "get", "continue", "close", "fetch", "move", "commit", "rollback"):
            assigned = next((index for index, each in enumerate(words) if each == "="), None)
            if assigned is not None:
                yield from self.subscripts(part[:assigned])
                yield from self.assigned(word or words[0], part[assigned + 1 :])

    def expression(self, part: Sequence[Token]) -> Iterator[Named]:
        if part:
            yield from self.strings(part)
            yield from self.read(part, self.text, self.names, "select ")

    def assigned(self, name: str, part: Sequence[Token]) -> Iterator[Named]:
        """What a variable gets: where EXECUTE runs it, all that its strings say."""
        if name in self.executed:
            yield from self.strings(part, always=True)
        yield from self.expression(part)

    def subscripts(self, part: Sequence[Token]) -> Iterator[Named]:
        """The expressions in the brackets of what is assigned to: `b[(SELECT ..)] := ..`."""
        depth = start = 0
        for index, token in enumerate(part):
            if token.word == "[" and token.kind is Kind.OTHER:
                start = index + 1 if depth == 0 else start
                depth += 1
            elif token.word == "]" and token.kind is Kind.OTHER:
                depth -= 1
                if depth == 0:
                    yield from self.expression(part[start:index])

    def query(self, part: Sequence[Token]) -> Iterator[Named]:
        """A statement of SQL, without the variables that its INTO fills."""
        kept: list[Token] = []
        index = depth = 0
        while index < len(part):
            token = part[index]
            depth += (token.word == "(") - (token.word == ")") if token.kind is Kind.OTHER else 0
            before = part[index - 1].word if index else ""
            if token.word == "into" and token.kind is Kind.NAME and depth == 0 and before not in ("insert", "merge"):
                index = self.targets(part, index + 1)
                continue
            kept.append(token)
            index += 1
        if kept:
            routine = kept[0].word in ("create", "do")  # its constants are read as bodies
            yield from () if routine else self.strings(kept)
            yield from self.read(kept, self.text, self.names, "")

    def targets(self, part: Sequence[Token], index: int) -> int:
        """Behind the variables of INTO [STRICT] a, b.c, d[1]."""
        index += part[index].word == "strict" if index < len(part) else 0
        while index < len(part):
            index += 1
            while index + 1 < len(part) and part[index].word == ".":
                index += 2
            if index < len(part) and part[index].word == "[":
                while index < len(part) and part[index].word != "]":
                    index += 1
                index += 1
            if index >= len(part) or part[index].word != ",":
                break
            index += 1
        return index

    def execute(self, part: list[Token]) -> Iterator[Named]:
        """EXECUTE of constants, and of what they are put together with; all else is known only at run time."""
        stop = min(self.upto([*part[:1], *part[1:]], "into"), self.upto(part, "using"))
        built = assembled(part[:stop], self.text)
        if built is None:
            yield from self.strings(part[:stop], always=True)
        else:
            found = list(tokens(built.text))  # none, where it is a comment
            for named in self.read(found, built.text, self.names, "") if found else ():
                yield from built.lift(named, self.names)
        yield from self.expression(part[stop + 1 :] if part[stop : stop + 1] and part[stop].word == "using" else [])

    def strings(self, part: Sequence[Token], *, always: bool = False) -> Iterator[UnresolvedName]:
        """The names that strings of SQL say, for a later EXECUTE."""
        for token in part:
            content = inner(token, self.text) if token.kind in (Kind.STRING, Kind.BODY) else None
            found = list(tokens(content.text)) if content else []
            if content is None or not found or not (always or found[0].word in IN_ROUTINES):
                continue
            for index, word in enumerate(found):
                if word.is_name and word.word in self.names:
                    qualified = index > 1 and found[index - 1].word == "." and found[index - 2].is_name
                    span = Span(content.offsets[word.start], content.offsets[word.stop])
                    yield UnresolvedName(
                        span,
                        "unparsed-sql",
                        "it stands in a string that is run as SQL",
                        Relation(found[index - 2].word if qualified else None, word.word),
                    )
