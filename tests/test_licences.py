"""The licences of everything we depend on, and the notices we owe for what we ship.

The rule: MIT, BSD or Apache-2.0. What is otherwise licensed is named here with the reason
why it may stay. ``make notices`` (``--update-notices``) writes ``THIRD_PARTY_NOTICES.md``.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Collection, Iterator
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
NOTICES = ROOT / "THIRD_PARTY_NOTICES.md"
TARGET = "x86_64-unknown-linux-gnu"

ALLOWED = {"MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause"}

# Whole licences: (who, licence) -> why.
EXCEPTIONS = {
    ("unicode-ident", "Unicode-3.0"): "tables of a macro's parser: compiles, is not shipped",
    ("target-lexicon", "Apache-2.0 WITH LLVM-exception"): "Apache-2.0 with a wider permission",
    ("certifi", "MPL-2.0"): "Mozilla's list of authorities, brought by httpx; only with `asterisk`",
    ("cffi", "MIT-0"): "MIT without its condition; makes certificates for tests, is not shipped",
    ("hypothesis", "MPL-2.0"): "runs tests, is not shipped",
    ("pathspec", "MPL-2.0"): "mypy's own, is not shipped",
    ("pyelftools", "LicenseRef-public-domain"): "reads what auditwheel shows, is not shipped",
    ("typing_extensions", "PSF-2.0"): "Python's own licence, BSD in substance",
    ("numpy", "0BSD"): "BSD without its only condition; part of numpy's wheel",
    ("numpy", "Zlib"): "part of numpy's wheel, which users install themselves",
    ("numpy", "CC0-1.0"): "part of numpy's wheel, which users install themselves",
    ("shellingham", "ISC"): "BSD in other words; only with the extra `cli`",
}

# Crates that ship no text: the one of their repository, or where they leave the choice the
# Apache License, which is our own.
TEXTS = {
    "cel": ROOT / "tests/licences/cel.txt",
    "integer-sqrt": ROOT / "LICENSE",
    "pathfinding": ROOT / "LICENSE",
}

# What old metadata say in words of their own.
WORDS = {
    "MIT License": "MIT",
    "BSD License": "BSD-3-Clause",
    "BSD 2-Clause License": "BSD-2-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "ISC License": "ISC",
    "ISC License (ISCL)": "ISC",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "Public domain": "LicenseRef-public-domain",
}


INTRODUCTION = """# Third-party notices

ccroute is licensed under the Apache License 2.0 (`LICENSE`). This page is written by
`make notices` and checked by the tests; do not edit it."""

INSIDE = """## Inside the extension

Compiled into `ccroute._core`, beside Rust's standard library (MIT OR Apache-2.0,
copyright the Rust project's contributors):"""

BESIDE = """## Installed beside it

Separate distributions that `pip install ccroute` brings along; they carry their own
texts:"""


def permitted(expression: str, allowed: Collection[str]) -> bool:
    """Whether an SPDX expression can be satisfied with ``allowed`` licences alone.

    What is no such expression is not permitted: somebody has to read it.
    """
    spaced = expression.replace("/", " OR ").replace("(", " ( ").replace(")", " ) ")
    tokens = re.sub(r"(\S+) WITH (\S+)", r"\1_WITH_\2", spaced).split()
    names = {licence.replace(" ", "_") for licence in allowed}

    def either() -> bool:
        answer = both()
        while tokens and tokens[0] == "OR":
            tokens.pop(0)
            answer = both() or answer
        return answer

    def both() -> bool:
        answer = one()
        while tokens and tokens[0] == "AND":
            tokens.pop(0)
            answer = one() and answer
        return answer

    def one() -> bool:
        token = tokens.pop(0)
        if token != "(":
            return token in names
        answer = either()
        return tokens.pop(0) == ")" and answer

    return either() and not tokens


def complaint(name: str, expression: str) -> str | None:
    """What is wrong with a dependency's licence, or ``None``."""
    excepted = {licence for who, licence in EXCEPTIONS if who == name}
    if not expression:
        return f"{name} names no licence"
    if not permitted(expression, ALLOWED | excepted):
        return f"{name}: {expression} is not allowed; replace it, or name the exception"
    return None


def cargo(*arguments: str) -> str:
    """What cargo prints, from the locked dependencies."""
    command = ["cargo", *arguments, "--locked"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


@cache
def crates() -> list[dict[str, Any]]:
    """Every crate in the lock file, of any platform, for building and testing too."""
    found = json.loads(cargo("metadata", "--format-version", "1"))
    return [package for package in found["packages"] if package["source"]]


@cache
def linked_crates() -> list[dict[str, Any]]:
    """The crates whose code is inside the extension: no macros, no build scripts, no tests."""
    what = ["--package", "ccroute-py", "--target", TARGET, "--edges", "normal,no-proc-macro"]
    tree = cargo("tree", *what, "--prefix", "none", "--format", "{p}")
    linked = {tuple(line.split()[:2]) for line in tree.splitlines()}
    found = [each for each in crates() if (each["name"], f"v{each['version']}") in linked]
    return sorted(found, key=lambda package: (package["name"], package["version"]))


def licence_of(distribution: metadata.Distribution) -> str:
    """The SPDX expression of an installed distribution, also from older metadata."""
    told = distribution.metadata
    if expression := told.get("License-Expression"):
        return expression
    word = (told.get("License") or "").strip()
    if word in WORDS or re.fullmatch(r"[\w.+-]+", word):
        return WORDS.get(word, word)
    classifiers = [
        line.rsplit(" :: ")[-1]
        for line in told.get_all("Classifier", [])
        if line.startswith("License ::") and not line.endswith("OSI Approved")
    ]
    # Two classifiers may mean a choice or a sum: the sum is the safe reading.
    return " AND ".join(WORDS.get(line, line) for line in classifiers) or word.split("\n")[0]


def base_install() -> list[metadata.Distribution]:
    """What ``pip install ccroute`` brings along, without extras."""
    todo, seen = ["ccroute"], {}
    while todo:
        distribution = metadata.distribution(todo.pop())
        if distribution.name in seen:
            continue
        seen[distribution.name] = distribution
        for requirement in distribution.requires or []:
            if "extra ==" not in requirement:
                name = re.match(r"[\w.-]+", requirement)
                assert name, requirement
                todo.append(name.group())
    del seen["ccroute"]
    return sorted(seen.values(), key=lambda found: found.name)


def licence_texts(package: dict[str, Any]) -> Iterator[str]:
    """The texts we reproduce: one that permits, MIT where there is a choice, and notices."""
    folder = Path(package["manifest_path"]).parent
    files = sorted(
        path
        for path in folder.iterdir()
        if re.match(r"(LICEN[CS]E|COPYING|NOTICE)", path.name, re.IGNORECASE) and path.is_file()
    )
    mit = [path for path in files if "MIT" in path.name.upper()]
    notices = [path for path in files if path.name.upper().startswith("NOTICE")]
    chosen = dict.fromkeys((mit or [path for path in files if path not in notices][:1]) + notices)
    if not chosen and package["name"] in TEXTS:
        chosen = {TEXTS[package["name"]]: None}
    assert chosen, f"{package['name']} ships no licence text: look it up and decide"
    for path in chosen:
        yield "\n".join(line.rstrip() for line in path.read_text().strip().splitlines())


def notices() -> str:
    """``THIRD_PARTY_NOTICES.md`` as it ought to be."""
    texts: dict[str, list[str]] = {}
    rows = []
    for package in linked_crates():
        name = f"{package['name']} {package['version']}"
        rows.append(f"| {name} | {package['license']} |")
        for text in licence_texts(package):
            texts.setdefault(text, []).append(name)
    base = [f"| {found.name} | {licence_of(found)} |" for found in base_install()]
    parts = [
        INTRODUCTION,
        INSIDE,
        "| crate | licence |\n|---|---|\n" + "\n".join(rows),
        BESIDE,
        "| distribution | licence |\n|---|---|\n" + "\n".join(base),
        "## Texts",
    ]
    for text, names in texts.items():
        parts += [f"### {', '.join(names)}", f"````text\n{text}\n````"]
    return "\n\n".join(parts) + "\n"


needs_cargo = pytest.mark.skipif(shutil.which("cargo") is None, reason="cargo is not installed")


@needs_cargo
def test_every_crate_may_be_used() -> None:
    found = [complaint(package["name"], package["license"] or "") for package in crates()]
    assert [words for words in found if words] == []


def test_every_installed_distribution_may_be_used() -> None:
    found = [complaint(each.name, licence_of(each)) for each in metadata.distributions()]
    assert [words for words in found if words] == []


@needs_cargo
def test_notices_are_current(pytestconfig: pytest.Config) -> None:
    if pytestconfig.getoption("--update-notices"):
        NOTICES.write_text(notices())
    assert NOTICES.read_text() == notices(), "stale: run `make notices`"


@needs_cargo
def test_shipped_code_needs_no_exception() -> None:
    """Exceptions are for tools; what is inside our wheel keeps to the rule itself."""
    licences = {package["name"]: package["license"] for package in linked_crates()}
    assert {name for name, licence in licences.items() if not permitted(licence, ALLOWED)} == set()
    assert "pyo3" in licences
    assert "syn" not in licences


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("MIT OR GPL-3.0-only", True),
        ("MIT/GPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("(MIT OR GPL-3.0-only) AND Apache-2.0", True),
        ("MIT OR Apache-2.0 AND GPL-3.0-only", True),
        ("GPL-3.0-only AND (MIT OR Apache-2.0)", False),
        ("Apache-2.0 WITH LLVM-exception", False),
        ("MIT, as far as I remember", False),
    ],
)
def test_expressions_are_read_as_spdx_says(expression: str, answer: bool) -> None:
    assert permitted(expression, ALLOWED) is answer


def test_rule_bites() -> None:
    assert complaint("anything", "") == "anything names no licence"
    assert complaint("anything", "MPL-2.0") is not None
    assert complaint("hypothesis", "MPL-2.0") is None


@pytest.mark.parametrize(
    ("lines", "expression"),
    [
        (["License-Expression: MIT", "License: whatever"], "MIT"),
        (["License: GPL-3.0-or-later", "Classifier: License :: MIT License"], "GPL-3.0-or-later"),
        (["Classifier: License :: OSI Approved :: MIT License"], "MIT"),
        (
            ["License: see file", "Classifier: License :: MIT License", "Classifier: License :: X"],
            "MIT AND X",
        ),
        ([], ""),
    ],
)
def test_old_metadata_are_read_with_care(lines: list[str], expression: str, tmp_path: Path) -> None:
    folder = tmp_path / "sample-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("\n".join(["Name: sample", "Version: 1.0", *lines]) + "\n")
    assert licence_of(metadata.Distribution.at(folder)) == expression
