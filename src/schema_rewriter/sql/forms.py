"""Statements that sqlglot keeps opaque, read over their tokens by the forms of grammar.py; knows no expressions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from schema_rewriter.sql.clauses import touching
from schema_rewriter.sql.grammar import CLAUSES, forms
from schema_rewriter.sql.lexer import Kind
from schema_rewriter.sql.parse import is_dynamic
from schema_rewriter.sql.signatures import is_built_in, option_types, type_names
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


class _Reader:
    """Matches one form and notes what it finds; `at` is the next token."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens, self.at = tokens, 0
        self.relations: list[tuple[Token, ...]] = []
        self.types: list[tuple[Token, ...]] = []
        self.statements: list[tuple[int, int]] = []

    def word(self, ahead: int = 0) -> str:
        """The next word but `ahead`, or ""; a quoted name is none."""
        if not 0 <= self.at + ahead < len(self.tokens):
            return ""
        token = self.tokens[self.at + ahead]
        return "" if token.kind is Kind.QUOTED else token.word

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

    def dotted(self) -> tuple[Token, ...]:
        """The parts of a dotted name, which is passed; () if none stands here."""
        names: list[Token] = []
        while self.at < len(self.tokens) and (self.tokens[self.at].is_name or self.tokens[self.at].kind is Kind.HOLE):
            names.append(self.tokens[self.at])
            self.at += 1
            while self.at < len(self.tokens) and touching(self.tokens[self.at - 1], self.tokens[self.at]):
                names[-1] = next(token for token in (self.tokens[self.at], names[-1]) if is_dynamic(token))
                self.at += 1
            if self.word() != ".":
                break
            self.at += 1
        return tuple(names)

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

    def datatype(self) -> bool:
        """Pass a list of types."""
        while names := self.dotted():
            self.types.append(names)
            while self.word() == "[" or (self.word() == "(" and is_built_in(names)):
                self.at = self.closing(self.at) + 1
            if self.word() != ",":
                return True
            self.at += 1
        return False

    def arguments(self) -> bool:
        """Pass the parentheses with the arguments of a routine, or the operands of an operator."""
        if self.word() != "(":
            return False
        stop = self.closing(self.at)
        self.types += type_names(self.tokens[self.at + 1 : stop + 1])
        self.at = stop + 1
        return self.at <= len(self.tokens)

    def signature(self) -> bool:
        """Pass a list of routines, each with or without the types of its arguments."""
        while self.dotted():
            if self.word() == "(" and not self.arguments():
                return False
            if self.word() != ",":
                return True
            self.at += 1
        return False

    def options(self) -> bool:
        """Pass the parentheses with the options of an operator, an aggregate or a type."""
        if self.word() != "(":
            return False
        stop = self.closing(self.at)
        self.types += option_types(self.tokens[self.at + 1 : stop])
        self.at = stop + 1
        return self.at <= len(self.tokens)

    def members(self) -> bool:
        """Pass the rest of an operator class or family: operators, functions and STORAGE."""
        while self.at < len(self.tokens):
            if self.word() == "(":
                self.arguments()
            elif self.word() == "storage":
                self.at += 1
                self.datatype()
            else:
                self.at += 1
        return True

    def closing(self, index: int) -> int:
        """Where the parenthesis at a token closes; behind the last token if it does not."""
        depth = 0
        for place in range(index, len(self.tokens)):
            token = self.tokens[place]
            depth += (token.word == "(") - (token.word == ")") if token.kind is Kind.OTHER else 0
            if depth == 0:
                return place
        return len(self.tokens)

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

    READERS: ClassVar[dict[str, Callable[[_Reader], bool]]] = {
        "rel": relation_list,
        "datatype": datatype,
        "sig": signature,
        "args": arguments,
        "options": options,
        "members": members,
        "col": column,
        "name": name,
        "()": parentheses,
        "stmt": statement,
        "rest": rest,
        "def": definition,
        "query": query,
    }
