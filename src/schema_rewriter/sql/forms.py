"""Statements that sqlglot keeps opaque, read over their tokens by the forms of grammar.py; knows no expressions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from schema_rewriter.sql.grammar import CLAUSES, forms
from schema_rewriter.sql.type_reader import TypeReader
from schema_rewriter.words import QUERY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from schema_rewriter.sql.lexer import Token


@dataclass(frozen=True, slots=True)
class Form:
    """What a form makes of a statement: its relations, each as the tokens of its dotted name, stretches of tokens
    that are statements themselves, and the types of its casts."""

    relations: tuple[tuple[Token, ...], ...]
    statements: tuple[tuple[int, int], ...]
    types: tuple[tuple[Token, ...], ...] = ()


def read(tokens: Sequence[Token]) -> Form | None:
    """The reading of a statement by the first form that it has; None if it has none of them."""
    for parts in forms().get(tokens[0].word, ()):
        reader = _Reader(tokens)
        if all(reader.part(part) for part in parts) and reader.at == len(tokens):
            return Form(tuple(reader.relations), tuple(reader.statements), tuple(reader.types))
    return None


class _Reader(TypeReader):
    """Matches one form and notes what it finds."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        super().__init__(tokens)
        self.relations: list[tuple[Token, ...]] = []
        self.statements: list[tuple[int, int]] = []

    def part(self, part: str) -> bool:
        """Whether the tokens go on with this part of a form, which is passed."""
        if part in self.READERS:
            return self.READERS[part](self)
        if part[0] == "[":
            options = part.strip("[]").split()
            while self.word() in options:
                self.at += 1
            return True
        if part[:2] == ".." and part[2:] in self.READERS:
            while self.at < len(self.tokens) and self.word() != "(":
                self.at += 1
            return self.READERS[part[2:]](self)
        if part[:2] == "..":
            depth = 0
            while self.word() != part[2:] or depth:
                depth += (self.word() == "(") - (self.word() == ")")
                self.at += 1
                if self.at >= len(self.tokens):
                    return False
        elif self.word() != part:
            return False
        self.at += 1
        return True

    def name(self) -> bool:
        return bool(self.dotted())

    def column(self) -> bool:
        names = self.dotted()
        self.relations += [names[:-1]] if len(names) > 1 else []
        return len(names) > 1

    def relation_list(self) -> bool:
        while self.relation():
            if self.word() == "where" and self.word(1) == "(":  # CREATE PUBLICATION
                self.at += 1
                self.parentheses()
            if self.word() != ",":
                return True
            self.at += 2 if self.word(1) == "table" else 1
        return False

    def definition(self) -> bool:
        names = self.dotted()
        self.relations += [names] if names else []
        return bool(names)

    def relation(self) -> bool:
        self.at += self.word() == "only"
        wrapped = self.word() == "("
        self.at += wrapped
        names = self.dotted()
        if not names or (wrapped and self.word() != ")"):
            return False
        self.relations.append(names)
        self.at += wrapped
        self.at += self.word() == "*"
        return self.parentheses()

    def parentheses(self) -> bool:
        if self.word() == "(":
            stop = self.closing(self.at)
            self.sub_queries(self.at, stop)
            self.at = stop + 1
        return self.at <= len(self.tokens)

    def sub_queries(self, start: int, stop: int) -> None:
        """Note what begins with a verb behind a parenthesis."""
        index = start
        while index < stop - 1:
            if self.tokens[index].word == "(" and self.tokens[index + 1].word in QUERY:
                end = self.closing(index)
                self.statements.append((index + 1, end))
                index = end
            index += 1

    def query(self) -> bool:
        """A query up to WITH [LOCAL | CASCADED] CHECK OPTION, or WITH [NO] DATA."""
        stop = len(self.tokens)
        for words in (2, 3, 4):
            last = [token.word for token in self.tokens[-words:]]
            if last[0] == "with" and last[-1] in ("option", "data"):
                stop = len(self.tokens) - words
        if self.at < stop:
            self.statements.append((self.at, stop))
        found, self.at = self.at < stop, len(self.tokens)
        return found

    def statement(self) -> bool:
        if self.at < len(self.tokens):
            self.statements.append((self.at, len(self.tokens)))
        found, self.at = self.at < len(self.tokens), len(self.tokens)
        return found

    def rest(self) -> bool:
        while self.at < len(self.tokens):
            if self.word() == "(" and self.word(1) in QUERY:
                self.parentheses()
            elif self.word() == "do" and self.tokens[0].word == "create":
                self.actions()
            elif self.word() == "as" and self.word(1) in QUERY and self.tokens[0].word == "create":
                self.at += 1
                self.query()
            elif not self.clause():
                self.at += 1
        return True

    def clause(self) -> bool:
        """Pass a clause that names relations, if one stands here."""
        start = self.at
        for words, what in CLAUSES.items():
            expected = words.split()
            if [self.word(index) for index in range(len(expected))] != expected:
                continue
            if words == "table" and self.word(-1) in ("temp", "temporary"):
                continue  # what is made there is never the relation
            self.at += len(expected)
            if what == "type":
                self.types += [names] if (names := self.dotted()) else []
                return True
            if self.column() if what == "col" else self.relation_list():
                return True
            self.at = start
        return False

    def actions(self) -> None:
        """Of a rule: DO [ALSO | INSTEAD] NOTHING, a command, or several in parentheses."""
        self.at += 1
        self.at += self.word() in ("also", "instead")
        if self.word() == "nothing":
            return
        if self.word() != "(":
            self.statement()
            return
        stop = self.closing(self.at)
        start = self.at + 1
        for index in range(start, stop + 1):
            if index == stop or self.tokens[index].word == ";":
                self.statements += [(start, index)] if start < index else []
                start = index + 1
        self.at = stop + 1

    READERS: ClassVar[dict[str, Callable[[Any], bool]]] = {
        "rel": relation_list,
        "datatype": TypeReader.datatype,
        "sig": TypeReader.signature,
        "args": TypeReader.arguments,
        "options": TypeReader.options,
        "members": TypeReader.members,
        "col": column,
        "name": name,
        "()": parentheses,
        "stmt": statement,
        "rest": rest,
        "def": definition,
        "query": query,
    }
