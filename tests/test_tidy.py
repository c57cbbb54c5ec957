"""The house rules of the Python side that no linter knows: sizes, names, who may import what.

Every rule is a function from text to complaints, shown to bite on samples before it is
trusted on the tree. The Rust side has its own in ``rust/ccroute-core/tests/tidy.rs``.
"""

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAX_LINES, MAX_TEST_LINES, MAX_FUNCTION = 500, 700, 60
VAGUE = {"utils", "util", "common", "helpers", "helper", "base", "manager"}
MADE = {"target", "dist", "site", "build", "results", "__pycache__"}

# Assembled, so that this file does not match itself.
MACHINE_PATHS = re.compile(r"(?<![\w.*])/(?:" + "|".join(["work", "root", "tmp", "home"]) + r")/\w")


def committed() -> Iterator[Path]:
    """Every file of the project; without git, because a source archive has none."""
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in MADE and not is_private(name)]
        yield from (Path(folder, name).relative_to(ROOT) for name in files if name != ".git")


def is_private(folder: str) -> bool:
    return folder.endswith(".egg-info") or (folder.startswith(".") and folder != ".ci")


def python_files() -> list[Path]:
    found = sorted(path for path in committed() if path.suffix in {".py", ".pyi"})
    assert Path("python/ccroute/__init__.py") in found
    return found


def own_length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring and the functions within it."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    length = (function.end_lineno or 0) - body[0].lineno + 1 if body else 0
    within = (node for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return length - sum((node.end_lineno or 0) - node.lineno + 1 for node in within)


def size_complaints(path: Path, text: str) -> list[str]:
    limit = MAX_TEST_LINES if "tests" in path.parts else MAX_LINES
    lines = text.count("\n")
    complaints = [f"{lines} lines, at most {limit}"] if lines > limit else []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = own_length(node)
            if length > MAX_FUNCTION:
                complaints.append(f"{node.name}: {length} lines, at most {MAX_FUNCTION}")
    return complaints


def name_complaints(path: Path) -> list[str]:
    parts = [part.strip("_") for part in path.with_suffix("").parts]
    return [f"'{part}' says nothing" for part in parts if part in VAGUE]


def imported(text: str) -> set[str]:
    """Every dotted name a file imports, also under ``if TYPE_CHECKING``."""
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def private_imports(text: str) -> list[str]:
    """Names of ccroute that are not public: any part of the path begins with ``_``."""
    return sorted(
        name
        for name in imported(text)
        if name.split(".")[0] == "ccroute"
        and any(part.startswith("_") and not part.startswith("__") for part in name.split("."))
    )


def strange_rooms(path: Path, text: str) -> list[str]:
    """Names inside another room of the package: what a room shows stands in its ``__init__``."""
    room = path.parts[2] if len(path.parts) > 3 else path.stem
    return sorted(
        name
        for name in imported(text)
        if (parts := name.split("."))[0] == "ccroute"
        and len(parts) > 2
        and parts[1] != room
        and (ROOT / "python" / "ccroute" / parts[1]).is_dir()
        and any(part.startswith("_") and not part.startswith("__") for part in parts[2:])
    )


def machine_paths(text: str) -> list[str]:
    return [match.group() for match in MACHINE_PATHS.finditer(text)]


def test_files_and_functions_are_short() -> None:
    wrong = {str(path): size_complaints(path, (ROOT / path).read_text()) for path in python_files()}
    assert {path: complaints for path, complaints in wrong.items() if complaints} == {}


def test_names_say_what_lives_there() -> None:
    wrong = {str(path): name_complaints(path) for path in python_files()}
    assert {path: complaints for path, complaints in wrong.items() if complaints} == {}


def test_only_wire_imports_the_extension() -> None:
    importers = {
        path.name
        for path in python_files()
        if path.parts[0] == "python"
        and any(re.match(r"ccroute\._core\b", name) for name in imported((ROOT / path).read_text()))
    }
    assert importers == {"_wire.py"}


@pytest.mark.parametrize("room", ["adapters", "tests", "examples", "benches"])
def test_outsiders_use_public_names_only(room: str) -> None:
    wrong = {
        str(path): private_imports((ROOT / path).read_text())
        for path in python_files()
        if path.parts[0] == room
    }
    assert {path: names for path, names in wrong.items() if names} == {}


def test_rooms_use_public_names_of_each_other() -> None:
    wrong = {
        str(path): strange_rooms(path, (ROOT / path).read_text())
        for path in python_files()
        if path.parts[:2] == ("python", "ccroute")
    }
    assert {path: names for path, names in wrong.items() if names} == {}


def test_nothing_committed_names_a_machine() -> None:
    wrong = {}
    for path in committed():
        try:
            found = machine_paths((ROOT / path).read_text())
        except UnicodeDecodeError:
            continue
        if found:
            wrong[str(path)] = found
    assert wrong == {}


def test_size_rule_bites() -> None:
    statement = "    x = 1\n"
    long = "def f():\n" + statement * (MAX_FUNCTION + 1)
    told = 'def f():\n    """Words.' + "\n" * MAX_FUNCTION + '    """\n' + statement
    assert size_complaints(Path("python/a.py"), long) == ["f: 61 lines, at most 60"]
    assert size_complaints(Path("python/a.py"), told) == []
    part = "    def {}():\n" + "        x = 1\n" * 40
    whole = "def f():\n" + part.format("g") + part.format("h") + "    x = 1\n" * 30
    assert size_complaints(Path("python/a.py"), whole) == []
    assert len(size_complaints(Path("python/a.py"), whole + "    x = 1\n" * 31)) == 1
    assert size_complaints(Path("python/a.py"), "x = 1\n" * 501) == ["501 lines, at most 500"]
    assert size_complaints(Path("tests/a.py"), "x = 1\n" * 501) == []


def test_name_rule_bites() -> None:
    assert name_complaints(Path("python/ccroute/_utils.py")) == ["'utils' says nothing"]
    assert name_complaints(Path("python/ccroute/common/a.py")) == ["'common' says nothing"]
    assert name_complaints(Path("python/ccroute/_router.py")) == []


def test_import_rule_bites() -> None:
    hidden = "if TYPE_CHECKING:\n    from ccroute._router import Router\n"
    assert private_imports(hidden) == ["ccroute._router.Router"]
    assert private_imports("from ccroute import _wire") == ["ccroute._wire"]
    assert private_imports("import ccroute.metrics._cells") == ["ccroute.metrics._cells"]
    assert private_imports("from ccroute import Router, __version__\nimport _thread") == []


def test_room_rule_bites() -> None:
    text = "from ccroute.metrics import Kpi\nfrom ccroute.metrics._kpi import Value\n"
    inside = Path("python/ccroute/metrics/_build.py")
    assert strange_rooms(inside, text) == []
    for other in ("python/ccroute/cli/_report.py", "python/ccroute/_targets.py"):
        assert strange_rooms(Path(other), text) == ["ccroute.metrics._kpi.Value"]
    assert strange_rooms(inside, "from ccroute._errors import ConfigError") == []


def test_machine_rule_bites() -> None:
    assert machine_paths("see " + "/" + "work/main") == ["/" + "work/m"]
    assert machine_paths("/var/log/asterisk/queue_log and rust/root/x and a/tmp/b") == []
