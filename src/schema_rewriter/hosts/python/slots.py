"""Where Python code takes a string that it may not have yet, by keyword, item or assignment.

What is put there is written as what stands beside it: a line of its own where each has one, a comma where those have.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.hosts.slot import Slot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_rewriter.hosts.python.written import Code


def keyword(call: ast.Call | ast.ClassDef, name: str, code: Code) -> Slot | str:
    """Where a call (or the head of a class) takes the keyword `name`, a string; or why nothing can be put there.

    A new one goes behind all arguments, but before the first `**`.
    """
    found = next((one for one in call.keywords if one.arg == name), None)
    values = [*(call.args if isinstance(call, ast.Call) else call.bases), *call.keywords]
    items = sorted((code.span(one) for one in values), key=lambda span: span.start)
    inner = _inside(call, items, code)
    if inner is None:
        return "it has no arguments"
    if found is not None:
        return _string(found.value, _removed(items, items.index(code.span(found)), inner, code), code, f"{name}=")
    if any(isinstance(one, ast.GeneratorExp) and code.span(one).stop > inner.stop for one in values):
        return "its argument is a generator without parentheses of its own"
    start = f"{name}="
    spread = next((code.span(one).start for one in call.keywords if one.arg is None), None)
    if spread is not None:
        after = f",{code.newline}{code.indent(spread)}" if code.is_first(spread) else ", "
        return _new(Span(spread, spread), start, after, code, call)
    span, before, after = _appended(items, inner, code)
    return _new(span, before + start, after, code, call)


def argument(call: ast.Call, at: int, name: str, code: Code) -> Slot | str:
    """Where a call takes a string by position, if it has so many arguments; else as the keyword `name`."""
    if len(call.args) <= at:
        return keyword(call, name, code)
    if any(isinstance(one, ast.Starred) for one in call.args[: at + 1]):
        return f"{ast.unparse(call.args[at])[:60]} may be its {name}"
    return _string(call.args[at], None, code, "")


def item(mapping: ast.Dict, key: str, code: Code, *near: ast.AST) -> Slot | str:
    """Where a mapping takes a key, with a string as its value; or why nothing can be put there."""
    whole = code.span(mapping)
    inner = Span(whole.start + 1, whole.stop - 1)
    items = _pairs(mapping, inner, code)
    for index, (name, value) in enumerate(zip(mapping.keys, mapping.values, strict=True)):
        if isinstance(name, ast.Constant) and name.value == key:
            return _string(value, _removed(items, index, inner, code), code, f"{key}: ")
    quote = code.quote(mapping, *near)
    span, before, after = _appended(items, inner, code)
    return _new(span, f"{before}{quote}{key}{quote}: ", after, code, mapping, *near)


def last_of(elements: ast.Tuple, key: str, code: Code, *near: ast.AST) -> Slot | str:
    """Where a mapping with one key, whose value is a string, goes behind the last element of a tuple."""
    whole = code.span(elements)
    quote = code.quote(elements, *near)
    items = [code.span(one) for one in elements.elts]
    inner = Span(whole.start + 1, whole.stop - 1) if not items or _is_bracketed(elements, code) else whole
    span, before, after = _appended(items, inner, code)
    if len(items) == 1 and after == "," and "\n" not in before:
        after = ""
    elif not items:
        after = ","
    return _new(span, f"{before}{{{quote}{key}{quote}: ", f"}}{after}", code, elements, *near)


def without_last(elements: ast.Tuple, slot: Slot, code: Code) -> Slot:
    """The slot of the only item of the mapping that a tuple ends in, which goes with it."""
    whole = code.span(elements)
    items = [code.span(one) for one in elements.elts]
    inner = Span(whole.start + 1, whole.stop - 1) if _is_bracketed(elements, code) else whole
    gone, rest = _removed(items, len(items) - 1, inner, code, keeps_comma=len(items) == 2)
    return replace(slot, gone=gone, rest=rest)


def string(body: ast.ClassDef, behind: ast.stmt, name: str, code: Code) -> Slot | str:
    """Where a class assigns a string to a name: there already, or behind a statement of its own."""
    for one in body.body:
        if isinstance(one, ast.Assign) and any(isinstance(at, ast.Name) and at.id == name for at in one.targets):
            found = _string(one.value, (code.span(one), ""), code, f"{name} = ")
            return of_statement(found, one, code) if isinstance(found, Slot) and len(body.body) > 1 else found
    made = assignment(behind, name, "", code)
    if isinstance(made, str):
        return made
    return replace(made, before=f"{made.before.partition(' = ')[0]} = ", after="")


def assignment(
    behind: ast.stmt, name: str, key: str, code: Code, *near: ast.AST, behind_blank: bool = False
) -> Slot | str:
    """Where a class assigns a mapping with one key, whose value is a string, behind a statement of its own.

    `behind_blank`: behind the empty line that follows, too.
    """
    span = code.span(behind)
    rest = code.source[span.stop : code.line_end(span.stop)].strip()
    if not code.is_first(span.start) or (rest[:1] or b"#") != b"#":
        return "another statement stands in the same line"
    quote = code.quote(*near, behind)
    end = code.line_end(span.stop)
    following = end + len(code.newline)
    if behind_blank and not code.source[following : code.line_end(following)].strip():
        end = code.line_end(following)
    before = f"{code.newline}{code.indent(span.start)}{name} = {{{quote}{key}{quote}: "
    return Slot(Span(end, end), before, "}", quote, code.charset)


def first_assignment(node: ast.ClassDef, name: str, key: str, code: Code) -> Slot | str:
    """Where a class assigns such a mapping before all else in its body, on a line of its own behind its head."""
    first = code.span(node.body[0]).start
    decorators = getattr(node.body[0], "decorator_list", [])
    first = min([first, *(code.span(one).start - 1 for one in decorators)])
    heads = [code.span(one).stop for one in (*node.bases, *(one.value for one in node.keywords))]
    colon = _behind(b":", max(heads, default=code.span(node).start), code)
    end = code.line_end(colon)
    rest = code.source[colon:end].strip()
    if end >= first or (rest and not rest.startswith(b"#")):
        return "its body stands in the line of its head"
    quote = code.quote(node)
    return Slot(
        Span(end, end), f"{code.newline}{code.indent(first)}{name} = {{{quote}{key}{quote}: ", "}", quote, code.charset
    )


def of_statement(slot: Slot, statement: ast.stmt, code: Code) -> Slot:
    """The slot of the only string that a statement says, which goes with it."""
    span = code.span(statement)
    if not code.is_first(span.start) or code.source[span.stop : code.line_end(span.stop)].strip():
        return replace(slot, gone=None)
    return replace(slot, gone=Span(code.before_line(span.start), code.line_end(span.stop)), rest="")


def _new(span: Span, before: str, after: str, code: Code, *near: ast.AST) -> Slot:
    return Slot(span, before, after, code.quote(*near), code.charset)


def _string(value: ast.expr, without: tuple[Span, str] | None, code: Code, what: str) -> Slot | str:
    """The slot of a string that stands there already; `without` is what goes with it, and what stays."""
    if not isinstance(value, ast.Constant) or not isinstance(value.value, str):
        return f"it has {what}{ast.unparse(value)[:60]}, whose value only the running program knows"
    content = code.content(value)
    if content is None:
        return f"it has {what}.. in a form that can't be edited"
    gone, rest = without if without is not None else (None, "")
    return Slot(content, charset=code.charset, value=value.value, gone=gone, rest=rest)


def _inside(call: ast.Call | ast.ClassDef, items: Sequence[Span], code: Code) -> Span | None:
    """What stands between the parentheses of a call, or of a class that has some."""
    if isinstance(call, ast.Call):
        return Span(_behind(b"(", code.span(call.func).stop, code), code.span(call).stop - 1)
    if not items:
        return None
    return Span(code.source.rindex(b"(", 0, items[0].start) + 1, _behind(b")", items[-1].stop, code) - 1)


def _behind(bracket: bytes, at: int, code: Code) -> int:
    """Where the next such bracket ends, outside of comments."""
    while code.source[at : at + 1] not in (bracket, b""):
        at = code.line_end(at) if code.source[at : at + 1] == b"#" else at + 1
    return at + 1


def _pairs(mapping: ast.Dict, inner: Span, code: Code) -> list[Span]:
    """Where the items of a mapping stand; `**other` is one."""
    found: list[Span] = []
    for name, value in zip(mapping.keys, mapping.values, strict=True):
        span = code.span(value)
        start = code.span(name).start if name is not None else code.source.rfind(b"**", inner.start, span.start)
        found.append(Span(start, span.stop))
    return found


def _is_bracketed(elements: ast.Tuple, code: Code) -> bool:
    """Whether a tuple stands in parentheses of its own, which are part of its node then."""
    whole, first = code.span(elements), code.span(elements.elts[0])
    opened = code.source[whole.start : first.start].count(b"(")
    stop = code.span(elements.elts[1]).start if len(elements.elts) > 1 else whole.stop
    between = code.source[first.stop : stop].partition(b",")[0]
    return opened > between.count(b")")


def _appended(items: Sequence[Span], inner: Span, code: Code) -> tuple[Span, str, str]:
    """Where something goes behind the last item of a list, and what stands before and behind it."""
    if not items:
        return Span(inner.start, inner.start), "", ""
    last = items[-1]
    gap = code.gap(last.stop, inner.stop)
    is_own_line = code.is_first(last.start)
    line = f"{code.newline}{code.indent(last.start)}"
    if gap.comma is None:
        end = min(code.line_end(gap.end), inner.stop)
        if not is_own_line:
            return Span(gap.end, gap.end), ", ", ""
        comment = code.text(gap.end, end)
        if "#" in comment:
            return Span(gap.end, end), f",{comment}{line}", ""
        return Span(gap.end, gap.end), f",{line}", ""
    behind = gap.comma + 1
    end = code.line_end(behind)
    if is_own_line and end < inner.stop:
        return Span(end, end), line, ","
    return Span(behind, behind), " ", ","


def _removed(
    items: Sequence[Span], index: int, inner: Span, code: Code, *, keeps_comma: bool = False
) -> tuple[Span, str]:
    """What goes with an item of a list that is taken away, and what stays in its place."""
    one = items[index]
    if len(items) == 1:
        return inner, ""
    if index + 1 < len(items):
        following = items[index + 1].start
        gap = code.gap(one.stop, following)
        return Span(one.start, (gap.comma or gap.end) + 1 if gap.has_comment else following), ""
    gap, before = code.gap(one.stop, inner.stop), code.gap(items[index - 1].stop, one.start)
    comma = (before.comma or before.end) + 1
    if gap.comma is not None and code.is_first(one.start):
        return Span(code.before_line(one.start), gap.comma + 1), ""
    if gap.comma is not None or keeps_comma:
        return Span(comma, gap.end if gap.comma is None else gap.comma + 1), ""
    return Span(before.end, gap.end), code.text(comma, one.start).rstrip() if before.has_comment else ""
