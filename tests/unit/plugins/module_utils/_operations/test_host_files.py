# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is on the host before, what is wanted, and what is there after: directories and files."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from pathlib import Path

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._operations import host_files
from ansible_collections.quorum.etcd.plugins.module_utils._operations.host_files import (
    Access,
    Directory,
    File,
    HostFileProblem,
    settle,
)

USER = pwd.getpwuid(os.geteuid()).pw_name
GROUP = grp.getgrgid(os.getegid()).gr_name


def mine(mode: int) -> Access:
    return Access(USER, GROUP, mode)


def file(path: Path, content: str = "new\n", mode: int = 0o640, secret: bool = False) -> File:
    return File(str(path), content, mine(mode), secret)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def tree(folder: Path) -> dict[str, tuple[int, str | None]]:
    return {
        str(path.relative_to(folder)): (mode_of(path), path.read_text() if path.is_file() else None)
        for path in sorted(folder.rglob("*"))
    }


def test_what_is_missing_is_made_and_a_second_time_nothing_is_done(tmp_path):
    directories = [Directory(str(tmp_path / "etcd" / "pki"), mine(0o750))]
    files = [
        file(tmp_path / "etcd" / "pki" / "peer.key", mode=0o600, secret=True),
        file(tmp_path / "etcd" / "pki" / "peer.crt", mode=0o644),
    ]

    assert [Path(one.path).name for one in settle(directories, files)] == ["pki", "peer.key", "peer.crt"]
    assert tree(tmp_path) == {
        "etcd": (0o755, None),
        "etcd/pki": (0o750, None),
        "etcd/pki/peer.crt": (0o644, "new\n"),
        "etcd/pki/peer.key": (0o600, "new\n"),
    }
    assert settle(directories, files) == ()


def test_missing_parents_are_readable_by_everybody_also_for_a_user_that_keeps_files_to_itself(tmp_path):
    before = os.umask(0o077)
    try:
        settle([Directory(str(tmp_path / "opt" / "etcd" / "bin"), mine(0o755))], [])
        assert os.umask(0o077) == 0o077
    finally:
        os.umask(before)
    assert tree(tmp_path) == {"opt": (0o755, None), "opt/etcd": (0o755, None), "opt/etcd/bin": (0o755, None)}


@pytest.mark.parametrize("is_there", [True, False])
def test_looking_tells_the_same_and_does_nothing(tmp_path, is_there):
    if is_there:
        (tmp_path / "pki").mkdir(mode=0o700)
        (tmp_path / "pki" / "left-over").touch()
        (tmp_path / "pki" / "a.crt").write_text("old\n")
    before = tree(tmp_path)
    wanted = [Directory(str(tmp_path / "pki"), mine(0o755))], [file(tmp_path / "pki" / "a.crt")]

    foreseen = settle(*wanted, check=True)
    assert tree(tmp_path) == before
    assert settle(*wanted) == foreseen


def test_a_file_with_other_permissions_gets_the_wanted_ones_and_keeps_its_content(tmp_path):
    path = tmp_path / "peer.key"
    path.write_text("new\n")
    path.chmod(0o644)
    [difference] = settle([], [file(path, mode=0o600)])
    assert (difference.before, difference.after) == (f"{USER}:{GROUP} 0644", f"{USER}:{GROUP} 0600")
    assert (mode_of(path), path.read_text()) == (0o600, "new\n")


@pytest.mark.parametrize("before", ["old key\n", None])
def test_what_a_secret_file_holds_is_not_told(tmp_path, before):
    path = tmp_path / "peer.key"
    if before:
        path.write_text(before)
    [difference] = settle([], [file(path, "new key\n", secret=True)])
    assert "key" not in f"{difference.before} {difference.after}"
    assert path.read_text() == "new key\n"


def test_an_exclusive_directory_holds_nothing_of_an_earlier_run_and_a_second_time_nothing_is_done(tmp_path):
    folder = tmp_path / "new"
    (folder / "deeper").mkdir(parents=True)
    (folder / "deeper" / "old.key").touch()
    (folder / "elsewhere").symlink_to(tmp_path)
    (folder / "a.crt").write_text("new\n")
    wanted = [Directory(str(folder), mine(0o700), is_exclusive=True)], [file(folder / "a.crt")]

    foreseen = settle(*wanted, check=True)
    assert settle(*wanted) == foreseen
    assert tree(folder) == {"a.crt": (0o640, "new\n")}
    assert tmp_path.exists()
    assert settle(*wanted) == ()


def test_no_file_is_renamed_before_all_are_written(tmp_path):
    first, second = tmp_path / "peer.key", tmp_path / "nowhere" / "peer.crt"
    first.write_text("old\n")
    with pytest.raises(HostFileProblem, match="nowhere"):
        settle([], [file(first), file(second)])
    assert first.read_text() == "old\n"


def test_files_are_renamed_in_their_order(tmp_path, monkeypatch):
    renamed = []
    rename = host_files.os.rename
    monkeypatch.setattr(
        host_files.os, "rename", lambda before, after: (rename(before, after), renamed.append(Path(after).name))
    )
    settle([], [file(tmp_path / name) for name in ("b.key", "b.crt", "a.key", "a.crt")])
    assert renamed == ["b.key", "b.crt", "a.key", "a.crt"]


@pytest.mark.parametrize("wanted_content", ["new\n", "half\n"])
def test_what_a_killed_run_left_beside_a_file_is_overwritten_or_removed(tmp_path, wanted_content):
    path = tmp_path / "peer.key"
    path.write_text("new\n")
    (tmp_path / "peer.key.new").write_text("half of a key")
    settle([], [file(path, wanted_content)])
    assert tree(tmp_path) == {"peer.key": (0o640, wanted_content)}


def test_a_file_is_for_nobody_else_before_it_has_its_owner(tmp_path, monkeypatch):
    modes: list[int] = []
    give = host_files._give
    monkeypatch.setattr(
        host_files, "_give", lambda path, access: (modes.append(mode_of(Path(path))), give(path, access))
    )
    settle([], [file(tmp_path / "peer.key", mode=0o644)])
    assert modes[0] == 0o600


@pytest.mark.parametrize("content", ["old\n", "new\n"])
def test_a_link_is_replaced_and_what_it_points_to_is_left_alone(tmp_path, content):
    elsewhere, link = tmp_path / "elsewhere", tmp_path / "a.crt"
    elsewhere.write_text(content)
    elsewhere.chmod(0o604)
    link.symlink_to(elsewhere)

    foreseen = settle([], [file(link)], check=True)
    assert settle([], [file(link)]) == foreseen
    assert [one.path for one in foreseen] == [str(link)]
    assert not link.is_symlink()
    assert (elsewhere.read_text(), mode_of(elsewhere)) == (content, 0o604)
    assert settle([], [file(link)]) == ()


@pytest.mark.parametrize(
    ("directories", "files", "said"),
    [
        (["new", "a-file"], [], "a-file exists and is not a directory"),
        (["new"], ["a-directory"], "a-directory is a directory and not a file"),
        (["new", "a-file/below/it"], [], "a-file exists and is not a directory"),
        (["new"], ["a-file/below"], "a-file/below: Not a directory"),
    ],
)
@pytest.mark.parametrize("check", [True, False])
def test_what_stands_in_the_way_is_named_and_nothing_is_changed(tmp_path, directories, files, said, check):
    (tmp_path / "a-file").touch()
    (tmp_path / "a-directory").mkdir()
    before = tree(tmp_path)
    with pytest.raises(HostFileProblem, match=said):
        settle(
            [Directory(str(tmp_path / name), mine(0o755)) for name in directories],
            [file(tmp_path / name) for name in files],
            check,
        )
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    ("owner", "group", "said"),
    [("nobody-at-all", GROUP, "no user nobody-at-all"), (USER, "none-at-all", "no group none-at-all")],
)
def test_an_owner_who_does_not_exist_is_named_and_nothing_is_changed(tmp_path, owner, group, said):
    (tmp_path / "a.crt").write_text("old\n")
    with pytest.raises(HostFileProblem, match=said):
        settle(
            [Directory(str(tmp_path / "pki"), mine(0o755))],
            [File(str(tmp_path / "a.crt"), "new\n", Access(owner, group, 0o644))],
        )
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.crt", "old\n")]


def test_owners_may_be_given_by_number(tmp_path):
    access = Access(str(os.geteuid()), str(os.getegid()), 0o644)
    settle([], [File(str(tmp_path / "a.crt"), "new\n", access)])
    assert settle([], [File(str(tmp_path / "a.crt"), "new\n", access)]) == ()
