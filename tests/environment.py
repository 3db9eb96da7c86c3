# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the checkout ready for its commands: a virtual environment with what the tests need, and the collection's import tree.

Runs before anything is installed, so it uses the standard library alone and runs on any Python 3.
Does nothing, in some milliseconds, when the environment is there and the requirements have not changed.
"""

import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
REQUIREMENTS = ROOT / "tests" / "requirements.txt"
CACHE = ROOT / ".cache"
LOG = CACHE / "install.log"
TREE = CACHE / "collections" / "ansible_collections" / "quorum" / "etcd"
OLDEST = (3, 11)
CANDIDATES = ("python3", "python3.13", "python3.12", "python3.11", "python3.14", "python")


class Missing(Exception):
    """Something that the machine has to bring; the message says what, and how to get it."""


def version_of(python):
    """The (major, minor) of an interpreter, or None where it does not run (a version manager's inactive shim)."""
    try:
        answer = subprocess.run(
            [python, "-c", "import sys; print('%d %d' % sys.version_info[:2])"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, timeout=30
        )
    except (OSError, subprocess.SubprocessError):
        return None
    major, minor = answer.stdout.split()
    return int(major), int(minor)


def find_interpreter():
    """The interpreter that the environment is made with: $PYTHON if it is set, else the first one that is new enough."""
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
            "%s cannot make virtual environments: apt-get install python3-venv (Debian, Ubuntu), or name another: make PYTHON=/path/to/python3" % python
        )


def wanted_stamp():
    """Changes whenever the environment has to be brought up to date."""
    return hashlib.sha256(REQUIREMENTS.read_bytes() + str(VENV).encode()).hexdigest()


def is_ready():
    stamp = VENV / ".requirements"
    return stamp.is_file() and stamp.read_text() == wanted_stamp() and os.access(str(VENV / "bin" / "python"), os.X_OK)


def run_logged(command, failure):
    """Runs a long command with its output in the log; on failure the end of that output is the error."""
    with LOG.open("ab") as log:
        code = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, check=False).returncode
    if code:
        lines = [line.strip() for line in LOG.read_text(errors="replace").splitlines()]
        reasons = [line for line in lines if line.lower().startswith("error")] or lines[-3:]
        raise Missing("%s (all of it in %s):\n  %s" % (failure, LOG.relative_to(ROOT), "\n  ".join(reasons)))


def install():
    """Makes or updates the virtual environment."""
    if not version_of(str(VENV / "bin" / "python")):
        python = find_interpreter()
        require_venv(python)
        shutil.rmtree(str(VENV), ignore_errors=True)
        run_logged([python, "-m", "venv", str(VENV)], "making the virtual environment failed")
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--upgrade-strategy", "only-if-needed"]
    run_logged([*pip, "-r", str(REQUIREMENTS)], "installing %s failed" % REQUIREMENTS.relative_to(ROOT))
    (VENV / ".requirements").write_text(wanted_stamp())


def link_tree():
    """Ansible finds a collection only below `ansible_collections/<namespace>/<name>`; a link leads it to the checkout."""
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
        print("Installing into .venv, once; a minute or two (see .cache/install.log) ...", flush=True)
        started = time.monotonic()
        LOG.write_bytes(b"")
        install()
        print("Installed in %.0f s." % (time.monotonic() - started), flush=True)


if __name__ == "__main__":
    try:
        prepare()
    except Missing as problem:
        sys.exit("error: %s" % problem)
