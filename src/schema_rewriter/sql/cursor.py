"""A place in a statement's tokens, for those that read a statement word by word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.relation import Relation
from schema_rewriter.sql.lexer import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.sql.lexer import Token
    from schema_rewriter.sql.statements import Statement


class Cursor:
    """A place in a statement's tokens."""

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self.tokens = statement.tokens
        self.made: list[tuple[Relation, tuple[str, ...], str]] = []
        self.words = [token.word if token.kind is not Kind.QUOTED else "" for token in statement.tokens] + [""] * 3
        self.at = 0

    def skip(self, *words: str) -> None:
        while self.words[self.at] in words:
            self.at += 1

    def takes(self, *words: str) -> bool:
        found = tuple(self.words[self.at : self.at + len(words)]) == words
        self.at += len(words) if found else 0
        return found

    def relation(self) -> Relation | None:
        parts: list[Token] = []
        while self.at < len(self.tokens) and self.tokens[self.at].is_name:
            parts.append(self.tokens[self.at])
            self.at += 1
            if self.words[self.at] != ".":
                break
            self.at += 1
        return Relation(parts[-2].word if len(parts) > 1 else None, parts[-1].word) if parts else None

    def elements(self) -> Iterator[tuple[list[Token], list[str]]]:
        """What commas separate in the parentheses that open here: tokens, and their words."""
        depth, start = 0, self.at + 1
        for place in range(self.at, len(self.tokens)):
            word = self.words[place]
            depth += (word == "(") - (word == ")")
            if (word == "," and depth == 1) or (word == ")" and depth == 0):
                yield list(self.tokens[start:place]), self.words[start:place]
                start = place + 1
            if depth == 0:
                return
