"""What rules cost that nobody uses: instructions of the plain case, now and in the first engine.

`make bench` runs it. The plain case is the one of `rust/ccroute-core/benches/engine.rs` (lives of
contacts under queues with nothing but skills), with fewer contacts, counted by valgrind's
callgrind: the same program gives the same count on any day, so one run each is enough.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
FIRST = "9ff4562"
"""The commit of the first engine."""
MOST = 1.10
BENCH = "rust/ccroute-core/benches/engine.rs"
CONTACTS = "const CONTACTS: usize = "
MAIN = """fn main() {
    let mut router = centre();
    println!("{} offers", lives(&mut router, |_| ()));
}
"""


def only_the_lives(bench: Path) -> None:
    """Makes of the benchmark a program that does the lives once and nothing else."""
    text = bench.read_text()
    text = text[: text.index("fn main() {")] + MAIN
    text = re.sub(rf"{CONTACTS}[\d_]+;", f"{CONTACTS}20_000;", text)
    text = text.replace("fn lives(", "#[inline(never)]\nfn lives(")
    bench.write_text("#![allow(dead_code, unused_imports)]\n" + text)


def run(*command: str, folder: Path) -> str:
    """What a command prints, to both outputs."""
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{ran.stdout}{ran.stderr}")
    return ran.stdout + ran.stderr


def instructions(tree: Path, target: Path) -> int:
    """Instructions of the lives in the engine of a tree."""
    only_the_lives(tree / BENCH)
    build = ["cargo", "bench", "--locked", "--no-run", "--package", "ccroute-core"]
    told = run(*build, "--bench", "engine", "--target-dir", str(target), folder=tree)
    program = re.search(r"Executable .*\((.+)\)", told)
    assert program, told
    count = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={target}/callgrind.out"]
    counted = run(*count, "--toggle-collect=engine::lives*", program[1], folder=tree)
    found = re.search(r"Collected : (\d+)", counted)
    assert found, counted
    return int(found[1])


def main() -> None:
    """Prints both counts and their ratio."""
    if shutil.which("valgrind") is None:
        print("instructions of the plain case: not counted, valgrind is not installed")
        return
    known = ["git", "cat-file", "-e", f"{FIRST}^{{commit}}"]
    if subprocess.run(known, cwd=ROOT, capture_output=True, check=False).returncode != 0:
        print(f"instructions of the plain case: not counted, commit {FIRST} is not in this clone")
        return
    with tempfile.TemporaryDirectory() as folder:
        first, now = Path(folder) / "first", Path(folder) / "now"
        run("git", "worktree", "add", "--detach", str(first), FIRST, folder=ROOT)
        try:
            ignored = shutil.ignore_patterns("target", ".*")
            shutil.copytree(ROOT / "rust", now / "rust", ignore=ignored)
            for name in ("Cargo.toml", "Cargo.lock", "clippy.toml"):
                shutil.copy(ROOT / name, now / name)
            before = instructions(first, Path(folder) / "target-first")
            after = instructions(now, Path(folder) / "target-now")
        finally:
            run("git", "worktree", "remove", "--force", str(first), folder=ROOT)
    ratio = after / before
    print(
        f"instructions of the plain case: first engine {before:,}, now {after:,},"
        f" ratio {ratio:.3f} (at most {MOST:.2f})"
    )
    if ratio > MOST:
        sys.exit("the rules that the plain case does not use cost it too much")


if __name__ == "__main__":
    main()
