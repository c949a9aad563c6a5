"""The README and the pages in docs/: short enough, no link dead, each finding code told as codes.toml has it."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

import pytest
from helpers.paths import ROOT

from schema_rewriter.codes import codes

if TYPE_CHECKING:
    from pathlib import Path

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
MADE = "<!-- From here on made of codes.toml: pytest tests/house/test_docs.py --update -->\n"
MOST = 150
"""The lines of a README that somebody reads."""


def links(text: str) -> list[str]:
    """Where a page's text links to, its code left out."""
    return LINK.findall(re.sub(r"`[^`\n]*`", "", FENCE.sub("", text)))


def anchors(text: str) -> set[str]:
    """The names of a page's headings, as the site makes them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()) for heading in headings}


def findings() -> str:
    """What the page of the findings says of each code."""
    rows = "".join(f"| [`{code.name}`](#{code.name}) | {code.level} | {code.title} |\n" for code in codes().values())
    parts = [f"## {code.name}\n\n*{code.level}*: {code.title}.\n\n{code.markdown}" for code in codes().values()]
    return "\n".join(["\n| code | level | says |\n|---|---|---|\n" + rows, *parts])


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= MOST


def test_the_readme_links_to_nothing_that_only_a_checkout_has() -> None:
    """PyPI shows it, too: a link is absolute, below an address of pyproject.toml, or there is none."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    places = tuple(project.get("urls", {}).values())
    text = (ROOT / "README.md").read_text("utf-8")
    assert [link for link in links(text) if not link.startswith(places)] == []
    assert all((ROOT / path).exists() for path in re.findall(r"`(docs/[\w./-]+)`", text))


def test_the_readme_names_every_page() -> None:
    named = set(re.findall(r"`docs/([\w./-]+)`", (ROOT / "README.md").read_text("utf-8")))
    assert named | {"index.md"} == {page.relative_to(DOCS).as_posix() for page in PAGES}


def test_every_page_is_reached_from_the_first() -> None:
    reached = {link for link in links((DOCS / "index.md").read_text("utf-8")) if link.endswith(".md")}
    assert reached | {"index.md"} == {page.relative_to(DOCS).as_posix() for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_link_of_a_page_is_dead(page: Path) -> None:
    """To pages and to their headings; what lies elsewhere is told by its whole address."""
    for link in links(page.read_text("utf-8")):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        other = page.parent / path if path else page
        assert other in PAGES, link
        assert not anchor or anchor in anchors(other.read_text("utf-8")), link


def test_the_page_of_findings_says_what_the_codes_say(request: pytest.FixtureRequest) -> None:
    page = DOCS / "findings.md"
    head, mark, told = page.read_text("utf-8").partition(MADE)
    assert mark
    if request.config.getoption("--update"):
        page.write_text(head + mark + findings(), "utf-8")
        return
    assert told == findings()
