# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the checkout ready for its commands: a virtual environment with what the tests need, and the collection's
import tree.

Runs before anything is installed, so it uses the standard library alone and runs on any Python 3.
Does nothing, in some milliseconds, when the environment is there and the requirements have not changed.
"""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
REQUIREMENTS = ROOT / "tests" / "requirements.txt"
CACHE = ROOT / ".cache"
LOG = CACHE / "install.log"
COLLECTIONS_LOG = CACHE / "install-collections.log"
TREE = CACHE / "collections" / "ansible_collections" / "quorum" / "etcd"
# The package `ansible` brings 92 collections, and installing it takes longer than all the rest: the tests use these
# few.
BUNDLE = "ansible>=12"
COLLECTIONS = ("ansible.posix", "community.crypto", "community.docker", "community.library_inventory_filtering_v1")
# The pip that Python 3.11 brings takes twice as long for everything as today's.
NEW_PIP = "pip>=25"
SECONDS_BETWEEN_NEWS = 10
COLUMNS = 79
OLDEST = (3, 11)
CANDIDATES = ("python3", "python3.13", "python3.12", "python3.11", "python3.14", "python")


class Missing(Exception):
    """Something that the machine has to bring; the message says what, and how to get it."""


def version_of(python):
    """The (major, minor) of an interpreter, or None where it does not run (a version manager's inactive shim)."""
    try:
        answer = subprocess.run(
            [python, "-c", "import sys; print('%d %d' % sys.version_info[:2])"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
            timeout=30,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    major, minor = answer.stdout.split()
    return int(major), int(minor)


def find_interpreter():
    """The interpreter that the environment is made with: $PYTHON if it is set, else the first one that is new
    enough.
    """
    chosen = os.environ.get("PYTHON")
    seen = []
    for name in [chosen] if chosen else CANDIDATES:
        path = shutil.which(name)
        version = version_of(path) if path else None
        if version and version >= OLDEST:
            return path
        if version:
            seen.append("%s is %d.%d" % ((path,) + version))
    raise Missing(
        "Python %d.%d or newer is needed%s (%s): install it, or name one: make PYTHON=/path/to/python3"
        % (OLDEST + (" as PYTHON" if chosen else "", ", ".join(seen) or "none found"))
    )


def require_venv(python):
    """Debian keeps the modules that make a virtual environment in a package of their own."""
    probe = subprocess.run([python, "-c", "import ensurepip, venv"], stderr=subprocess.DEVNULL, check=False)
    if probe.returncode:
        raise Missing(
            "%s cannot make virtual environments: apt-get install python3-venv (Debian, Ubuntu), or name "
            "another: make PYTHON=/path/to/python3" % python
        )


def wanted_stamp():
    """Changes whenever the environment has to be brought up to date."""
    return hashlib.sha256(REQUIREMENTS.read_bytes() + wanted_collections().encode() + str(VENV).encode()).hexdigest()


def wanted_collections():
    return "%s: %s" % (BUNDLE, " ".join(COLLECTIONS))


def is_ready():
    stamp = VENV / ".requirements"
    return stamp.is_file() and stamp.read_text() == wanted_stamp() and os.access(str(VENV / "bin" / "python"), os.X_OK)


class Logged:
    """A long command with its output in a log; on failure the end of that output is the error."""

    def __init__(self, command, log):
        self._log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def wait(self, failure):
        while self._process.poll() is None:
            try:
                self._process.wait(SECONDS_BETWEEN_NEWS)
            except subprocess.TimeoutExpired:
                print(("  still at it: %s" % (self._lines() or ["starting"])[-1])[:COLUMNS].rstrip(), flush=True)
        if self._process.returncode:
            lines = self._lines()
            reasons = [line for line in lines if line.lower().startswith("error")] or lines[-3:]
            raise Missing("%s (all of it in %s):\n  %s" % (failure, self._log.relative_to(ROOT), "\n  ".join(reasons)))

    def _lines(self):
        return [line.strip() for line in self._log.read_text(errors="replace").splitlines() if line.strip()]


def run_logged(command, failure):
    with Logged(command, LOG) as running:
        running.wait(failure)


def install():
    """Makes or updates the virtual environment."""
    if not version_of(str(VENV / "bin" / "python")):
        make_venv()
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    # What is never imported needs no bytecode; Python writes the rest when it comes to it.
    command = [
        *pip,
        "install",
        "--no-compile",
        "--progress-bar",
        "off",
        "--upgrade-strategy",
        "only-if-needed",
        "-r",
        str(REQUIREMENTS),
    ]
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=str(CACHE)))
        download = [*pip, "download", "--no-deps", "--only-binary", ":all:", "--dest", folder, BUNDLE]
        bundle = None if has_collections() else stack.enter_context(Logged(download, COLLECTIONS_LOG))
        run_logged(command, "installing %s failed" % REQUIREMENTS.relative_to(ROOT))
        if bundle:
            bundle.wait("downloading the package %s failed" % BUNDLE)
            unpack_collections(pathlib.Path(folder))
    (VENV / ".requirements").write_text(wanted_stamp())


def make_venv():
    python = find_interpreter()
    require_venv(python)
    shutil.rmtree(str(VENV), ignore_errors=True)
    run_logged([python, "-m", "venv", str(VENV)], "making the virtual environment failed")
    # Without it the one that is there will do, and say better what is wrong.
    with contextlib.suppress(Missing):
        run_logged(
            [str(VENV / "bin" / "python"), "-m", "pip", "install", "--retries", "1", "--no-compile", NEW_PIP],
            "getting a new pip failed",
        )
    LOG.write_bytes(b"")


def has_collections():
    stamp = VENV / ".collections"
    return stamp.is_file() and stamp.read_text() == wanted_collections()


def unpack_collections(folder):
    """Ansible finds collections in every folder of Python's path that has `ansible_collections` in it."""
    (wheel,) = folder.glob("*.whl")
    (packages,) = VENV.glob("lib/python3.*/site-packages")
    with zipfile.ZipFile(str(wheel)) as archive:
        for collection in COLLECTIONS:
            place = "ansible_collections/%s/" % collection.replace(".", "/")
            shutil.rmtree(str(packages / place), ignore_errors=True)
            archive.extractall(str(packages), [name for name in archive.namelist() if name.startswith(place)])
    (VENV / ".collections").write_text(wanted_collections())


def link_tree():
    """Ansible finds a collection only below `ansible_collections/<namespace>/<name>`; a link leads it to the
    checkout.
    """
    TREE.parent.mkdir(parents=True, exist_ok=True)
    if TREE.is_symlink() and TREE.resolve() == ROOT:
        return
    replacement = TREE.with_name("etcd.%d" % os.getpid())
    replacement.symlink_to(ROOT)
    replacement.rename(TREE)


def prepare():
    link_tree()
    if is_ready():
        return
    with (CACHE / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_ready():
            return
        print("Installing into .venv, once; half a minute or more (see .cache/install.log) ...", flush=True)
        started = time.monotonic()
        for log in (LOG, COLLECTIONS_LOG):
            log.write_bytes(b"")
        install()
        print("Installed in %.0f s." % (time.monotonic() - started), flush=True)


if __name__ == "__main__":
    try:
        link_tree() if sys.argv[1:] == ["link"] else prepare()
    except Missing as problem:
        sys.exit("error: %s" % problem)
