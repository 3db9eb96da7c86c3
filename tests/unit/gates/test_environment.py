# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine lacks is said in one line, with the way to get it; what is there is not done again."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests import environment


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """An empty checkout: requirements that name nothing, no virtual environment, and an index of one package with
    collections.
    """
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "requirements.txt").write_text("")
    cache = tmp_path / ".cache"
    places = {
        "ROOT": tmp_path,
        "VENV": tmp_path / ".venv",
        "REQUIREMENTS": tmp_path / "tests" / "requirements.txt",
        "CACHE": cache,
    }
    places |= {
        "LOG": cache / "install.log",
        "COLLECTIONS_LOG": cache / "install-collections.log",
        "TREE": cache / "collections" / "ansible_collections" / "quorum" / "etcd",
    }
    for name, path in places.items():
        monkeypatch.setattr(environment, name, path)
    monkeypatch.setenv("PYTHON", sys.executable)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setattr(environment, "NEW_PIP", "pip")
    monkeypatch.setattr(environment, "BUNDLE", "bundle")
    monkeypatch.setattr(environment, "COLLECTIONS", ("community.docker",))
    with zipfile.ZipFile(tmp_path / "bundle-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("bundle-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: bundle\nVersion: 1\n")
        wheel.writestr("bundle-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("bundle-1.dist-info/RECORD", "")
        for collection in ("community/docker", "cisco/aci"):
            wheel.writestr(f"ansible_collections/{collection}/MANIFEST.json", "{}")
    return tmp_path


def interpreter(folder, script):
    path = folder / "python3"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_a_python_that_is_too_old_is_named_with_the_way_out(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHON", interpreter(tmp_path, "echo 3 9"))
    with pytest.raises(environment.Missing, match=r"Python 3\.11 or newer is needed .*python3 is 3\.9.*make PYTHON="):
        environment.find_interpreter()


def test_an_inactive_shim_is_passed_over(tmp_path, monkeypatch):
    shims, real = tmp_path / "shims", tmp_path / "real"
    for folder, script in ((shims, "exit 127"), (real, "echo 3 12")):
        folder.mkdir()
        interpreter(folder, script)
    (real / "python3").rename(real / "python3.12")
    monkeypatch.delenv("PYTHON", raising=False)
    monkeypatch.setenv("PATH", f"{shims}:{real}")
    assert environment.find_interpreter() == str(real / "python3.12")


def test_no_python_at_all_is_said(tmp_path, monkeypatch):
    monkeypatch.delenv("PYTHON", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(environment.Missing, match="none found"):
        environment.find_interpreter()


def test_debian_without_its_venv_package_is_told_which_one(tmp_path):
    with pytest.raises(environment.Missing, match="apt-get install python3-venv"):
        environment.require_venv(interpreter(tmp_path, "exit 1"))


def test_a_failed_install_shows_the_reasons_that_pip_gave(checkout):
    environment.CACHE.mkdir()
    command = ["sh", "-c", "echo Collecting x; echo 'ERROR: No matching distribution found for x'; exit 1"]
    with pytest.raises(
        environment.Missing, match=r"installing failed \(all of it in \.cache/install\.log\):\n  ERROR: No matching"
    ) as refused:
        environment.run_logged(command, "installing failed")
    assert "Collecting" not in str(refused.value)


@pytest.mark.slow
def test_the_environment_is_made_once_and_again_when_the_requirements_change(checkout, capsys):
    environment.prepare()
    assert "Installing" in capsys.readouterr().out
    assert environment.version_of(str(checkout / ".venv" / "bin" / "python")) == sys.version_info[:2]
    environment.prepare()
    assert capsys.readouterr().out == ""
    assert environment.has_collections()
    environment.REQUIREMENTS.write_text("# something else\n")
    environment.prepare()
    assert "Installed" in capsys.readouterr().out


def test_of_the_bundle_only_the_collections_that_the_tests_use_are_there(checkout):
    packages = checkout / ".venv" / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    environment.unpack_collections(checkout)
    assert [path.relative_to(packages).as_posix() for path in packages.rglob("*.json")] == [
        "ansible_collections/community/docker/MANIFEST.json"
    ]
    assert environment.has_collections()


def test_what_takes_long_says_what_it_is_at_within_the_width_of_a_terminal(checkout, monkeypatch, capsys):
    environment.CACHE.mkdir()
    monkeypatch.setattr(environment, "SECONDS_BETWEEN_NEWS", 0.2)
    environment.run_logged(["sh", "-c", f"echo Collecting {'x' * 100}; sleep 0.5"], "")
    said = capsys.readouterr().out.splitlines()
    assert said
    assert all(line.startswith("  still at it: Collecting xxx") and len(line) == environment.COLUMNS for line in said)


def test_the_import_tree_leads_to_the_checkout_also_after_it_was_moved(checkout):
    environment.TREE.parent.mkdir(parents=True)
    environment.TREE.symlink_to("/nowhere")
    environment.link_tree()
    environment.link_tree()
    assert environment.TREE.resolve() == checkout
    assert [path.name for path in environment.TREE.parent.iterdir()] == ["etcd"]


def test_the_script_runs_on_a_python_that_is_too_old_for_everything_else():
    """It must be able to say so: nothing in it may be newer than Python 3.6."""
    done = subprocess.run(
        [Path(sys.executable).with_name("vermin"), "--no-tips", "--target=3.6-", environment.__file__],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
