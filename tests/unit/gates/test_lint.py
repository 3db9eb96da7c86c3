# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gates of `make lint` cannot be green without having looked."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

from tests.lint import __main__ as lint
from tests.lint import package, sanity
from tests.lint.gate import ROOT, GateFailed, run

THOROUGH = "".join(f'Running sanity test "{name}"\n' for name in sorted(sanity.ESSENTIAL))


def test_a_sanity_run_that_skipped_all_targets_fails():
    with pytest.raises(GateFailed, match="tested nothing"):
        sanity.require_thorough("WARNING: All targets skipped.\n")


def test_a_sanity_run_that_left_out_a_test_fails_and_names_it():
    with pytest.raises(GateFailed, match="left out validate-modules"):
        sanity.require_thorough(THOROUGH.replace('Running sanity test "validate-modules"', ""))


def test_a_sanity_run_that_did_everything_passes():
    sanity.require_thorough(THOROUGH)


def test_interpreters_that_do_not_run_are_kept_out_of_the_way(tmp_path, monkeypatch):
    shims, real = tmp_path / "shims", tmp_path / "real"
    for folder, script in ((shims, "#!/bin/sh\nexit 127\n"), (real, "#!/bin/sh\necho /opt/python3.8/bin/python3.8\n")):
        folder.mkdir()
        (folder / "python3.8").write_text(script)
        (folder / "python3.8").chmod(0o755)
    monkeypatch.setenv("PATH", f"{shims}:{real}:/usr/bin:/bin")
    monkeypatch.setattr(sanity, "managed_interpreters", list)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    path = sanity.interpreter_path(scratch, set).split(":")
    assert str(shims) not in path
    assert str(real) in path
    assert str((scratch / "interpreters" / "python3.8").readlink()) == "/opt/python3.8/bin/python3.8"


def artifact_of(names, folder):
    artifact = folder / "quorum-etcd-0.1.0.tar.gz"
    with tarfile.open(artifact, "w:gz") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    return artifact


WHOLE = [
    "MANIFEST.json",
    "FILES.json",
    "meta/runtime.yml",
    "plugins/modules/etcd_member.py",
    "LICENSE",
    "README.md",
    "tests/config.yml",
]


def test_an_artifact_with_the_collection_and_nothing_else_passes(tmp_path):
    package.require_only_content(artifact_of(WHOLE, tmp_path))


@pytest.mark.parametrize(
    "stranger", [".venv/bin/python", "tests/unit/test_x.py", "Makefile", "core", "plugins/__pycache__/x.pyc"]
)
def test_an_artifact_with_files_of_development_fails(stranger, tmp_path):
    with pytest.raises(GateFailed, match="build_ignore"):
        package.require_only_content(artifact_of([*WHOLE, stranger], tmp_path))


def test_an_artifact_without_modules_fails(tmp_path):
    with pytest.raises(GateFailed, match="lacks plugins"):
        package.require_only_content(artifact_of([name for name in WHOLE if not name.startswith("plugins")], tmp_path))


def test_a_tool_that_fails_shows_what_it_printed():
    with pytest.raises(GateFailed, match=r"(?s)seen by the user.*exit code 3"):
        run(["sh", "-c", "echo seen by the user; exit 3"])


def test_a_tool_that_is_not_there_is_named():
    with pytest.raises(GateFailed, match="no-such-linter"):
        run(["no-such-linter"])


def is_dead(pid: int) -> bool:
    """Whether a process is gone, or dead and not yet buried."""
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def ended(pid: int) -> bool:
    """Whether a process dies now: one that was killed closes its files, which is what its parent sees, before it is
    dead.
    """
    end = time.monotonic() + 10
    while not is_dead(pid) and time.monotonic() < end:
        time.sleep(0.01)
    return is_dead(pid)


def test_a_tool_that_hangs_is_ended_with_its_children_and_what_it_printed_is_shown():
    with pytest.raises(GateFailed, match=r"(?s)not done after.*halfway in \d+") as refused:
        run(["sh", "-c", "sleep 60 & echo halfway in $!; wait"], timeout=1)
    child = int(re.findall(r"halfway in (\d+)", str(refused.value))[-1])
    assert ended(child)


def test_a_run_that_is_broken_off_leaves_no_tool_and_no_folder(tmp_path):
    """Ctrl-C and SIGTERM alike, also while a tool is running."""
    script = (
        "import tests.lint.__main__ as lint; lint.GATES = {'slow': lint.command('sh', '-c', 'echo $$ > started; exec "
        "sleep 60')}; "
    )
    script = script.replace("echo $$ > started", f"echo $$ > {tmp_path}/new && mv {tmp_path}/new {tmp_path}/started")
    script += "import signal, sys; signal.signal(signal.SIGTERM, signal.default_int_handler); sys.exit(lint.main([]))"
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as running:
        while not (tmp_path / "started").exists():
            assert running.poll() is None
            time.sleep(0.01)
        running.terminate()
        assert running.wait(30) != 0
    assert ended(int((tmp_path / "started").read_text()))
    assert [path.name for path in tmp_path.iterdir()] == ["started"]


def test_one_failed_gate_fails_the_run(monkeypatch, capsys):
    def broken(_scratch):
        raise GateFailed("what is wrong")

    monkeypatch.setattr(lint, "GATES", {"good": lambda _scratch: None, "bad": broken})
    assert lint.main([]) == 1
    printed = capsys.readouterr().out
    assert "what is wrong" in printed
    assert printed.splitlines()[-1] == "1 passed, 1 failed"


def test_a_gate_that_crashes_fails_and_the_others_still_run(monkeypatch, capsys):
    monkeypatch.setattr(lint, "GATES", {"bad": lambda scratch: {}[scratch], "good": lambda _scratch: None})
    assert lint.main([]) == 1
    printed = capsys.readouterr().out
    assert "KeyError: " in printed
    assert printed.splitlines()[-1] == "1 passed, 1 failed"


def test_a_gate_that_does_not_exist_is_an_error(capsys):
    assert lint.main(["sanety"]) == 2
    assert "sanety" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("here", "ends"),
    [
        (["python3.11"], {"python3.11"}),
        (["python3.8", "python3.10", "python3.12"], {"python3.8", "python3.12"}),
        # What ansible-test does not know is of no use to it.
        (["python3.6", "python3.9", "python3.11", "python3.99"], {"python3.9", "python3.11"}),
        ([], set()),
    ],
)
def test_sanity_before_a_landing_takes_the_oldest_and_the_newest_python(here, ends, monkeypatch):
    monkeypatch.setattr(sanity, "REMOTE_ONLY_PYTHON_VERSIONS", ("3.8", "3.9", "3.10"))
    monkeypatch.setattr(sanity, "CONTROLLER_PYTHON_VERSIONS", ("3.11", "3.12", "3.13"))
    assert sanity.ends_of(here) == ends


def test_a_set_of_gates_is_run_by_its_name(monkeypatch):
    ran = []
    monkeypatch.setattr(lint, "run_gates", lambda chosen: ran.append(chosen) or 0)
    assert lint.main(["quick"]) == lint.main(["ruff"]) == lint.main([]) == 0
    assert ran == [list(lint.QUICK), ["ruff"], [gate for gate in lint.GATES if gate != "sanity-ends"]]
    assert lint.main(["no-such-gate"]) == 2
