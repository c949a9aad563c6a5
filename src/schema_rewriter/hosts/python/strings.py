"""What a string expression may come to: variants of parts, each part with its place; knows expressions, no flow.

Followed are literals of every kind, implicit concatenation, +, %, .format, sep.join([...]), dedent and strip, and
names that the flow (flow.py) knows. Everything else is a hole.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import libcst as cst

from schema_rewriter.edit import Span
from schema_rewriter.hosts.python import literals, tree
from schema_rewriter.hosts.python.literals import Chunk, Code, Gap, Part
from schema_rewriter.hosts.python.texts import QUOTING
from schema_rewriter.text import Braces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Variant = tuple[Part, ...]
MOST_VARIANTS = 24
"""How many values of one expression are told apart; of more, every part is still looked at in one of them."""

_KEEPS = ("dedent", "cleandoc", "SQL", "Template")  # functions whose text keeps its statements
_KEEPING = ("strip", "lstrip", "rstrip", "encode")  # methods likewise


@dataclass
class Strings:
    """Evaluates expressions of one file. `rest` gathers the sub-expressions that are no part of the text itself,
    `replaced` the calls of str.replace that it went through.
    """

    text: str
    spans: tree.Spans
    lookup: Callable[[str], tuple[Variant, ...] | None]
    lookup_list: Callable[[str], tuple[tuple[Variant, ...], ...]]
    path: str = ""
    numbers: dict[cst.CSTNode, int] = field(default_factory=dict)
    rest: list[cst.CSTNode] = field(default_factory=list)
    replaced: list[cst.Call] = field(default_factory=list)

    def variants(self, node: cst.BaseExpression) -> tuple[Variant, ...] | None:
        """The values that a string expression may have; None for an expression that is not known to be a string."""
        evaluate = _EVALUATE.get(type(node))
        return evaluate(self, node) if evaluate else None

    def _plain(self, node: cst.SimpleString) -> tuple[Variant, ...]:
        return (tuple(literals.simple(node.value, self.spans[node].start)),)

    def _with_holes(self, node: cst.FormattedString | cst.TemplatedString) -> tuple[Variant, ...] | None:
        return self._joined([self._part(part, node) for part in node.parts])

    def _side_by_side(self, node: cst.ConcatenatedString) -> tuple[Variant, ...] | None:
        pieces: list[cst.BaseExpression] = []
        rest: cst.BaseExpression = node
        while isinstance(rest, cst.ConcatenatedString):
            pieces.append(rest.left)
            rest = rest.right
        return self._joined([self.variants(piece) for piece in (*pieces, rest)])

    def _bound(self, node: cst.NamedExpr) -> tuple[Variant, ...] | None:
        return self.variants(node.value)

    def _name(self, node: cst.Name) -> tuple[Variant, ...] | None:
        return self.lookup(node.value)

    def _part(self, part: cst.CSTNode, node: cst.FormattedString | cst.TemplatedString) -> tuple[Variant, ...]:
        layer = literals.opening(node.start)
        span = self.spans[part]
        if isinstance(part, tree.TEXTS):
            return (tuple(literals.decoded(part.value, span.start, layer, braces=True)),)
        if not isinstance(part, tree.HOLES):
            raise TypeError(f"a part of an f-string of an unknown kind: {type(part).__name__}")
        plain = part.conversion in (None, "s") and part.format_spec is None
        if part.format_spec is not None:
            self.rest.extend(part.format_spec)
        written = self.text[span.start : span.stop]
        place = Chunk(written, range(span.start, span.stop + 1), (Braces(), layer))
        if plain and (values := self.variants(part.expression)) is not None:
            return values
        self.rest.append(part.expression)
        if not plain:
            return ((Code(_written(part.expression), place),),)
        return ((self.code(part.expression, place),),)

    def code(self, node: cst.BaseExpression, place: Chunk | None = None) -> Code:
        """An expression as a hole."""
        number = self.numbers.setdefault(node, len(self.numbers))
        function = tree.dotted(node.func).rpartition(".")[2] if isinstance(node, cst.Call) else ""
        line = _line(node)
        code = Code(_shortened(line), place, self.path, line, number, function in QUOTING)
        return self._identifier(node, code) if function == "Identifier" and isinstance(node, cst.Call) else code

    def _identifier(self, node: cst.Call, code: Code) -> Code:
        """psycopg's Identifier with the names it is made of, where they are plain literals."""
        values = [argument.value for argument in node.args if not argument.keyword and not argument.star]
        spans = [self.spans[value] for value in values if isinstance(value, cst.SimpleString)]
        if not spans or len(spans) != len(node.args):
            return code
        start = spans[0].start
        written = [self.text[span.start : span.stop] for span in spans]
        if any(text[0] not in "'\"" or text[:3] in ("'" * 3, '"' * 3) or "\\" in text for text in written):
            return code
        bounds = tuple(Span(span.start + 1 - start, span.stop - 1 - start) for span in spans)
        stretch = Chunk(self.text[start : spans[-1].stop], range(start, spans[-1].stop + 1))
        return replace(code, arguments=stretch, names=tuple(text[1:-1] for text in written), bounds=bounds)

    def _or_hole(self, node: cst.BaseExpression) -> tuple[Variant, ...]:
        values = self.variants(node)
        return self._hole(node) if values is None else values

    def _hole(self, node: cst.BaseExpression) -> tuple[Variant, ...]:
        self.rest.append(node)
        return ((self.code(node),),)

    def _operation(self, node: cst.BinaryOperation) -> tuple[Variant, ...] | None:
        if type(node.operator) is cst.Modulo:
            before = len(self.rest)
            template = self.variants(node.left)
            if template is None:
                del self.rest[before:]
                return None
            return self._percented(template, node.right)
        if type(node.operator) is not cst.Add:
            return None
        operands: list[cst.BaseExpression] = [node.right]
        first: cst.BaseExpression = node.left
        while type(first) is cst.BinaryOperation and type(first.operator) is cst.Add and not first.lpar:
            operands.append(first.right)
            first = first.left
        operands.append(first)
        operands.reverse()
        values = [self.variants(operand) for operand in operands]
        if all(value is None for value in values):
            return None
        return self._joined(
            [self._hole(operand) if value is None else value for operand, value in zip(operands, values, strict=True)]
        )

    def _call(self, node: cst.Call) -> tuple[Variant, ...] | None:
        function = node.func
        name = function.attr.value if type(function) is cst.Attribute else tree.dotted(function).rpartition(".")[2]
        before = len(self.rest)
        values: tuple[Variant, ...] | None = None
        if name in _KEEPS and len(node.args) == 1:
            values = self.variants(node.args[0].value)
        elif name == "Composed" and len(node.args) == 1:
            values = self._joined_by(Gap(""), node.args[0].value)
        elif name == "Literal" and len(node.args) == 1:
            values = self._constant(node.args[0].value)
        elif type(function) is cst.Attribute:
            if name in _KEEPING:
                values = self.variants(function.value)
                self.rest.extend(node.args)
            elif name in ("format", "format_map"):
                template = self.variants(function.value)
                if template is not None:
                    values = self._formatted(template, node)
            elif name in ("substitute", "safe_substitute", "replace"):
                template = self.variants(function.value)
                if template is not None:
                    values = self._replaced(template, node) if name == "replace" else self._substituted(template, node)
            elif name == "join" and len(node.args) == 1:
                values = self._join(function.value, node.args[0].value)
        if values is None:
            del self.rest[before:]
        return values

    def _percented(self, template: tuple[Variant, ...], values: cst.BaseExpression) -> tuple[Variant, ...] | None:
        """A template for the % operator with its conversions filled, where it is plain what fills which."""
        given: dict[str, cst.BaseExpression] = {}
        if isinstance(values, cst.Tuple):
            elements = [e.value for e in values.elements if isinstance(e, cst.Element)]
            given = {str(index): value for index, value in enumerate(elements) if len(elements) == len(values.elements)}
        elif isinstance(values, cst.Dict):
            for element in values.elements:
                if isinstance(element, cst.DictElement) and isinstance(element.key, cst.SimpleString):
                    given[str(element.key.evaluated_value)] = element.value
        elif isinstance(values, cst.Call) and tree.dotted(values.func) == "dict":
            given = {argument.keyword.value: argument.value for argument in values.args if argument.keyword}
        else:
            given["0"] = values
        self.rest.append(values)
        return self._joined_each([literals.percent_fields(variant) for variant in template], given)

    def _formatted(self, template: tuple[Variant, ...], node: cst.Call) -> tuple[Variant, ...] | None:
        """A template for str.format with its fields filled."""
        given: dict[str, cst.BaseExpression] = {}
        plain = not any(argument.star for argument in node.args)
        for index, argument in enumerate(node.args if plain else ()):
            given[argument.keyword.value if argument.keyword else str(index)] = argument.value
        self.rest.extend(node.args)
        return self._joined_each([literals.numbered(_fields(variant)) for variant in template], given)

    def _substituted(self, template: tuple[Variant, ...], node: cst.Call) -> tuple[Variant, ...] | None:
        """A string.Template with its fields filled."""
        given = {argument.keyword.value: argument.value for argument in node.args if argument.keyword}
        for element in node.args[0].value.elements if node.args and isinstance(node.args[0].value, cst.Dict) else ():
            if isinstance(element, cst.DictElement) and isinstance(element.key, cst.SimpleString):
                given.setdefault(str(element.key.evaluated_value), element.value)
        self.rest.extend(node.args)
        return self._joined_each([literals.dollar_fields(variant) for variant in template], given)

    def _replaced(self, template: tuple[Variant, ...], node: cst.Call) -> tuple[Variant, ...] | None:
        """A text in which the code replaces a constant; None where that is not one, or stands over several pieces."""
        mark = self.variants(node.args[0].value) if len(node.args) == 2 and not node.args[0].keyword else None
        if mark is None or len(mark) != 1 or not all(isinstance(part, Chunk) for part in mark[0]):
            return None
        old = "".join(part.text for part in mark[0] if isinstance(part, Chunk))
        for variant in template:
            whole = "".join(part.text for part in variant if not isinstance(part, Code))
            parts = sum(part.text.count(old) for part in variant if not isinstance(part, Code)) if old else -1
            if whole.count(old) != parts:
                return None
        self.rest.extend(node.args)
        self.replaced.append(node)
        given = {old: node.args[1].value}
        return self._joined_each([literals.marked_fields(variant, old) for variant in template], given)

    def _constant(self, value: cst.BaseExpression) -> tuple[Variant, ...] | None:
        """psycopg's Literal of a plain name: a constant of SQL."""
        if not isinstance(value, cst.SimpleString) or not set("'\\ \t\n").isdisjoint(value.raw_value):
            return None
        return ((Gap("'"), *literals.simple(value.value, self.spans[value].start), Gap("'")),)

    def _joined_each(
        self, templates: Sequence[Iterable[Part]], given: dict[str, cst.BaseExpression]
    ) -> tuple[Variant, ...] | None:
        """Templates with the holes that `given` names filled: by their text, or by the expression."""
        results: list[Variant] = []
        for template in templates:
            filled = [self._fill(part, given) for part in template]
            results += self._joined(filled) or ()
        return bounded(tuple(results))

    def _fill(self, part: Part, given: dict[str, cst.BaseExpression]) -> tuple[Variant, ...]:
        if not isinstance(part, Code) or (value := given.get(part.expression)) is None:
            return ((part,),)
        before = len(self.rest)
        texts = self.variants(value)
        del self.rest[before:]  # it is looked at as an argument
        if texts is not None and all(len(text) > 1 or isinstance(text[0], Chunk) for text in texts if text):
            return texts
        return ((self.code(value, part.chunk),),)

    def _join(self, separator: cst.BaseExpression, items: cst.BaseExpression) -> tuple[Variant, ...] | None:
        between = self.variants(separator)
        if between is None or len(between) != 1 or not all(isinstance(part, Chunk) for part in between[0]):
            return None
        return self._joined_by(Gap("".join(part.text for part in between[0] if isinstance(part, Chunk))), items)

    def _joined_by(self, gap: Gap, items: cst.BaseExpression) -> tuple[Variant, ...] | None:
        if isinstance(items, cst.Name):
            lists = [[(variant,) for variant in item] for item in self.lookup_list(items.value)]
            joined = [self._joined(_separated(item, gap)) for item in lists]
            return bounded(tuple(v for variants in joined if variants for v in variants)) or None
        if not isinstance(items, (cst.List, cst.Tuple)) or any(
            isinstance(element, cst.StarredElement) for element in items.elements
        ):
            return None
        return self._joined(_separated([self._or_hole(element.value) for element in items.elements], gap))

    def _either(self, node: cst.IfExp) -> tuple[Variant, ...] | None:
        before = len(self.rest)
        one, other = self.variants(node.body), self.variants(node.orelse)
        if one is None or other is None:
            del self.rest[before:]
            return None
        self.rest.append(node.test)
        return bounded((*one, *other))

    def _joined(self, parts: Iterable[tuple[Variant, ...] | None]) -> tuple[Variant, ...] | None:
        """Every way to put one variant of each part behind the other; None where a part is None."""
        results: tuple[Variant, ...] = ((),)
        for part in parts:
            if part is None:
                return None
            results = bounded(tuple((*head, *tail) for head in results for tail in part))
        return results


_EVALUATE: dict[type, Callable[[Strings, Any], tuple[Variant, ...] | None]] = {
    cst.SimpleString: Strings._plain,
    cst.FormattedString: Strings._with_holes,
    cst.TemplatedString: Strings._with_holes,
    cst.ConcatenatedString: Strings._side_by_side,
    cst.BinaryOperation: Strings._operation,
    cst.Call: Strings._call,
    cst.IfExp: Strings._either,
    cst.NamedExpr: Strings._bound,
    cst.Name: Strings._name,
}


def _separated(items: Sequence[tuple[Variant, ...]], gap: Gap) -> Iterable[tuple[Variant, ...]]:
    for index, item in enumerate(items):
        if index and gap.text:
            yield ((gap,),)
        yield item


def bounded(variants: tuple[Variant, ...]) -> tuple[Variant, ...]:
    """The variants, each once; of too many the first ones, and those that put two parts together as none before."""
    distinct = tuple(dict.fromkeys(variants))
    if len(distinct) <= MOST_VARIANTS:
        return distinct
    kept: list[Variant] = []
    seen: set[tuple[Part | None, Part | None]] = set()
    for variant in distinct:
        pairs = set(pairwise((None, *variant, None)))
        if len(kept) < MOST_VARIANTS or not seen.issuperset(pairs):
            kept.append(variant)
            seen |= pairs
    return tuple(kept)


def _fields(variant: Variant) -> Iterable[Part]:
    for part in variant:
        if isinstance(part, Chunk):
            yield from literals.format_decoded(part)
        else:
            yield part


def _written(node: cst.BaseExpression) -> str:
    """An expression as one short line, for messages."""
    return _shortened(_line(node))


def _shortened(line: str) -> str:
    return line if len(line) <= 60 else line[:57] + "..."


def _line(node: cst.BaseExpression) -> str:
    """An expression as one line."""
    return " ".join(cst.Module([]).code_for_node(node).split())


def plain_name(variant: Variant) -> Chunk | None:
    """The chunk of a variant that is one word and nothing else: a name rather than a piece of SQL."""
    if len(variant) == 1 and isinstance(variant[0], Chunk) and not any(char.isspace() for char in variant[0].text):
        return variant[0]
    return None
