"""Laws of globs, against an oracle that tries every way of matching."""

from __future__ import annotations

from functools import cache

from helpers.strategies import examples
from hypothesis import given
from hypothesis import strategies as st

from schema_rewriter.rules.globs import matches, overlap

NAMES = st.text("ab.[]*x-", min_size=1, max_size=4).filter(lambda name: name not in (".", ".."))
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
SEGMENTS = st.one_of(
    st.text("ab.*?x", min_size=1, max_size=5),
    st.lists(st.sampled_from(["a", "b", "*", "?", "[ab]", "[!a]", "[^b]", "[a-x]", "[]a]", "[", "]", "."]))
    .map("".join)
    .filter(bool),
    st.just("**"),
).filter(lambda segment: segment not in (".", ".."))
GLOBS = st.builds(
    lambda lead, segments, tail: lead + "/".join(segments) + tail,
    st.sampled_from(("", "", "/", "./", "**/")),
    st.lists(SEGMENTS, min_size=1, max_size=4),
    st.sampled_from(("", "", "/", "/**")),
)


def _oracle(path: str, glob: str) -> bool:
    """Whether the glob matches the path or a folder above it, part by part and character by character."""
    parts = [part for part in glob.split("/") if part not in ("", ".")]
    if "/" not in glob.rstrip("/"):
        parts = ["**", *parts]
    names = path.split("/")
    return any(_path(tuple(names[:count]), tuple(parts)) for count in range(len(names) + 1))


def _path(names: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    if not parts:
        return not names
    if parts[0] == "**":
        return any(_path(names[skip:], parts[1:]) for skip in range(len(names) + 1))
    return bool(names) and _name(names[0], parts[0]) and _path(names[1:], parts[1:])


@cache
def _name(name: str, glob: str) -> bool:
    if not glob:
        return not name
    if glob[0] == "*":
        return any(_name(name[skip:], glob[1:]) for skip in range(len(name) + 1))
    if glob[0] == "[" and (end := glob.find("]", 3 if glob[1:2] in ("!", "^") else 2)) > 0:
        inside = glob[1:end]
        return bool(name) and _in_class(name[0], inside) and _name(name[1:], glob[end + 1 :])
    return bool(name) and glob[0] in ("?", name[0]) and _name(name[1:], glob[1:])


def _in_class(char: str, inside: str) -> bool:
    negated = inside[0] in "!^"
    found, at = False, int(negated)
    while at < len(inside):
        if at + 2 < len(inside) and inside[at + 1] == "-":
            found = found or inside[at] <= char <= inside[at + 2]
            at += 3
        else:
            found = found or inside[at] == char
            at += 1
    return found != negated


@st.composite
def _glob_of(draw: st.DrawFn, path: str) -> str:
    """A glob that matches the path: its parts with wildcards put in, folders left out behind `**`, cut off."""
    parts: list[str] = []
    names = path.split("/")
    for name in names[: draw(st.integers(1, len(names)))]:
        way = draw(st.sampled_from(("name", "name", "star", "spans", "wild")))
        if way == "spans":
            parts.append("**")
            if draw(st.booleans()):
                continue
        if way == "star":
            parts.append("*")
            continue
        wild = ""
        for char in name:
            if char in "[]*-" or way == "wild":
                char = draw(st.sampled_from(("?", "*", "?*", "**")))  # noqa: PLW2901
            wild += char
        parts.append(wild if wild != "**" else "*")
    glob = "/".join(parts) + draw(st.sampled_from(("", "/", "/**")))
    return glob if "/" in glob.rstrip("/") else draw(st.sampled_from(("", "/"))) + glob


@examples(8)
@given(PATHS, GLOBS)
def test_matches_as_the_oracle(path: str, glob: str) -> None:
    """A glob matches exactly the paths that trying every way finds."""
    assert matches(path, (glob,)) == _oracle(path, glob)


@examples(2)
@given(st.data())
def test_a_glob_made_of_a_path_matches_it(data: st.DataObject) -> None:
    """Wildcards in place of what they stand for match."""
    path = data.draw(PATHS)
    assert matches(path, (data.draw(_glob_of(path)),))


@examples(5)
@given(st.data())
def test_overlap_is_never_wrongly_false(data: st.DataObject) -> None:
    """Two globs that match one path overlap, in either order."""
    path = data.draw(PATHS)
    one, other = data.draw(_glob_of(path)), data.draw(_glob_of(path))
    assert overlap(one, other)
    assert overlap(other, one)


@examples(8)
@given(PATHS, GLOBS, GLOBS)
def test_what_both_match_overlaps(path: str, one: str, other: str) -> None:
    """For any two globs: if some path matches both, they overlap; every glob overlaps itself."""
    if matches(path, (one,)) and matches(path, (other,)):
        assert overlap(one, other)
    assert overlap(one, other) == overlap(other, one)
