# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role has written and read on a host, by modules of its own: what their runs tell, and what they keep to
themselves.
"""

from __future__ import annotations

import getpass
import grp
import os
from pathlib import Path

import pytest
from ansible.module_utils import basic

from tests.integration.modules.driver import run_main
from tests.integration.modules.module_process import run_file

# Of several lines, as a key is: quoted as Python writes a text, it is another text.
SECRET = "-----BEGIN\nthe key that nobody is to see\nEND-----\n"
TELLING = "nobody is to see"
MINE = {"owner": getpass.getuser(), "group": grp.getgrgid(os.getegid()).gr_name}


def key_and_settings(folder: Path) -> dict:
    return {
        "directories": [{"path": str(folder / "pki"), **MINE}],
        "files": [
            {"path": str(folder / "pki" / "peer.key"), "mode": "0600", **MINE},
            {"path": str(folder / "etcd.env"), "content": "ETCD_NAME=n1\n", **MINE},
        ],
        "secrets": {str(folder / "pki" / "peer.key"): SECRET},
    }


def test_check_mode_tells_what_the_run_then_does_and_a_second_run_does_nothing(tmp_path):
    wanted = key_and_settings(tmp_path)
    foreseen = run_main("etcd_host_files", wanted, check_mode=True)
    assert not list(tmp_path.iterdir())
    done = run_main("etcd_host_files", wanted)
    again = run_main("etcd_host_files", wanted)

    assert (
        foreseen["changed_paths"]
        == done["changed_paths"]
        == [str(tmp_path / name) for name in ("pki", "pki/peer.key", "etcd.env")]
    )
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
    assert (tmp_path / "pki" / "peer.key").read_text() == SECRET
    assert TELLING not in str(run.json)
    assert "ETCD_NAME=n1" in str(run.json)


def test_nothing_that_is_logged_holds_the_secret(tmp_path, monkeypatch):
    """Ansible has every module write its arguments to the log of the host."""
    logged: list[str] = []
    monkeypatch.setattr(basic, "has_journal", False)
    monkeypatch.setattr(basic.syslog, "syslog", lambda *words: logged.append(str(words)))
    run_main("etcd_host_files", key_and_settings(tmp_path))
    assert "ETCD_NAME=n1" in str(logged)
    assert TELLING not in str(logged)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ({"mode": "rw"}, "the mode rw is not an octal number"),
        ({"owner": "nobody-at-all"}, "there is no user nobody-at-all on this host"),
        ({"content": None}, "a has neither a content nor a secret"),
        ({"path": "key"}, "key has both a content and a secret"),
        ({"path": "key", "content": None, "mode": "99"}, "the mode 99 is not"),
    ],
)
def test_wrong_goals_are_told_and_nothing_is_written(tmp_path, file, said):
    wanted = {"path": "a", "content": "text\n", **MINE, **file}
    secrets = {str(tmp_path / "key"): SECRET} if wanted["path"] == "key" else {}
    wanted["path"] = str(tmp_path / wanted["path"])
    run = run_main(
        "etcd_host_files",
        {"files": [{name: value for name, value in wanted.items() if value is not None}], "secrets": secrets},
    )
    assert not run.ok
    assert said in run.message
    assert not list(tmp_path.iterdir())


def test_a_secret_of_no_file_is_told(tmp_path):
    run = run_main("etcd_host_files", {"secrets": {str(tmp_path / "key"): SECRET}})
    assert not run.ok
    assert "is among the secrets and not among the files" in run.message


def written(folder: Path, *names: str) -> Path:
    """A directory of CA certificates, each with its name for contents."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{name}\n")
    return folder


def test_the_ca_certificates_that_exist_are_read_and_no_others(tmp_path):
    run = run_main("etcd_ca_info", {"path": str(written(tmp_path, "ca.crt", "new-signing/ca.crt", "archive/ca.crt"))})
    assert run["certificates"] == {"ca": "ca.crt\n", "new-signing/ca": "new-signing/ca.crt\n"}
    assert (run["exists"], run["stage"], run["trust_mark"]) == (False, "new_ca_signs", "")
    assert run["signers"] == {"ca": "new-signing/ca", "peer-ca": "peer-ca"}
    assert run["signing"] == {"ca": "new-signing/ca.crt\n"}


def test_without_a_directory_there_are_no_ca_certificates(tmp_path):
    run = run_main("etcd_ca_info", {"path": str(tmp_path / "nowhere")})
    assert (run["certificates"], run["exists"], run["stage"]) == ({}, False, "settled")


def test_given_cas_are_read_from_their_files(tmp_path):
    written(tmp_path, "company.crt")
    both = {"ca": str(tmp_path / "company.crt"), "peer_ca": str(tmp_path / "company.crt")}
    run = run_main("etcd_ca_info", {"files": both})
    assert run["bundles"] == {"ca": "company.crt\n", "peer-ca": "company.crt\n"}
    assert (run["exists"], run["signers"], len(run["trust_mark"])) == (True, {}, 16)


def test_a_given_ca_that_does_not_exist_is_told(tmp_path):
    written(tmp_path, "company.crt")
    run = run_main("etcd_ca_info", {"files": {"ca": str(tmp_path / "company.crt"), "peer_ca": str(tmp_path / "none")}})
    assert not run.ok
    assert f"{tmp_path}/none does not exist" in run.message


def test_a_ca_certificate_that_cannot_be_read_is_not_taken_for_absent(tmp_path):
    (tmp_path / "ca.crt").mkdir()
    run = run_main("etcd_ca_info", {"path": str(tmp_path)})
    assert not run.ok
    assert f"{tmp_path}/ca.crt cannot be read" in run.message


def test_private_cas_in_a_former_place_are_read_too(tmp_path):
    former = written(tmp_path / "former", "ca.crt", "peer-ca.crt")
    run = run_main("etcd_ca_info", {"path": str(tmp_path / "now"), "former_paths": [str(former), str(tmp_path / "no")]})
    assert run["elsewhere"] == {str(former): "ca.crt\n\npeer-ca.crt\n"}
    assert (run["exists"], run["problems"], run.warnings) == (False, [], "")


def test_private_cas_without_a_key_cannot_sign_and_it_is_said_why(tmp_path):
    run = run_main("etcd_ca_info", {"path": str(written(tmp_path, "ca.crt", "peer-ca.crt"))})
    assert [problem.partition(" is ")[0] for problem in run["problems"]] == [
        str(tmp_path / name) for name in ("ca.key", "peer-ca.key")
    ]


def test_the_passphrase_of_a_ca_is_in_nothing_that_is_printed(tmp_path):
    run = run_file("etcd_ca_info", {"path": str(tmp_path), "passphrase": TELLING, "decrypted_keys": {"ca": SECRET}})
    assert run.ok
    assert TELLING not in str(run.json)


def test_ca_certificates_that_are_encrypted_are_told(tmp_path):
    written(tmp_path, "peer-ca.crt")
    (tmp_path / "ca.crt").write_text("$ANSIBLE_VAULT;1.1;AES256\n3031\n")
    run = run_main("etcd_ca_info", {"path": str(tmp_path)})
    assert not run.ok
    assert f"run ansible-vault decrypt {tmp_path}/ca.crt." in run.message
