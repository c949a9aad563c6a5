"""What a string expression may come to: variants of parts, each part with its place; knows expressions, no flow.

Followed are literals of every kind, implicit concatenation, +, %, .format, sep.join([...]), dedent and strip, and
names that the flow (flow.py) knows. Everything else is a hole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import libcst as cst

from schema_rewriter.escapes import Braces
from schema_rewriter.hosts.python.nodes import shortened
from schema_rewriter.hosts.python.strings import literals, templates, tree
from schema_rewriter.hosts.python.strings.holes import identifier, line_of
from schema_rewriter.hosts.python.strings.literals import ExpressionPart, LiteralPart, Part, Separator
from schema_rewriter.hosts.python.strings.variants import (
    UNKNOWN,
    Variant,
    bounded,
    constant,
    is_split,
    joined,
    separated,
)
from schema_rewriter.hosts.python.valueflow.texts import QUOTING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_KEEPS = ("dedent", "cleandoc", "SQL", "Template", "text")  # functions whose text keeps its statements
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
    rest: list[cst.CSTNode] = field(default_factory=list)
    replaced: list[cst.Call] = field(default_factory=list)

    def variants(self, node: cst.BaseExpression) -> tuple[Variant, ...] | None:
        """The values that a string expression may have; None for an expression that is not known to be a string."""
        evaluate = _EVALUATE.get(type(node))
        return evaluate(self, node) if evaluate else None

    def _plain(self, node: cst.SimpleString) -> tuple[Variant, ...]:
        return (tuple(literals.simple(*self._written(node))),)

    def _written(self, node: cst.CSTNode) -> tuple[str, int]:
        """A literal, or a part of one, as the file has it (LibCST may have been given other line ends), and where."""
        span = self.spans[node]
        return self.text[span.start : span.stop], span.start

    def _with_holes(self, node: cst.FormattedString | cst.TemplatedString) -> tuple[Variant, ...] | None:
        return joined([self._part(part, node) for part in node.parts])

    def _side_by_side(self, node: cst.ConcatenatedString) -> tuple[Variant, ...] | None:
        return joined([self.variants(piece) for piece in _adjacent(node)])

    def _bound(self, node: cst.NamedExpr) -> tuple[Variant, ...] | None:
        return self.variants(node.value)

    def _name(self, node: cst.Name) -> tuple[Variant, ...] | None:
        values = self.lookup(node.value)
        if values is None or UNKNOWN[0] not in values:
            return values
        return tuple((self.code(node),) if value == UNKNOWN[0] else value for value in values)

    def _part(self, part: cst.CSTNode, node: cst.FormattedString | cst.TemplatedString) -> tuple[Variant, ...]:
        layer = literals.opening(node.start)
        span = self.spans[part]
        if isinstance(part, tree.TEXTS):
            return (tuple(literals.decoded(*self._written(part), layer, braces=True)),)
        if not isinstance(part, tree.HOLES):
            raise TypeError(f"a part of an f-string of an unknown kind: {type(part).__name__}")
        plain = part.conversion in (None, "s") and part.format_spec is None
        if part.format_spec is not None:
            self.rest.extend(part.format_spec)
        written = self.text[span.start : span.stop]
        place = LiteralPart(written, range(span.start, span.stop + 1), (Braces(), layer))
        if plain and (values := self.variants(part.expression)) is not None:
            return values
        self.rest.append(part.expression)
        if not plain:
            return ((ExpressionPart(shortened(line_of(part.expression)), place),),)
        return ((self.code(part.expression, place),),)

    def code(self, node: cst.BaseExpression, place: LiteralPart | None = None) -> ExpressionPart:
        """An expression as a hole."""
        function = tree.dotted(node.func).rpartition(".")[2] if isinstance(node, cst.Call) else ""
        code = ExpressionPart(shortened(line_of(node)), place, self.spans.code(node), function in QUOTING)
        if function == "Identifier" and isinstance(node, cst.Call):
            return identifier(node, code, self.text, self.spans)
        return code

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
        operands = _summands(node)
        values = [self.variants(operand) for operand in operands]
        if all(value is None for value in values):
            return None
        return joined(
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
            values = self._joined_by(Separator(""), node.args[0].value)
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
        self.rest.append(values)
        fields = [literals.percent_fields(variant) for variant in template]
        return self._joined_each(fields, templates.of_percent(values))

    def _formatted(self, template: tuple[Variant, ...], node: cst.Call) -> tuple[Variant, ...] | None:
        """A template for str.format with its fields filled."""
        self.rest.extend(node.args)
        fields = [literals.numbered(templates.fields(variant)) for variant in template]
        return self._joined_each(fields, templates.of_format(node))

    def _substituted(self, template: tuple[Variant, ...], node: cst.Call) -> tuple[Variant, ...] | None:
        """A string.Template with its fields filled."""
        self.rest.extend(node.args)
        fields = [literals.dollar_fields(variant) for variant in template]
        return self._joined_each(fields, templates.of_substitute(node))

    def _replaced(self, template: tuple[Variant, ...], node: cst.Call) -> tuple[Variant, ...] | None:
        """A text in which the code replaces a constant; None where that is not one, or stands over several pieces."""
        mark = self.variants(node.args[0].value) if len(node.args) == 2 and not node.args[0].keyword else None
        old = constant(mark)
        if not old or any(is_split(variant, old) for variant in template):
            return None
        self.rest.extend(node.args)
        self.replaced.append(node)
        given = {old: node.args[1].value}
        return self._joined_each([literals.marked_fields(variant, old) for variant in template], given)

    def _constant(self, value: cst.BaseExpression) -> tuple[Variant, ...] | None:
        """psycopg's Literal of a plain name: a constant of SQL."""
        if not isinstance(value, cst.SimpleString) or not set("'\\ \t\n").isdisjoint(value.raw_value):
            return None
        return ((Separator("'"), *literals.simple(*self._written(value)), Separator("'")),)

    def _joined_each(
        self, templates: Sequence[Iterable[Part]], given: dict[str, cst.BaseExpression]
    ) -> tuple[Variant, ...] | None:
        """Templates with the holes that `given` names filled: by their text, or by the expression."""
        results: list[Variant] = []
        for template in templates:
            filled = [self._fill(part, given) for part in template]
            results += joined(filled) or ()
        return bounded(tuple(results))

    def _fill(self, part: Part, given: dict[str, cst.BaseExpression]) -> tuple[Variant, ...]:
        if not isinstance(part, ExpressionPart) or (value := given.get(part.expression)) is None:
            return ((part,),)
        before = len(self.rest)
        texts = self.variants(value)
        del self.rest[before:]  # it is looked at as an argument
        if texts is not None and all(len(text) > 1 or isinstance(text[0], LiteralPart) for text in texts if text):
            return texts
        return ((self.code(value, part.chunk),),)

    def _join(self, separator: cst.BaseExpression, items: cst.BaseExpression) -> tuple[Variant, ...] | None:
        between = constant(self.variants(separator))
        return None if between is None else self._joined_by(Separator(between), items)

    def _joined_by(self, gap: Separator, items: cst.BaseExpression) -> tuple[Variant, ...] | None:
        if isinstance(items, cst.Name):
            lists = [[(variant,) for variant in item] for item in self.lookup_list(items.value)]
            texts = [joined(separated(item, gap)) for item in lists]
            return bounded(tuple(v for variants in texts if variants for v in variants)) or None
        if not isinstance(items, (cst.List, cst.Tuple)) or any(
            isinstance(element, cst.StarredElement) for element in items.elements
        ):
            return None
        return joined(separated([self._or_hole(element.value) for element in items.elements], gap))

    def _either(self, node: cst.IfExp) -> tuple[Variant, ...] | None:
        before = len(self.rest)
        one, other = self.variants(node.body), self.variants(node.orelse)
        if one is None or other is None:
            del self.rest[before:]
            return None
        self.rest.append(node.test)
        return bounded((*one, *other))


def _adjacent(node: cst.ConcatenatedString) -> list[cst.BaseExpression]:
    """The literals that stand side by side, from left to right."""
    pieces: list[cst.BaseExpression] = []
    rest: cst.BaseExpression = node
    while isinstance(rest, cst.ConcatenatedString):
        pieces.append(rest.left)
        rest = rest.right
    return [*pieces, rest]


def _summands(node: cst.BinaryOperation) -> list[cst.BaseExpression]:
    """What is added, from left to right."""
    operands: list[cst.BaseExpression] = [node.right]
    first: cst.BaseExpression = node.left
    while type(first) is cst.BinaryOperation and type(first.operator) is cst.Add and not first.lpar:
        operands.append(first.right)
        first = first.left
    return [*reversed((*operands, first))]


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
