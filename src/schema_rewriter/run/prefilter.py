"""Which files are worth a look: those whose bytes may name a relation that moves, or leave it to the program.

Knows no syntax and no path.

Nearly all files of a run are dismissed here, so this decides its speed. Cutting the bytes into words and asking
a set for them costs the same for 10 names and for 1,000; a regular expression of all names does not.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from schema_rewriter.files import as_utf8, has_mark, is_binary
from schema_rewriter.relation import NAMEDATALEN, OWNED_ENDS
from schema_rewriter.rules.django import model_names
from schema_rewriter.run.hole_filter import fills
from schema_rewriter.words import MAKES_SCHEMA

if TYPE_CHECKING:
    from schema_rewriter.rules import RuleSet

_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789_")
_ENDS = tuple(end.encode() for end in OWNED_ENDS)
_WORDS = bytes(byte if byte in _WORD else 32 for byte in bytes(range(256)).lower())


@dataclass(frozen=True, slots=True)
class Needles:
    """The names to look for, as bytes in lower case: plain words, names of several words, and other texts.

    `schemas` are those that relations move out of. `models` are what Django's models may be called whose tables move.
    """

    words: frozenset[bytes]
    phrases: tuple[frozenset[bytes], ...]
    texts: tuple[bytes, ...]
    is_ascii: bool
    are_few: bool
    schemas: tuple[bytes, ...] = ()
    models: frozenset[bytes] = frozenset()

    @staticmethod
    @lru_cache(maxsize=4)
    def of(names: frozenset[str], schemas: frozenset[str] = frozenset()) -> Needles:
        """The needles of folded names. A long one is a text: SQL may spell more than the server keeps."""
        spelt = sorted(name.encode("utf-8", "surrogatepass").lower() for name in names)
        texts = [name for name in spelt if not name.isascii() or len(name) > NAMEDATALEN - 4]
        others = {name: frozenset(name.translate(_WORDS).split()) for name in spelt if name not in texts}
        words = frozenset(name for name, parts in others.items() if parts == {name})
        phrases = tuple(parts for name, parts in others.items() if name not in words)
        words |= {name.replace(b"_", b"") for name in words if len(name) > 3}  # a class that a table is called by
        are_few = not phrases and not texts and len(words) <= 12
        old = tuple(sorted(schema.encode("utf-8", "surrogatepass").lower() for schema in schemas))
        models = (
            frozenset(name.encode("utf-8", "surrogatepass") for name in model_names(names)) if schemas else frozenset()
        )
        return Needles(words, phrases, tuple(texts), all(map(bytes.isascii, texts)), are_few, old, models)


@dataclass(frozen=True, slots=True)
class SearchTerms:
    """What files found before tell to look for in the others.

    `names` are relations', `shared` names of code, each with words of which one is in the file too, or a dot before it
    ("*": an import of all names);
    `defined` are functions and classes; `modules` are the ends of the files' paths, without suffix. `schemas`: some
    that files may create; `texts` are of Python code.
    """

    names: Needles | None
    shared: dict[bytes, frozenset[bytes]]
    defined: frozenset[bytes]
    modules: tuple[str, ...] = ()
    schemas: bool = False
    texts: tuple[bytes, ...] = ()

    @staticmethod
    def of(
        names: frozenset[str],
        shared: frozenset[tuple[str, str]],
        defined: frozenset[str],
        modules: frozenset[str] = frozenset(),
        schemas: frozenset[str] = frozenset(),
        texts: frozenset[str] = frozenset(),
    ) -> SearchTerms | None:
        """What is sought for; None for nothing."""
        if not (names or shared or defined or modules or schemas or texts):
            return None
        beside: dict[bytes, frozenset[bytes]] = {}
        for name, word in shared:
            beside[name.encode()] = beside.get(name.encode(), frozenset()) | {word.encode()}
        ends = tuple(f"/{one.strip('/')}" for one in sorted(modules))
        functions = frozenset(name.encode() for name in defined)
        spelt = tuple(sorted(text.encode() for text in texts))
        return SearchTerms(Needles.of(names) if names else None, beside, functions, ends, bool(schemas), spelt)

    def stands_in(self, source: bytes, path: str) -> bool:
        """Whether a file says any of it: relations anywhere, the rest in Python code."""
        if self.names is not None and mentions(source, self.names):
            return True
        if self.schemas and re.search(MAKES_SCHEMA, source):
            return True
        if not path.endswith((".py", ".pyi", ".pyw")):
            return False
        if any(text in source for text in self.texts):
            return True
        if self.modules and f"/{path.rpartition('.')[0].removesuffix('/__init__')}".endswith(self.modules):
            return True
        if not (self.shared or self.defined):
            return False
        words = set(source.translate(_IDENTIFIERS).split())
        for name in words & self.shared.keys():
            beside = self.shared[name]
            if not words.isdisjoint(beside) or (b"." in beside and b"." + name in source):
                return True
        if b"*" in self.shared and re.search(_STARRED, source) and not words.isdisjoint(self.shared[b"*"]):
            return True
        return not self.defined.isdisjoint(words) and not self.defined.isdisjoint(re.findall(_DEFINED, source))


# Patterns that few files need are compiled by the first of these: a run that finds nothing to do begins sooner.
_IDENTIFIERS = bytes(byte if chr(byte).isalnum() or byte == 95 or byte > 127 else 32 for byte in range(256))
_CLASS = rb"\bclass[ \t]+(\w+)[ \t]*\("
_STARRED = rb"\bimport[ \t]*\*"
_DEFINED = rb"\b(?:def|class)[ \t]+(\w+)"


def needles_of(rules: RuleSet) -> Needles:
    """What to look for in the files of a run."""
    return Needles.of(rules.names, frozenset(move.relation.schema or "" for move in rules.moves))


def worth(source: bytes, needles: Needles) -> bool:
    """Whether a file is to be judged: it may name a relation that moves, or say how names without a schema resolve.

    So is one with SQL whose relations only the running program knows, since these may move: by a hole, or by a schema
    that they move out of; and one that says what it suppresses, to tell what it suppresses in vain.
    """
    if mentions(source, needles):
        return True
    if is_binary(source):
        return False
    lower = source.lower()
    if (b"search_path" in lower or b"currentschema" in lower) and re.search(_SETS_PATH, source):
        return True
    if b"schema" in lower and any(mark in source for mark in _MARKS):
        return True
    if needles.models and _is_of_django(source, needles.models):
        return True
    return bool(needles.schemas) and (_names_schema(lower, needles) or fills(source))


def _is_of_django(source: bytes, models: frozenset[bytes]) -> bool:
    """Whether a file may have one of these models of Django's, or tell how the tables of models are found."""
    if b"DATABASES" in source or b"AppConfig" in source:
        return True
    if b"class " not in source:
        return False
    for name in map(bytes.lower, re.findall(_CLASS, source)):
        if name in models or (len(name) > 30 and any(name.startswith(one[:-4]) for one in models if len(one) > 30)):
            return True  # a long name of a table ends with a digest
    return b"migrations.Migration" in source and not models.isdisjoint(source.translate(_WORDS).split())


def says(text: bytes, needles: Needles) -> bool:
    """Whether a text may name a relation that moves, or a schema that one moves out of, as a catalog does.

    What a string's escapes made is text: a NUL in it, or what looks like a mark of UTF-16, is no sign of anything.
    """
    return _mentions(text, needles) or _names_schema(text.lower(), needles)


def _names_schema(lower: bytes, needles: Needles) -> bool:
    """Whether a file may ask a catalog for all that is in such a schema, or say what holds for all of it."""
    if not any(schema in lower for schema in needles.schemas):
        return False
    return any(word in lower for word in _OF_CATALOGS) and _SCHEMA.search(lower) is not None


_OF_CATALOGS = (b"schema", b"nspname", b"regnamespace")
_SCHEMA = re.compile(rb"_schema\b|schemaname|nspname|regnamespace|\bschema\s")


_MARKS = (b"schema-rewrite:", b"schema_translate_map")
_SETS_PATH = (
    rb"(?i)(?:\bset\s+(?:local\s+|session\s+)?|[\"']|-c\s*|%20|\+|[})]\s*)search_path"
    rb"|[?&]currentSchema=|\(\s*search_path\s*=|\n[ \t-]*search_path[ \t]*:"
)
"""A search_path that is set, in SQL or for a connection; many a program has a variable of that name."""


def mentions(source: bytes, needles: Needles) -> bool:
    """Whether a file's bytes may name a relation that moves, in either case and in any charset.

    Sees through escapes (`"\\x65vents"`, `"\\nevents"`), names split over adjacent literals, UTF-16 and UTF-32
    with a byte order mark. Beyond it are names put together otherwise (`"eve" + suffix`) and binary content.
    """
    if not has_mark(source) and is_binary(source):
        return False
    return _mentions(as_utf8(source), needles)


def _mentions(source: bytes, needles: Needles) -> bool:
    """Whether the bytes of a text may name one, whatever else they hold."""
    if _holds(source, needles):
        return True
    if _UNICODE.search(source):
        return True
    escaped = b"\\" in source and re.search(_WRITTEN if needles.is_ascii else _CHARACTER, source)
    if escaped or any(joint.search(source) for joint in _JOINTS):
        return _holds(_revealed(source), needles)
    return False


def _holds(source: bytes, needles: Needles) -> bool:
    lower = source.lower()
    if needles.are_few and not any(word in lower for word in needles.words):
        return False  # a search takes a tenth of the time of cutting, but as often as there are names
    words = source.translate(_WORDS).split()
    if b"\\" in source:
        words += b" ".join(re.findall(_AFTER, source)).lower().split()
    if not needles.words.isdisjoint(words):
        return True
    if any(end in lower for end in _ENDS) and any(
        word.endswith(_ENDS) and word.startswith(tuple(needles.words)) for word in words
    ):
        return True  # an index or a sequence, by its name one of theirs
    if needles.phrases and any(map(set(words).issuperset, needles.phrases)):
        return True
    if not needles.texts:
        return False
    if any(text in lower for text in needles.texts):
        return True
    return not needles.is_ascii and not source.isascii() and not _is_utf8(source)


def _is_utf8(source: bytes) -> bool:
    """Whether bytes outside ASCII mean what they mean in UTF-8; where not, any name may stand there."""
    try:
        source.decode()
    except UnicodeDecodeError:
        return False
    cookie = re.search(rb"coding[:=][ \t]*([-\w.]+)", b"\n".join(source[:1000].splitlines()[:2]))
    return cookie is None or cookie[1].lower().replace(b"_", b"-").startswith((b"utf-8", b"utf8"))


# What may hide a name in a literal: an escape before it or in it, a line continuation, the end of a literal
# and the beginning of the next. Each pattern begins with one fixed byte: `re` finds that faster than a class.
_AFTER = rb"\\(?:[abfnrtv]|[xX][\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{1,3})(\w+)"
_CHARACTER = rb"\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|N\{([^}\n]+)\})"
_WRITTEN = (  # an escape that stands for a letter, a digit or an underscore of ASCII
    rb"\\(?:x[3-7]|u00[3-7]|U000000[3-7]|0?[67][0-7]|1[0-7][0-7]|N\{(?i:latin|digit|low)|(?<=\w\\)\r?\n\w)"
)
_JOINT = rb"(?=[\s\\+#\"'rfbutRFBUT])(?<=[\w\x80-\xff].)(?:[\s\\+]|#[^\n]*\n)*[A-Za-z]{0,2}[\"'](?=[\w\x80-\xff])"
_UNICODE = re.compile(rb"&(?<=[uU]&)[\"']")  # SQL's own escapes: too rare to be read here
_JOINTS = (re.compile(b'"' + _JOINT), re.compile(b"'" + _JOINT))


def _revealed(source: bytes) -> bytes:
    text = re.sub(rb"\\\r?\n", b"", source)
    text = re.sub(rb"\\[abfnrtv]", b" ", text)
    text = re.sub(_CHARACTER, _character, text)
    for joint in _JOINTS:
        text = joint.sub(b"", text)
    return text


def _character(escape: re.Match[bytes]) -> bytes:
    octal, name = escape[4], escape[5]
    if name:
        import unicodedata

        try:
            return unicodedata.lookup(name.decode("ascii", "replace")).encode()
        except KeyError:
            return b" "
    code = int(octal, 8) if octal else int(escape[1] or escape[2] or escape[3], 16)
    return chr(min(code, sys.maxunicode)).encode("utf-8", "surrogatepass")
