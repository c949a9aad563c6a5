"""The locks of the gate's environments: exact versions with hashes, from no named place, that fit pyproject.toml."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass

import pytest
from helpers.paths import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
EXTRAS: dict[str, tuple[str, ...]] = {"user": (), "dev": (), "compiled": ("fast",), "oldest": (), "docs": ()}
"""The extras of pyproject.toml that a lock holds beside the package's own requirements."""
GROUPS = {"user": ("build",), "dev": ("build", "dev"), "compiled": ("build",), "oldest": ("build",), "docs": ("docs",)}
"""The groups of pyproject.toml that a lock holds; that of the site holds nothing else."""
ENVIRONMENTS = [
    {"python_version": f"3.{minor}", "python_full_version": f"3.{minor}.0", "sys_platform": system[0],
     "platform_system": system[1]}
    for minor in (11, 12, 13, 14) for system in (("linux", "Linux"), ("darwin", "Darwin"))
]  # fmt: skip
FIRST_HAND = "(pyproject.toml"
"""How a lock says that pyproject.toml itself asks for a package."""


@dataclass(frozen=True)
class Pin:
    """A package of a lock, in one version, for the environments that its marker admits."""

    requirement: Requirement
    hashes: int
    first_hand: bool

    @property
    def version(self) -> str:
        """The one version."""
        (only,) = self.requirement.specifier
        assert only.operator == "=="
        return only.version


def _pins(lock: str) -> list[Pin]:
    text = (ROOT / "locks" / f"{lock}.txt").read_text("utf-8")
    entries = re.findall(r"(?m)^(\w[^\\\n]*)\\\n((?:[ ].*\n?)*)", text)
    assert len(entries) == len(re.findall(r"(?m)^\w", text)), f"{lock}: a package without a hash"
    return [Pin(Requirement(head.strip()), rest.count("--hash=sha256:"), FIRST_HAND in rest) for head, rest in entries]


def _wanted(lock: str) -> list[Requirement]:
    project = PYPROJECT["project"]
    texts = [] if lock == "docs" else [*project["dependencies"]]
    texts += [text for group in GROUPS[lock] for text in PYPROJECT["dependency-groups"][group]]
    texts += [text for extra in EXTRAS[lock] for text in project["optional-dependencies"][extra]]
    return [Requirement(text) for text in texts]


def _applies(requirement: Requirement, environment: dict[str, str]) -> bool:
    return requirement.marker is None or requirement.marker.evaluate(environment)


def test_there_is_a_check_for_every_lock() -> None:
    assert {path.stem for path in (ROOT / "locks").iterdir()} == set(EXTRAS)


@pytest.mark.parametrize("lock", EXTRAS)
def test_a_lock_fits_pyproject(lock: str) -> None:
    """What pyproject.toml asks for is in it, within its range, on every Python and system; nothing else is first-hand.

    `make lock` mends it.
    """
    pins = _pins(lock)
    for environment in ENVIRONMENTS:
        held = {canonicalize_name(pin.requirement.name): pin for pin in pins if _applies(pin.requirement, environment)}
        for wanted in _wanted(lock):
            if _applies(wanted, environment):
                pin = held[canonicalize_name(wanted.name)]
                assert wanted.specifier.contains(pin.version), f"{lock}: {wanted} in {environment}: {pin.version}"
    asked_for = {canonicalize_name(pin.requirement.name) for pin in pins if pin.first_hand}
    assert asked_for == {canonicalize_name(wanted.name) for wanted in _wanted(lock)}


@pytest.mark.parametrize("lock", EXTRAS)
def test_a_lock_names_hashes_and_no_place(lock: str) -> None:
    assert all(pin.hashes and pin.requirement.url is None for pin in _pins(lock))
    text = (ROOT / "locks" / f"{lock}.txt").read_text("utf-8")
    assert not re.search(r"://|(?m:^\s*-(?!-hash=))|index|find-links", text)


def test_the_locks_agree() -> None:
    """What is installed over another lock's packages replaces none of them; but what is oldest."""
    versions = {(str(pin.requirement), pin.version) for pin in _pins("dev")}
    names = {canonicalize_name(pin.requirement.name) for pin in _pins("dev")}
    for lock in ("user", "compiled"):
        shared = [pin for pin in _pins(lock) if canonicalize_name(pin.requirement.name) in names]
        assert {pin.version for pin in shared} <= {version for _, version in versions}
        for pin in shared:
            assert any(name.startswith(f"{pin.requirement.name}==") and v == pin.version for name, v in versions)


def test_the_build_is_locked_too() -> None:
    """What [build-system] asks for is in the group that the locks hold."""
    group = {canonicalize_name(Requirement(text).name): text for text in PYPROJECT["dependency-groups"]["build"]}
    for text in PYPROJECT["build-system"]["requires"]:
        assert group[canonicalize_name(Requirement(text).name)] == text
