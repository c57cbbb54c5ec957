"""Every code block in the documents runs.

``python`` blocks of a file share one namespace and run in order; ``console`` blocks run
each ``$ command`` and, where output is shown, compare it (``...`` stands for any rest);
``toml`` blocks parse, and one that opens with ``# plan`` is a valid plan; ``json`` blocks
parse; ``text`` blocks are pictures. A block under ``<!-- not run: reason -->`` is skipped
and listed. Any other language is an error, so that nothing stands there unchecked.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PICTURES = {"text", "mermaid"}
FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,})(?P<language>[\w-]*)[^`\n]*$")
NOT_RUN = re.compile(r"^ *<!-- not run: (?P<reason>.+?) -->$")


@dataclass(frozen=True, kw_only=True)
class Block:
    """A fenced block: its language, its text, the line it begins on, why it is not run."""

    language: str
    text: str
    line: int
    not_run: str | None


def blocks_of(text: str) -> Iterator[Block]:
    lines = text.splitlines()
    at, reason = 0, None
    while at < len(lines):
        if mark := NOT_RUN.match(lines[at]):
            reason = mark["reason"]
        elif fence := FENCE.match(lines[at]):
            start = at + 1
            at = next(
                (n for n in range(start, len(lines)) if lines[n].strip() == fence["ticks"]), -1
            )
            assert at >= 0, f"line {start}: a block that is never closed"
            body = "".join(line.removeprefix(fence["indent"]) + "\n" for line in lines[start:at])
            yield Block(language=fence["language"], text=body, line=start + 1, not_run=reason)
            reason = None
        elif lines[at].strip():
            reason = None
        at += 1


def run_console(text: str, folder: Path) -> None:
    """Runs each ``$`` command; what stands below it is the start of what it prints."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "120",
        "NO_COLOR": "1",
        "TERM": "dumb",
    }
    before, *parts = re.split(r"^\$ ", text, flags=re.MULTILINE)
    assert (before.strip(), bool(parts)) == ("", True), "a command begins with `$ `"
    for part in parts:
        command, _, expected = part.partition("\n")
        while command.endswith("\\"):
            more, _, expected = expected.partition("\n")
            command = command[:-1] + more.removeprefix(">")
        ran = subprocess.run(
            command,
            shell=True,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=300,
            check=False,
        )
        assert ran.returncode == 0, f"$ {command}\n{ran.stdout}{ran.stderr}"
        pattern = r"[\s\S]*?".join(map(re.escape, expected.rstrip().split("...")))
        assert re.match(pattern, ran.stdout), f"$ {command}\n{ran.stdout}\nis not\n{expected}"


def run_block(block: Block, path: Path, namespace: dict[str, object], folder: Path) -> None:
    match block.language:
        case "python":
            # Empty lines before it, so that a traceback shows the document's lines.
            source = "\n" * (block.line - 1) + block.text
            exec(compile(source, path, "exec"), namespace)
        case "console":
            run_console(block.text, folder)
        case "toml" if block.text.startswith("# plan"):
            import ccroute

            ccroute.Plan.from_toml(block.text)
        case "toml":
            tomllib.loads(block.text)
        case "json":
            json.loads(block.text)
        case language:
            assert language in PICTURES, f"no way to run '{language}': teach it here or say why not"


def documents() -> list[Path]:
    folders = [ROOT.glob("*.md"), ROOT.glob("docs/**/*.md"), ROOT.glob("adapters/*/*.md")]
    others = [ROOT.glob("examples/**/*.md"), ROOT.glob("tests/**/*.md")]
    return sorted(path for folder in folders + others for path in folder)


def with_blocks() -> list[Path]:
    return [path for path in documents() if any(blocks_of(path.read_text()))]


def not_run() -> list[tuple[str, str]]:
    return [
        (f"{path.relative_to(ROOT)}:{block.line}", block.not_run)
        for path in with_blocks()
        for block in blocks_of(path.read_text())
        if block.not_run
    ]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a reader would stand, without what he might spoil: a copy of the examples."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("path", with_blocks(), ids=lambda path: str(path.relative_to(ROOT)))
def test_document_runs(path: Path, desk: Path) -> None:
    namespace: dict[str, object] = {"__name__": "__main__"}
    for block in blocks_of(path.read_text()):
        if block.not_run is None:
            try:
                run_block(block, path, namespace, desk)
            except Exception as error:
                error.add_note(f"in the block at {path.relative_to(ROOT)}:{block.line}")
                raise


@pytest.mark.parametrize(("place", "reason"), not_run(), ids=[place for place, _ in not_run()])
def test_block_is_not_run(place: str, reason: str) -> None:
    pytest.skip(f"{place}: {reason}")


def test_every_page_is_in_the_navigation() -> None:
    site = tomllib.loads((ROOT / "zensical.toml").read_text())["project"]
    listed = sorted(re.findall(r"[\w/-]+\.md", json.dumps(site["nav"])))
    pages = sorted(str(path.relative_to(ROOT / "docs")) for path in ROOT.glob("docs/**/*.md"))
    assert listed == pages


def test_the_keys_of_a_plan_are_the_readers() -> None:
    import ccroute

    page = (ROOT / "docs/plan.md").read_text()
    keys = page.split(" a test holds it there -->\n")[1].split("<!-- /keys -->")[0]
    assert keys == ccroute.Plan.reference(), "put there what `ccroute plan keys` prints"


def test_links_lead_somewhere() -> None:
    broken = []
    for path in documents():
        prose = re.sub(r"^ *```.*?^ *```", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
        targets = [t for t in re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose) if "://" not in t]
        missing = [target for target in targets if not (path.parent / target).exists()]
        broken += [f"{path.relative_to(ROOT)}: {target}" for target in missing]
    assert broken == []


def test_runner_reads_blocks_and_reasons() -> None:
    text = "a\n```python\nx = 1\n```\n<!-- not run: needs a PBX -->\n\n```console\n$ true\n```\n"
    python, console = blocks_of(text)
    assert (python.language, python.text, python.line, python.not_run) == (
        *("python", "x = 1\n", 3),
        None,
    )
    assert console.not_run == "needs a PBX"
    with pytest.raises(AssertionError, match="never closed"):
        list(blocks_of("```python\nx = 1\n"))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", "1 / 0\n"),
        ("console", "$ false\n"),
        ("console", "true\n"),
        ("console", "$ echo one\ntwo\n"),
        ("toml", "a = \n"),
        ("json", "{,}\n"),
        ("rust", "fn main() {}\n"),
        ("", "x\n"),
    ],
)
def test_runner_bites(language: str, text: str, tmp_path: Path) -> None:
    block = Block(language=language, text=text, line=1, not_run=None)
    with pytest.raises((AssertionError, ArithmeticError, ValueError)):
        run_block(block, Path("sample.md"), {}, tmp_path)


def test_runner_compares_the_start_of_the_output(tmp_path: Path) -> None:
    run_console(
        "$ printf 'one\\ntwo\\nthree\\n'\none\n...\nthree\n$ echo \\\n> four\nfour\n", tmp_path
    )
