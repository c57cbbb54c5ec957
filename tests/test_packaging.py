"""What users install: the wheel and the source archive, each into an empty environment.

The wheel is built as ``pip wheel .`` does it and installs where no Rust is; the archive
is unpacked and built as pip would. Both builds share the project's target directory, so
that only our own two crates are compiled again.
"""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
LEGAL = {"LICENSE", "THIRD_PARTY_NOTICES.md"}

pytestmark = pytest.mark.packaging


def run(*command: str | Path, cwd: Path, path: str | None = None) -> str:
    """Runs ``command`` with no settings of this environment but where to build."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    kept.pop("VIRTUAL_ENV", None)
    environment = {**kept, "CARGO_TARGET_DIR": str(TARGET)}
    if path is not None:
        environment["PATH"] = path
    ran = subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=1200,
        check=False,
    )
    assert ran.returncode == 0, f"{command}\n{ran.stdout}{ran.stderr}"
    return ran.stdout


def pip(python: Path, *arguments: str | Path, cwd: Path, path: str | None = None) -> None:
    run(python, "-m", "pip", "--quiet", *arguments, cwd=cwd, path=path)


def empty_environment(folder: Path) -> Path:
    """A virtual environment with nothing in it; returns its interpreter."""
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder.parent)
    python = folder / "bin" / "python"
    pip(Path(sys.executable), "--python", python, "install", "pip", cwd=folder.parent)
    return python


def works(python: Path, cwd: Path) -> None:
    """The installed package, not the checkout, is imported and routes a contact."""
    where = run(python, "-I", "-c", "import ccroute; print(ccroute.__file__)", cwd=cwd)
    assert Path(where.strip()).is_relative_to(python.parents[1])
    assert run(python, "-I", ROOT / "examples" / "hello_routing.py", cwd=cwd)


def data_files() -> set[str]:
    """Dashboards, alerts and the targets set by law, as the package has them."""
    folder = ROOT / "python" / "ccroute"
    found = [*folder.glob("export/dashboards/*"), *folder.glob("metrics/targets/*.toml")]
    names = {path.relative_to(folder.parent).as_posix() for path in found}
    assert "ccroute/export/dashboards/wallboard.json" in names
    assert "ccroute/metrics/targets/es-ley-10-2025.toml" in names
    return names


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("cargo") is None:
        pytest.fail("cargo is not installed") if os.environ.get("CI") else pytest.skip("no cargo")
    return tmp_path_factory.mktemp("packaging")


@pytest.fixture(scope="module")
def wheel(desk: Path) -> Path:
    pip(Path(sys.executable), "wheel", "--no-deps", "-w", desk, ROOT, cwd=desk)
    (built,) = desk.glob("ccroute-*.whl")
    return built


@pytest.fixture(scope="module")
def archive(desk: Path) -> Path:
    run(sys.executable, "-m", "maturin", "sdist", "--out", desk, cwd=ROOT)
    (built,) = desk.glob("ccroute-*.tar.gz")
    return built


@pytest.fixture(scope="module")
def bare(desk: Path, wheel: Path) -> Path:
    """An environment with the wheel, made with no Rust in sight."""
    python = empty_environment(desk / "bare")
    path = str(python.parent)
    assert shutil.which("cargo", path=path) is None
    pip(python, "install", wheel, cwd=desk, path=path)
    return python


def test_wheel_serves_every_python_from_3_11(wheel: Path) -> None:
    assert re.search(r"-cp311-abi3-\w*linux\w*x86_64\.whl$", wheel.name)


def test_wheel_holds_types_licence_and_notices(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        names = set(opened.namelist())
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        told = opened.read(metadata).decode()
    folder = metadata.removesuffix("METADATA")
    assert {f"{folder}licenses/{name}" for name in LEGAL} <= names
    assert {"ccroute/py.typed", "ccroute/_core.pyi", "ccroute/_core.abi3.so"} <= names
    assert data_files() <= names
    needed = [line for line in told.splitlines() if line.startswith("Requires-Dist: ")]
    without_extra = {re.split(r"[ <>=;]", line)[1] for line in needed if "extra ==" not in line}
    assert without_extra == {"attrs", "numpy"}


def test_wheel_installs_and_works_without_rust(bare: Path, tmp_path: Path) -> None:
    works(bare, tmp_path)


def test_command_line_and_adapters_install_beside_it(
    bare: Path, wheel: Path, desk: Path, tmp_path: Path
) -> None:
    found = [*ROOT.glob("adapters/*/pyproject.toml"), *ROOT.glob("examples/*/pyproject.toml")]
    adapters = [path.parent for path in sorted(found)]
    pip(bare, "install", f"{wheel}[cli]", *adapters, cwd=desk, path=str(bare.parent))
    command = bare.parent / "ccroute"
    assert run(command, "version", cwd=tmp_path).strip()
    log, plan = (ROOT / "examples" / "asterisk" / name for name in ("queue_log", "plan.toml"))
    assert run(command, "replay", log, "--plan", plan, "--json", cwd=tmp_path).startswith("{")


def test_archive_holds_both_crates_licence_and_notices_and_nothing_built(archive: Path) -> None:
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    needed = {"Cargo.lock", "rust/ccroute-core/src/lib.rs", "rust/ccroute-py/src/lib.rs"}
    assert needed | LEGAL | {f"python/{name}" for name in data_files()} <= names
    assert [name for name in names if name.endswith((".so", ".pyc"))] == []


def test_archive_builds_installs_and_works(archive: Path, desk: Path, tmp_path: Path) -> None:
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path)
    (source,) = tmp_path.iterdir()
    # Archives carry a fixed old date: cargo would take our crates for compiled already.
    for path in source.rglob("*"):
        path.touch()
    python = empty_environment(desk / "from_source")
    pip(python, "install", source, cwd=desk)
    works(python, tmp_path)
