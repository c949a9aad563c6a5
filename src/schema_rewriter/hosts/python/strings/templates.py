"""Which expression fills which field of a template: those of %, str.format and string.Template; knows no texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from schema_rewriter.hosts.python.strings import literals, tree
from schema_rewriter.hosts.python.strings.literals import LiteralPart

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_rewriter.hosts.python.strings.literals import Part


def of_percent(values: cst.BaseExpression) -> dict[str, cst.BaseExpression]:
    """What stands behind the % operator, by position or key; what is not plain is left out."""
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
    return given


def of_format(node: cst.Call) -> dict[str, cst.BaseExpression]:
    """The arguments of str.format, by position or keyword; none where a star hides which is which."""
    given: dict[str, cst.BaseExpression] = {}
    plain = not any(argument.star for argument in node.args)
    for index, argument in enumerate(node.args if plain else ()):
        given[argument.keyword.value if argument.keyword else str(index)] = argument.value
    return given


def of_substitute(node: cst.Call) -> dict[str, cst.BaseExpression]:
    """The arguments of string.Template's substitute, by name; keywords go before a mapping."""
    given = {argument.keyword.value: argument.value for argument in node.args if argument.keyword}
    for element in node.args[0].value.elements if node.args and isinstance(node.args[0].value, cst.Dict) else ():
        if isinstance(element, cst.DictElement) and isinstance(element.key, cst.SimpleString):
            given.setdefault(str(element.key.evaluated_value), element.value)
    return given


def fields(variant: Sequence[Part]) -> Iterator[Part]:
    """The parts of a template for str.format, with its fields as holes."""
    for part in variant:
        if isinstance(part, LiteralPart):
            yield from literals.format_decoded(part)
        else:
            yield part
