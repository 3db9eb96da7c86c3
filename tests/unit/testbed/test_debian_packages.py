# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetching etcd from the machine's own mirror: the mirror is found in every form of apt's sources, failures are told by
suite.
"""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.testbed import cache, debian_packages
from tests.testbed.debian_packages import FetchFailed

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


@pytest.fixture(autouse=True)
def etcd_cache(tmp_path, monkeypatch):
    """A cache of the test's own."""
    monkeypatch.setenv(cache.OVERRIDE, str(tmp_path / "cache"))
    monkeypatch.setattr(debian_packages, "CACHE", tmp_path / "cache" / "etcd")
    return tmp_path / "cache" / "etcd"


@pytest.fixture
def mirror(monkeypatch):
    """A mirror of which every suite has an etcd 3.5.16; what was downloaded from it."""
    downloaded: list[str] = []

    def apt(folder, *arguments, **_):
        if arguments[0] == "download":
            downloaded.append(folder.name)
            (folder / "etcd-server.deb").touch()

    def run(command, **_):
        if command[0] == "dpkg":
            programs = Path(command[-1], "usr", "bin")
            programs.mkdir(parents=True)
            for name in ("etcd", "etcdctl"):
                (programs / name).touch()
        return "etcd Version: 3.5.16\n"

    monkeypatch.setattr(debian_packages, "_configured_mirrors", lambda: [MIRROR])
    monkeypatch.setattr(debian_packages, "_apt", apt)
    monkeypatch.setattr(debian_packages, "_run", run)
    return downloaded


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


def test_a_suite_that_fails_is_told_and_the_others_go_on(monkeypatch):
    def fetch(suite):
        if suite == "bullseye":
            raise FetchFailed("apt-get update: E: no such suite")
        return "3.5.16"

    monkeypatch.setattr(debian_packages, "_fetch_suite", fetch)
    assert [(one.suite, one.version, one.problem) for one in debian_packages.fetch(("bullseye", "trixie"))] == [
        ("bullseye", None, "apt-get update: E: no such suite"),
        ("trixie", "3.5.16", ""),
    ]


def test_what_is_cached_is_not_fetched_again(monkeypatch, etcd_cache):
    (etcd_cache / "3.4.23").mkdir(parents=True)
    (etcd_cache / "3.4.23" / "source").write_text("Debian bookworm\n")
    monkeypatch.setattr(debian_packages, "_fetch_suite", lambda suite: pytest.fail("fetched again"))
    assert "bookworm" not in debian_packages.not_cached()
    assert debian_packages.fetch(("bookworm",))[0].version == "3.4.23"


def test_clones_that_fetch_at_the_same_time_fetch_once(mirror, etcd_cache):
    with ThreadPoolExecutor(4) as clones:
        fetched = list(clones.map(lambda _: debian_packages.fetch(("trixie",)), range(4)))
    assert {one.version for (one,) in fetched} == {"3.5.16"}
    assert len(mirror) == 1
    assert sorted(path.name for path in (etcd_cache / "3.5.16").iterdir()) == ["etcd", "etcdctl", "source"]


def test_what_a_killed_process_left_is_swept_away(mirror, etcd_cache):
    (etcd_cache / ".trixie-killed").mkdir(parents=True)
    debian_packages.fetch(("trixie",))
    assert [path.name for path in etcd_cache.iterdir()] == ["3.5.16"]


def test_a_release_that_is_in_use_is_replaced_whole(mirror, etcd_cache):
    (etcd_cache / "3.5.16").mkdir(parents=True)
    (etcd_cache / "3.5.16" / "etcd").write_text("of an earlier fetch that noted no source")
    assert debian_packages.fetch(("trixie",))[0].version == "3.5.16"
    assert (etcd_cache / "3.5.16" / "etcd").read_text() == ""


def test_a_cache_that_cannot_be_written_is_told_by_suite(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv(cache.OVERRIDE, str(tmp_path / "file"))
    (told,) = debian_packages.fetch(("trixie",))
    assert (
        told.problem == f"cannot write to {tmp_path / 'file'}: Not a directory; name another folder in {cache.OVERRIDE}"
    )


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
