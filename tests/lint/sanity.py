# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`ansible-test sanity` over the files that users install, without Docker and without anything but a package index.

ansible-test has four habits that need an answer here:

- it downloads pip's bootstrap script from a server of its own; a stand-in that uses ensurepip takes its place;
- it dies on an interpreter that is on PATH and does not run, such as a version manager's inactive shim;
- it works only in a folder that physically is `ansible_collections/quorum/etcd`, so it gets the unpacked artifact;
- below a git work tree that ignores its folder it skips every target and calls that a success.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from importlib import util
from pathlib import Path

from ansible_test._util.target.common.constants import CONTROLLER_PYTHON_VERSIONS, REMOTE_ONLY_PYTHON_VERSIONS

from tests.testbed import cache

from .gate import BIN, GateFailed, run
from .package import build

# Names of the tests that a sound run has gone through at least; a run with fewer has not looked.
ESSENTIAL = {
    "ansible-doc",
    "changelog",
    "compile",
    "ignores",
    "import",
    "no-assert",
    "pep8",
    "pylint",
    "runtime-metadata",
    "validate-modules",
    "yamllint",
}
SECONDS = 1800
STAND_IN = """\
import subprocess, sys
arguments = [a for a in sys.argv[1:] if a not in ("--no-setuptools", "--no-wheel")]
subprocess.check_call([sys.executable, "-m", "ensurepip", "--default-pip"], stdout=subprocess.DEVNULL)
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", "-q"] + arguments))
"""


def home() -> Path:
    """A home folder for ansible-test alone, in our cache: another clone finds its environments, and nothing of the
    user's is touched.

    pip's settings go along, those of the user's files and those of the environment, which ansible-test withholds from
    pip.
    """
    folder = cache.folder() / "ansible-test"
    (folder / ".config").mkdir(parents=True, exist_ok=True)
    theirs, ours = Path.home() / ".config" / "pip", folder / ".config" / "pip"
    if theirs.is_dir() and not ours.exists():
        ours.symlink_to(theirs)
    settings = {
        name[4:].lower().replace("_", "-"): value
        for name, value in os.environ.items()
        if name.startswith("PIP_") and name != "PIP_CONFIG_FILE"
    }
    (folder / ".pip").mkdir(exist_ok=True)
    (folder / ".pip" / "pip.conf").write_text(
        "[global]\n" + "".join(f"{name} = {value}\n" for name, value in sorted(settings.items()))
    )
    return folder


def place_pip_stand_ins(folder: Path) -> None:
    """Puts the stand-in where ansible-test looks for its downloaded get-pip, under the name for each pip that it may
    ask for.
    """
    specification = util.find_spec("ansible_test")
    if specification is None or specification.origin is None:
        raise GateFailed("ansible-test is not installed in .venv.")
    source = (Path(specification.origin).parent / "_internal" / "python_requirements.py").read_text()
    cache = folder / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in set(re.findall(r"""\bpip=['"]([0-9.]+)['"]""", source)):
        (cache / f"get_pip_{version.replace('.', '_')}.py").write_text(STAND_IN)


def real_interpreter(command: Path) -> Path | None:
    """The interpreter behind a command, or None where it does not run."""
    done = subprocess.run(
        [command, "-c", "import sys; print(sys.executable)"], capture_output=True, text=True, check=False, timeout=30
    )
    return Path(done.stdout.strip()) if done.returncode == 0 else None


def managed_interpreters() -> list[Path]:
    """Folders of the interpreters that pyenv has installed, whether they are active or not."""
    pyenv = shutil.which("pyenv")
    if not pyenv:
        return []
    prefix = subprocess.run([pyenv, "root"], capture_output=True, text=True, check=False).stdout.strip()
    return sorted(Path(prefix).glob("versions/*/bin"))


def interpreter_path(scratch: Path, choose: Callable[[Iterable[str]], set[str]]) -> str:
    """A PATH with the chosen `python3.N` of this machine, each of which runs, and no others: folders that hold others
    are left out.
    """
    broken = set()
    found: dict[str, Path] = {}
    folders = [Path(folder) for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if folder]
    for folder in [*managed_interpreters(), *folders]:
        for command in sorted(folder.glob("python3.[0-9]*")):
            if not re.fullmatch(r"python3\.\d+", command.name):
                continue
            real = real_interpreter(command)
            if real is None:
                broken.add(folder)
            else:
                found.setdefault(command.name, real)
    links = scratch / "interpreters"
    links.mkdir()
    for name in choose(found):
        (links / name).symlink_to(found[name])
    return os.pathsep.join(map(str, [links, *(folder for folder in folders if folder not in broken)]))


def unpack(scratch: Path) -> Path:
    """Lays the artifact out as the folder that ansible-test insists on, away from any git work tree."""
    collection = scratch / "ansible_collections" / "quorum" / "etcd"
    collection.mkdir(parents=True)
    shutil.unpack_archive(build(scratch), collection)
    inside = subprocess.run(
        ["git", "rev-parse", "--is-inside-work-tree"], cwd=collection, capture_output=True, check=False
    )
    if inside.returncode == 0:
        raise GateFailed(
            f"{collection} is inside a git work tree, where ansible-test skips every target: set TMPDIR to a "
            "folder that is not."
        )
    return collection


def require_thorough(output: str) -> None:
    """Raises GateFailed where a run that ended well has not looked at the collection."""
    if "All targets skipped" in output:
        raise GateFailed(f"ansible-test skipped all targets, that is, tested nothing:\n{output}")
    missing = ESSENTIAL - set(re.findall(r'Running sanity test "([^"]+)"', output))
    if missing:
        raise GateFailed(f"ansible-test left out {', '.join(sorted(missing))}:\n{output}")


def findings(output: str) -> str:
    """What a failed run found, without its progress and its installs; all of it where nothing looks like a finding."""
    found = [line for line in output.splitlines() if line.startswith(("ERROR", "FATAL"))]
    return "\n".join(found) or output


def ends_of(interpreters: Iterable[str]) -> set[str]:
    """Of the interpreters of the supported range the oldest and the newest."""
    supported = [f"python{version}" for version in (*REMOTE_ONLY_PYTHON_VERSIONS, *CONTROLLER_PYTHON_VERSIONS)]
    here = [name for name in supported if name in set(interpreters)]
    return {*here[:1], *here[-1:]}


def check(scratch: Path) -> None:
    """Runs all sanity tests, on every Python of the supported range that is installed here."""
    _check(scratch, set)


def check_the_oldest_and_the_newest(scratch: Path) -> None:
    """Runs all sanity tests, on the oldest and the newest Python of the supported range that are installed here: what
    breaks, breaks at an end.
    """
    _check(scratch, ends_of)


def _check(scratch: Path, choose: Callable[[Iterable[str]], set[str]]) -> None:
    collection = unpack(scratch)
    path = f"{BIN}{os.pathsep}{interpreter_path(scratch, choose)}"
    try:
        # ansible-test makes its environments without a lock of its own.
        with cache.locked("ansible-test", SECONDS):
            folder = home()
            place_pip_stand_ins(folder)
            output = run(
                ["ansible-test", "sanity", "--local", "--color", "no"],
                cwd=collection,
                environment={"HOME": str(folder), "PATH": path},
                timeout=SECONDS,
            )
    except cache.CacheUnusable as problem:
        raise GateFailed(str(problem)) from problem
    except GateFailed as failure:
        raise GateFailed(findings(str(failure))) from failure
    require_thorough(output)
