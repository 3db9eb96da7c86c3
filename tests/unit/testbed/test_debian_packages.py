# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetching etcd from the machine's own mirror: the mirror is found in every form of apt's sources, a suite
that has another release is told.
"""

from __future__ import annotations

import shutil

import pytest

from tests.testbed import debian_packages
from tests.testbed.release_cache import FetchFailed

MIRROR = "http://mirror.example/debian/"
SOURCES = {
    "one-line": ("test.list", "deb http://mirror.example/debian bookworm main contrib\n"),
    "deb822": (
        "test.sources",
        "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\nComponents: main\n",
    ),
    "after others": (
        "test.list",
        """
        deb http://vendor.example/packages bookworm stable
        deb http://mirror.example/debian-security bookworm-security main
        deb [arch=amd64] http://mirror.example/debian bookworm main
        """,
    ),
}  # fmt: skip


@pytest.fixture
def apt_sources(tmp_path, monkeypatch):
    """Makes apt believe in these sources, and in no lists that were downloaded."""
    if not shutil.which("apt-get"):
        pytest.skip("there is no apt-get on this machine")

    def configure(name: str, text: str) -> None:
        parts = tmp_path / "sources.list.d"
        for folder in (parts, tmp_path / "lists"):
            folder.mkdir()
        (parts / name).write_text(text)
        settings = tmp_path / "apt.conf"
        settings.write_text(
            f'Dir::Etc::sourcelist "/dev/null"; Dir::Etc::sourceparts "{parts}"; '
            f'Dir::State::lists "{tmp_path / "lists"}";\n'
        )
        monkeypatch.setenv("APT_CONFIG", str(settings))

    return configure


@pytest.mark.parametrize("form", SOURCES)
def test_the_mirror_is_the_one_that_apt_is_configured_with(form, apt_sources):
    apt_sources(*SOURCES[form])
    assert debian_packages._configured_mirrors() == [MIRROR]


def test_a_machine_without_debians_archive_says_so(apt_sources):
    apt_sources("test.list", "deb http://vendor.example/packages bookworm stable\n")
    with pytest.raises(FetchFailed, match="no source of Debian's main archive"):
        debian_packages._configured_mirrors()


def test_a_machine_without_apt_says_so(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(FetchFailed, match="apt-get and dpkg are needed"):
        debian_packages._configured_mirrors()


def test_a_source_that_is_not_debians_is_passed_over(monkeypatch):
    asked = []

    def fetch(mirror, suite):
        asked.append(mirror)
        if mirror != MIRROR:
            raise FetchFailed("apt-get update: E: not signed")
        return "3.4.23"

    monkeypatch.setattr(
        debian_packages, "_configured_mirrors", lambda: ["http://vendor.example/", MIRROR, "http://unused.example/"]
    )
    monkeypatch.setattr(debian_packages, "_fetch_from", fetch)
    assert debian_packages._fetch_suite("bookworm") == "3.4.23"
    assert asked == ["http://vendor.example/", MIRROR]


def test_a_suite_that_went_on_to_another_release_is_told(monkeypatch):
    monkeypatch.setattr(debian_packages, "_fetch_suite", lambda suite: "3.6.5")
    with pytest.raises(FetchFailed, match=r"it packages 3\.6\.5 now"):
        debian_packages.fetch("forky", "3.5.30")


@pytest.mark.parametrize(
    ("suite", "complaint", "is_fetched"),
    [
        ("forky", "E: Release file for http://mirror.example is expired", True),
        ("forky", "E: Could not resolve mirror.example", False),
        ("bookworm", "E: Release file for http://mirror.example is expired", False),
    ],
)
def test_an_expired_list_is_accepted_of_the_unreleased_suite_only(suite, complaint, is_fetched, monkeypatch, tmp_path):
    def apt(folder, *command, **options):
        if not (folder / "apt.conf").exists():
            raise FetchFailed(complaint)
        assert "Check-Valid-Until" in (folder / "apt.conf").read_text()

    monkeypatch.setattr(debian_packages, "_apt", apt)
    if is_fetched:
        debian_packages._update(tmp_path, suite, MIRROR)
    else:
        with pytest.raises(FetchFailed, match=complaint[:12]):
            debian_packages._update(tmp_path, suite, MIRROR)
