"""A place in the tokens of a statement, and the parts of forms there that name types; knows no form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.sql.clauses import touching
from schema_rewriter.sql.lexer import Kind
from schema_rewriter.sql.parse import is_dynamic
from schema_rewriter.sql.signatures import is_built_in, option_types, type_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_rewriter.sql.lexer import Token


class Place:
    """A place in the tokens of a statement; `at` is the next token."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens, self.at = tokens, 0

    def word(self, ahead: int = 0) -> str:
        """The next word but `ahead`, or ""; a quoted name is none."""
        if not 0 <= self.at + ahead < len(self.tokens):
            return ""
        token = self.tokens[self.at + ahead]
        return "" if token.kind is Kind.QUOTED else token.word

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

    def closing(self, index: int) -> int:
        """Where the parenthesis at a token closes; behind the last token if it does not."""
        depth = 0
        for place in range(index, len(self.tokens)):
            token = self.tokens[place]
            depth += (token.word == "(") - (token.word == ")") if token.kind is Kind.OTHER else 0
            if depth == 0:
                return place
        return len(self.tokens)


class TypeReader(Place):
    """Passes what names types, and notes them."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        super().__init__(tokens)
        self.types: list[tuple[Token, ...]] = []

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
