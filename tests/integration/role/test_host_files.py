# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role has written and read on a host, by modules of its own: what their runs tell, and what they keep to themselves."""

from __future__ import annotations

import getpass
import grp
import os
from pathlib import Path

import pytest

from tests.integration.modules.driver import run_main
from tests.integration.modules.module_process import run_file

SECRET = "the key that nobody is to see"
MINE = {"owner": getpass.getuser(), "group": grp.getgrgid(os.getegid()).gr_name}


def key_and_settings(folder: Path) -> dict:
    return {
        "directories": [{"path": str(folder / "pki"), **MINE}],
        "files": [
            {"path": str(folder / "pki" / "peer.key"), "secret": f"{SECRET}\n", "mode": "0600", **MINE},
            {"path": str(folder / "etcd.env"), "content": "ETCD_NAME=n1\n", **MINE},
        ],
    }


def test_check_mode_tells_what_the_run_then_does_and_a_second_run_does_nothing(tmp_path):
    wanted = key_and_settings(tmp_path)
    foreseen = run_main("etcd_host_files", wanted, check_mode=True)
    assert not list(tmp_path.iterdir())
    done = run_main("etcd_host_files", wanted)
    again = run_main("etcd_host_files", wanted)

    assert foreseen["changed_paths"] == done["changed_paths"] == [str(tmp_path / name) for name in ("pki", "pki/peer.key", "etcd.env")]
    assert foreseen["diff"] == done["diff"]
    assert (foreseen.changed, done.changed, again.changed) == (True, True, False)


def test_the_diff_shows_settings_line_by_line(tmp_path):
    (tmp_path / "etcd.env").write_text("ETCD_NAME=before\n")
    run = run_main("etcd_host_files", {"files": key_and_settings(tmp_path)["files"][1:]})
    [shown] = run["diff"]
    assert shown == {
        "before_header": str(tmp_path / "etcd.env"),
        "after_header": str(tmp_path / "etcd.env"),
        "before": "ETCD_NAME=before\n",
        "after": "ETCD_NAME=n1\n",
    }


def test_nothing_that_is_printed_holds_the_secret(tmp_path):
    run = run_file("etcd_host_files", key_and_settings(tmp_path))
    assert run.changed
    assert (tmp_path / "pki" / "peer.key").read_text() == f"{SECRET}\n"
    assert SECRET not in str(run.json)
    assert "ETCD_NAME=n1" in str(run.json)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ({"mode": "rw"}, "the mode rw is no octal number"),
        ({"owner": "nobody-at-all"}, "there is no user nobody-at-all on this host"),
        ({"secret": "both"}, "mutually exclusive"),
        ({"content": None}, "one of the following is required"),
    ],
)
def test_wrong_wishes_are_told_and_nothing_is_written(tmp_path, file, said):
    wanted = {"path": str(tmp_path / "a"), "content": "text\n", **MINE, **file}
    run = run_main("etcd_host_files", {"files": [{name: value for name, value in wanted.items() if value is not None}]})
    assert not run.ok
    assert said in run.message
    assert not list(tmp_path.iterdir())


def test_authorities_are_read_with_those_that_are_on_their_way(tmp_path):
    for name in ("ca.crt", "peer-ca.crt", "new-signing/ca.crt", "new-signing/deeper/ca.crt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{name}\n")
    (tmp_path / "ca.key").write_text(SECRET)
    run = run_main("etcd_ca_info", {"path": str(tmp_path)})
    assert run["certificates"] == {"ca": "ca.crt\n", "peer-ca": "peer-ca.crt\n", "new-signing/ca": "new-signing/ca.crt\n"}


def test_where_there_are_no_authorities_none_are_read(tmp_path):
    assert run_main("etcd_ca_info", {"path": str(tmp_path / "nowhere")})["certificates"] == {}


def test_authorities_that_cannot_be_read_are_not_taken_for_none(tmp_path):
    (tmp_path / "ca.crt").mkdir()
    run = run_main("etcd_ca_info", {"path": str(tmp_path)})
    assert not run.ok
    assert f"{tmp_path}/ca.crt cannot be read" in run.message
