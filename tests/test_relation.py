"""Laws of names: folding, quoting, splitting."""

from __future__ import annotations

from helpers.strategies import examples
from hypothesis import given
from hypothesis import strategies as st

from schema_rewriter.relation import KEYWORDS, NAMEDATALEN, Relation, clip, fold, quote, split_identifier

NAMES = st.one_of(
    st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=20),
    st.text("abzAZ09_$ .\"'éßж表😀\\", min_size=1, max_size=12),
    st.text("ab", min_size=60, max_size=70),
    st.text("é表", min_size=15, max_size=40),
    st.sampled_from(sorted(KEYWORDS)),
)
"""Names that a relation can have, some of them longer than PostgreSQL keeps."""


@examples(4)
@given(NAMES, st.booleans())
def test_fold_undoes_quote(name: str, always: bool) -> None:
    """A quoted name stands for the name, as far as PostgreSQL keeps it."""
    assert fold(quote(name, always=always)) == clip(name)


@examples(2)
@given(NAMES)
def test_quote_is_minimal(name: str) -> None:
    """A name goes without quotes only if it folds to itself and is no keyword, and is in quotes otherwise."""
    bare = quote(name)
    if bare == name:
        assert name not in KEYWORDS
        assert fold(name) == clip(name)
        assert split_identifier(name) == (clip(name),)
    else:
        assert bare == '"' + name.replace('"', '""') + '"'
    assert quote(name, always=True)[0] == '"'


@examples(3)
@given(st.lists(NAMES, min_size=1, max_size=3), st.sampled_from((".", " . ", ".\n\t")), st.data())
def test_split_undoes_joining_quoted_names(names: list[str], dot: str, data: st.DataObject) -> None:
    """Quoted names, dots between them and white space around these, split into the names."""
    always = [data.draw(st.booleans()) for _ in names]
    text = dot.join(quote(name, always=flag) for name, flag in zip(names, always, strict=True))
    assert split_identifier(text) == tuple(map(clip, names))


@examples(2)
@given(NAMES, st.none() | NAMES)
def test_a_relation_reads_back(name: str, schema: str | None) -> None:
    """str() of a relation splits into its parts."""
    relation = Relation(None if schema is None else clip(schema), clip(name))
    parts = split_identifier(str(relation))
    assert parts == ((relation.name,) if schema is None else (relation.schema, relation.name))


@examples(2)
@given(NAMES)
def test_clip_is_what_postgresql_keeps(name: str) -> None:
    """At most 63 bytes are kept, whole characters, and as many as fit; what fits is left alone."""
    kept = clip(name)
    assert name.startswith(kept)
    assert len(kept.encode()) <= NAMEDATALEN
    assert clip(kept) == kept
    if kept != name:
        assert len(name[: len(kept) + 1].encode()) > NAMEDATALEN


@examples(2)
@given(NAMES)
def test_folding_is_done_once_and_touches_ascii_only(name: str) -> None:
    """Unquoted, only A-Z change, and folding a folded name changes nothing."""
    if name.startswith('"'):
        return
    folded = fold(name)
    assert fold(folded) == folded or folded.startswith('"')
    for old, new in zip(name, folded, strict=False):
        assert new == (old.lower() if old.isascii() else old)


@examples(4)
@given(st.text('abAZ0_$. "\t\n;-(é表', max_size=14))
def test_split_never_raises_and_its_parts_read_back(text: str) -> None:
    """Whatever a text is split into reads back as these parts; an empty tuple tells that it is no name."""
    parts = split_identifier(text)
    if parts:
        assert split_identifier(".".join(map(quote, parts))) == parts
        assert all(parts)
