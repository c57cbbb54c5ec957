"""A real Asterisk from Debian's own packages, in a root folder of its own.

Debian 12 has no Asterisk package, later suites of the same archive have. So the package
goes into a small root folder (debootstrap, then apt inside it); nothing of the machine
changes but for the package debootstrap. What to do with an installed one stands in
`instance`. Safe when several test runs start at once: the first one builds, the others wait.
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUITES = ("sid", "forky")
PACKAGES = ("asterisk", "asterisk-moh-opsound-gsm", "openssl")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SCRIPTS = Path("/usr/share/debootstrap/scripts")
STAMP = "installed"  # inside a finished root: which version, from which suite
CERTIFICATE = "etc/asterisk-test.pem"
# No manuals and no translations: a sixth of the space.
SLIM = "".join(f"path-exclude=/usr/share/{part}/*\n" for part in ("doc", "man", "locale"))


class CannotInstall(Exception):
    """Why there is no real Asterisk here, in a sentence for whoever reads the test report."""


def cache() -> Path:
    """Where roots live: outside the repository, so that several checkouts share one."""
    given = os.environ.get("XDG_CACHE_HOME")
    return (Path(given) if given else Path.home() / ".cache") / "ccroute" / "pbx"


def install(suites: tuple[str, ...] = SUITES) -> Path:
    """The root folder of an installed Asterisk; built when there is none (40 s, 330 MB).

    Args:
        suites: Debian suites to try, one after the other.

    Raises:
        CannotInstall: no root, no apt, or every suite failed.
    """
    root = cache() / f"asterisk-{suites[0]}"
    if (root / STAMP).exists():
        return root
    if os.geteuid() != 0:
        raise CannotInstall("debootstrap and chroot need root")
    if shutil.which("apt-get") is None:
        raise CannotInstall("no apt-get: not a Debian machine")
    cache().mkdir(parents=True, exist_ok=True)
    with locked(root.with_suffix(".lock")):
        if not (root / STAMP).exists():
            build_any(suites, root)
    return root


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One process at a time; the system drops the lock of one that dies."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def build_any(suites: tuple[str, ...], root: Path) -> None:
    for left in cache().glob(f"{root.name}.building-*"):  # by a run that was killed
        remove(left)
    if shutil.which("debootstrap") is None or not KEYRING.exists():
        run("apt-get", "update", "-qq")
        run("apt-get", "install", "-yqq", "--no-install-recommends", "debootstrap", KEYRING.stem)
    mirror = archive()
    reasons = []
    for suite in suites:
        building = Path(tempfile.mkdtemp(prefix=f"{root.name}.building-", dir=cache()))
        try:
            build(suite, mirror, building)
        except CannotInstall as reason:
            reasons.append(f"{suite}: {reason}")
            remove(building)
        else:
            building.rename(root)
            return
    raise CannotInstall("; ".join(reasons))


def build(suite: str, mirror: str, root: Path) -> None:
    # A debootstrap older than the suite has no script for it; those of Debian are all one.
    script = () if (SCRIPTS / suite).exists() else (str(SCRIPTS / "sid"),)
    root.chmod(0o755)  # the unprivileged user of Asterisk walks through it
    run("debootstrap", "--variant=minbase", f"--keyring={KEYRING}", suite, root, mirror, *script)
    treat_archive_alike(root)
    (root / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")  # start no services
    (root / "usr/sbin/policy-rc.d").chmod(0o755)
    (root / "etc/dpkg/dpkg.cfg.d/slim").write_text(SLIM)
    inside = ("chroot", root)
    run(*inside, "apt-get", "update", "-qq")
    run(*inside, "apt-get", "install", "-yqq", "--no-install-recommends", *PACKAGES)
    run(*inside, "apt-get", "clean")
    shutil.rmtree(root / "var/lib/apt/lists")
    complete(root)
    version = run(*inside, "asterisk", "-V").strip()
    (root / STAMP).write_text(f"{version} ({suite}, {time.strftime('%F')})\n")


def treat_archive_alike(root: Path) -> None:
    """The inner apt reaches the archive as the outer one does: proxies, dates, accounts."""
    for settings in Path("/etc/apt/apt.conf.d").glob("*"):
        if "Acquire" in settings.read_text():
            shutil.copy(settings, root / "etc/apt/apt.conf.d")
    accounts = Path("/etc/apt/auth.conf.d")
    if accounts.is_dir():
        shutil.copytree(accounts, root / "etc/apt/auth.conf.d", dirs_exist_ok=True)
    if Path("/etc/resolv.conf").exists():
        shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")


def complete(root: Path) -> None:
    """What Asterisk wants and a bare root lacks: randomness, its own name, a certificate."""
    random = root / "dev/urandom"
    if not random.exists():
        os.mknod(random, 0o666 | 0o020000, os.makedev(1, 9))
    hosts = root / "etc/hosts"
    if not hosts.exists() or "localhost" not in hosts.read_text():
        hosts.write_text("127.0.0.1 localhost\n")
    key, certificate = "/etc/key.pem", "/etc/certificate.pem"
    asked = f"req -x509 -newkey rsa:2048 -nodes -days 3650 -keyout {key} -out {certificate}"
    names = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
    run("chroot", root, "openssl", *asked.split(), *names)
    both = (root / key[1:]).read_text() + (root / certificate[1:]).read_text()
    (root / CERTIFICATE).write_text(both)


def archive() -> str:
    """The address that this machine's own release comes from, as apt knows it.

    Raises:
        CannotInstall: apt knows none, or this is not Debian.
    """
    release = dict(
        line.split("=", 1)
        for line in Path("/etc/os-release").read_text().splitlines()
        if "=" in line
    )
    if release.get("ID", "").strip('"') != "debian":
        raise CannotInstall(f"not Debian but {release.get('NAME', 'unknown')}")
    codename = release.get("VERSION_CODENAME", "").strip('"')
    asked = ("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)")
    for target in run(*asked, "Created-By: Packages").splitlines():
        address, _, of = target.partition(" ")
        if of == codename:
            return address
    return first_source()  # apt lists nothing before its first update


def first_source() -> str:
    folder = Path("/etc/apt/sources.list.d")
    files = [*folder.glob("*.sources"), Path("/etc/apt/sources.list"), *folder.glob("*.list")]
    for file in files:
        for words in map(str.split, file.read_text().splitlines() if file.exists() else ()):
            if words[:1] == ["URIs:"]:
                return words[1]
            if words[:1] == ["deb"]:
                return next(word for word in words if word.startswith("http"))
    raise CannotInstall("apt has no archive in its sources")


def run(*command: object) -> str:
    """Runs it and gives its output.

    Raises:
        CannotInstall: it failed; with the last line of what it said.
    """
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words, check=False, env=quiet, capture_output=True, text=True, timeout=600
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotInstall(f"{words[0]}: {error}") from None
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines() or ["no output"]
        raise CannotInstall(f"{' '.join(words[:3])} failed: {said[-1]}")
    return done.stdout


def remove(folder: Path) -> None:
    """Deletes it, never what is mounted inside it."""
    subprocess.run(["rm", "-rf", "--one-file-system", str(folder)], check=False)
