"""How a text is spelled where it stands: each layer of escaping writes text its own way, or refuses it.

Knows neither files nor places: `text.py` says where the characters stand, and which layers are around them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol


class Layer(Protocol):
    """One kind of escaping that stands between a text and its file."""

    def write(self, text: str) -> str | None:
        """The text as this layer spells it, or None where it can't be written here."""
        ...


@dataclass(frozen=True, slots=True)
class Braces:
    """f-strings and str.format: a brace is written twice."""

    def write(self, text: str) -> str | None:
        """Braces doubled."""
        return text.replace("{", "{{").replace("}", "}}")


@dataclass(frozen=True, slots=True)
class Percent:
    """The % operator and drivers that use it: a percent sign is written twice."""

    def write(self, text: str) -> str | None:
        """Percent signs doubled."""
        return text.replace("%", "%%")


@dataclass(frozen=True, slots=True)
class Verbatim:
    """A text that may be a template: what could be taken for a hole is refused."""

    forbidden: str

    def write(self, text: str) -> str | None:
        """The text itself, unless it holds a forbidden character."""
        return None if any(char in text for char in self.forbidden) else text


@dataclass(frozen=True, slots=True)
class Doubled:
    """A literal in which its quote is written twice: SQL's and YAML's single quotes."""

    quote: str

    def write(self, text: str) -> str | None:
        """The quote doubled; None for control characters, which some of these can't hold."""
        return None if _CONTROL.search(text) else text.replace(self.quote, self.quote * 2)


@dataclass(frozen=True, slots=True)
class Json:
    """A JSON string (RFC 8259, section 7), and what escapes alike: basic strings of TOML, double quotes of YAML."""

    def write(self, text: str) -> str | None:
        """Quotes, backslashes and control characters escaped."""
        return _JSON.sub(lambda found: _JSON_ESCAPES.get(found[0], f"\\u{ord(found[0]):04x}"), text)


@dataclass(frozen=True, slots=True)
class Closed:
    """A text of which it is not known how its characters are spelled: nothing can be written into it."""

    def write(self, text: str) -> str | None:
        """None."""
        return None


_CONTROL = re.compile("[\x00-\x1f\x7f]")
_JSON = re.compile('[\\\\"\x00-\x1f\x7f]')
_JSON_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


@dataclass(frozen=True, slots=True)
class Literal:
    """A Python string or bytes literal (Python reference, section 2.4.1); the prefix in lower case."""

    prefix: str
    quote: str

    def write(self, text: str) -> str | None:
        """The text with its quotes, backslashes and control characters escaped; None in a raw literal that can't."""
        if "b" in self.prefix and not text.isascii():
            return None
        needs = re.compile("[\\\\\x00-\x1f\x7f" + self.quote[0] + "]")
        if "r" in self.prefix:
            return None if needs.search(text) else text
        return needs.sub(lambda found: _ESCAPES.get(found[0], f"\\x{ord(found[0]):02x}"), text)


_ESCAPES = {"\\": "\\\\", "'": "\\'", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
