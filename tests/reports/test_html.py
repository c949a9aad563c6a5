"""The page for a meeting, as a browser has it: Chromium, without a window and without a network."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from helpers.paths import FIXTURES

from schema_rewriter import parse_rules
from schema_rewriter.finding import FileResult, Report
from schema_rewriter.inventory.join import Inventory
from schema_rewriter.reports import html
from schema_rewriter.run import Means, Search, Task, check
from schema_rewriter.run.uses import survey

if TYPE_CHECKING:
    from pathlib import Path

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed here")
HOSTILE = '</script><img src=x onerror="document.title=1">&amp;'


def _page(root: Path, rules: str) -> str:
    task = Task(root, parse_rules(rules, "rules.toml"))
    where = Search(["."], ["*.py", "*.sql"])
    return html.render(check(task, where, Means(1)), survey(task, where, Means(1)), f"The move of {HOSTILE}")


def _drawn(page: str, home: Path, link: str = "", width: int = 1_200) -> str:
    """The page's elements, once its script has run."""
    (home / "page.html").write_text(page, "utf-8")
    assert BROWSER is not None
    words = [BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={home / 'profile'}"]
    words += [f"--window-size={width},900", "--virtual-time-budget=5000", "--dump-dom"]
    done = subprocess.run(
        [*words, f"{(home / 'page.html').as_uri()}{link}"], capture_output=True, text=True, check=True, timeout=300
    )
    return done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    root = tmp_path_factory.mktemp("project")
    (root / "app").mkdir()
    (root / "app" / "store.py").write_text('Q = "SELECT * FROM events"\nR = f"DELETE FROM {table}"\n', "utf-8")
    (root / "jobs").mkdir()
    (root / "jobs" / "a&b<i>.sql").write_text("SELECT * FROM events e;\nSELECT * FROM app.users;\n", "utf-8")
    return root, '[[move]]\nfrom = "public"\nto = "app"\ntables = ["events", "users"]\n'


def test_what_is_told_can_not_leave_its_place() -> None:
    """The data are one JSON value without a sign of HTML, and say all."""
    source = b"SELECT * FROM events"
    result = FileResult(f"a/{HOSTILE}.sql", source, source, error=HOSTILE)
    page = html.render(Report((result,), 1), Inventory(), HOSTILE)
    found = re.search(r"const data = (.*);\n", page)
    assert found is not None and not set("<>&") & set(found[1])
    assert json.loads(found[1])["errors"] == [{"path": f"a/{HOSTILE}.sql", "error": HOSTILE}]
    assert not re.search(r"(?:src|href)\s*=|@import|url\(|fetch\(|XMLHttpRequest|innerHTML", page.replace(found[1], ""))


@needs_browser
def test_it_shows_tables_causes_and_changes(project: tuple[Path, str], tmp_path: Path) -> None:
    """Who uses what, before and after; each cause; hostile names as text."""
    drawn = _drawn(_page(*project), tmp_path)
    assert '<h1 id="title">The move of &lt;/script&gt;&lt;img' in drawn and "<img" not in drawn
    assert "schema public" in drawn and "app uses events in 1 file" in drawn and ">1 right already<" in drawn
    assert re.search(r"unqualified-relation: 2 places.*dynamic-relation: 1 place<", drawn, re.DOTALL)
    after = _drawn(_page(*project), tmp_path, "#after=1&search=sql")
    assert "schema app" in after and "1 of 3 places" in after and "jobs/a&amp;b&lt;i&gt;.sql:1:15" in after


@needs_browser
@pytest.mark.parametrize("width", [360, 800, 1_600])
def test_it_fits_every_width(width: int, tmp_path: Path) -> None:
    """Nothing but the picture, which scrolls by itself, is wider than the window."""
    rules = (FIXTURES / "cyrex" / "rules.toml").read_text("utf-8")
    page = _page(FIXTURES / "cyrex" / "before", rules).replace(
        "</body>",
        "<script>document.querySelectorAll('details').forEach((each) => { each.open = true; });"
        "setTimeout(() => { const root = document.documentElement;"
        "document.body.dataset.over = root.scrollWidth - root.clientWidth;"
        " }, 900);"
        "</script></body>",
    )
    found = re.search(r'data-over="(-?\d+)"', _drawn(page, tmp_path, width=width))
    assert found is not None and int(found[1]) <= 0


@pytest.mark.slow
@needs_browser
def test_many_references_are_drawn_as_they_are_asked_for(tmp_path: Path) -> None:
    """Of 10,000 places of one cause 200 are drawn, and the next when somebody asks."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "a.sql").write_text("SELECT * FROM events;\n" * 10_000, "utf-8")
    rules = '[[move]]\nfrom = "public"\nto = "app"\ntables = ["events"]\n'
    drawn = _drawn(_page(root, rules), tmp_path, "#code=unqualified-relation")
    assert "10,000 of 10,000 places" in drawn and drawn.count('class="place"') == 200
    assert ">200 more of 9800<" in drawn
