# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is found on a host: files, certificates, and processes that run with settings of yesterday."""

from __future__ import annotations

import datetime
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import trustme
from ansible_collections.quorum.etcd.plugins.module_utils._operations.file_facts import (
    Wanted,
    certificate_due,
    checksum,
    expiring,
    is_usable,
    text_of,
)
from ansible_collections.quorum.etcd.plugins.module_utils._operations.service import (
    Places,
    find_service,
    marks,
    outdated,
    places_in,
    places_of,
    release_of,
    variables_in,
)
from ansible_collections.quorum.etcd.plugins.module_utils._operations.system_facts import (
    has_group,
    has_user,
    packages_not_held,
)

NOW = datetime.datetime(2026, 6, 1, tzinfo=datetime.timezone.utc)


def test_a_certificate_that_is_not_there_is_due(tmp_path):
    (tmp_path / "text").write_text("no certificate")
    assert certificate_due(str(tmp_path / "nothing"), Wanted(), time.time()) == "there is none"
    assert certificate_due(str(tmp_path / "text"), Wanted(), time.time()) == "it holds no certificate in PEM form"


def due(certificate, **wanted):
    return certificate_due(str(certificate), Wanted(**wanted), NOW.timestamp())


def test_a_certificate_is_due_once_another_ca_signs(tmp_path):
    ours, other = trustme.CA(), trustme.CA()
    (tmp_path / "leaf").write_bytes(
        ours.issue_cert("n1", not_after=NOW + datetime.timedelta(days=100)).cert_chain_pems[0].bytes()
    )
    assert due(tmp_path / "leaf", ca=ours.cert_pem.bytes().decode()) == ""
    assert due(tmp_path / "leaf", ca=other.cert_pem.bytes().decode()) == "the CA that signed it has been replaced"
    assert (
        due(tmp_path / "leaf", ca="text")
        == "the CA that should sign it cannot be read: it holds no certificate in PEM form"
    )


def test_of_given_files_another_one_is_due_and_nothing_else_is_judged(tmp_path):
    """Not even that it has expired: whoever gives them renews them."""
    (tmp_path / "crt").write_text("the certificate")
    (tmp_path / "key").write_text("the key")
    mine = {"key": str(tmp_path / "key"), "given": "the certificate", "given_key": checksum(str(tmp_path / "key"))}
    assert due(tmp_path / "crt", **mine) == ""
    assert due(tmp_path / "crt", **{**mine, "given": "another"}) == "another certificate was given"
    assert due(tmp_path / "crt", **{**mine, "given_key": "another"}) == "another key was given"
    assert due(tmp_path / "none", **mine) == "another certificate was given"


def test_a_certificate_is_due_without_its_own_key(tmp_path):
    """What a run leaves behind that is killed between the two files."""
    one, other = (trustme.CA().issue_cert("n1", not_after=NOW + datetime.timedelta(days=100)) for _ in range(2))
    (tmp_path / "leaf").write_bytes(one.cert_chain_pems[0].bytes())
    (tmp_path / "key").write_bytes(one.private_key_pem.bytes())
    assert due(tmp_path / "leaf", key=str(tmp_path / "key")) == ""
    (tmp_path / "key").write_bytes(other.private_key_pem.bytes())
    assert due(tmp_path / "leaf", key=str(tmp_path / "key")) == f"{tmp_path}/key is not its key"
    (tmp_path / "key").unlink()
    assert due(tmp_path / "leaf", key=str(tmp_path / "key")) == f"{tmp_path}/key is not its key"


def test_a_file_that_is_read_is_shown_as_it_is(tmp_path):
    (tmp_path / "file").write_bytes(b"caf\xc3\xa9\n\xff")
    assert text_of(str(tmp_path / "file")) == "café\n"
    assert text_of(str(tmp_path / "nothing")) is None


def test_the_checksum_is_that_of_sha256sum(tmp_path):
    (tmp_path / "file").write_bytes(b"etcd")
    said = subprocess.run(["sha256sum", tmp_path / "file"], capture_output=True, text=True, check=True).stdout
    assert checksum(str(tmp_path / "file")) == said.split()[0]
    assert checksum(str(tmp_path / "nothing")) is None


SETTINGS = {
    "ETCD_NAME": "n1",
    "ETCD_QUOTA_BACKEND_BYTES": "1",
    "ETCD_INITIAL_CLUSTER_STATE": "new",
    "QUORUM_ETCD_UNIT": "abc",
}


@pytest.fixture
def process(tmp_path):
    """A process of a program that can be replaced, with these variables."""
    program = tmp_path / "etcd"
    shutil.copy(shutil.which("sleep"), program)
    with subprocess.Popen([program, "60"], env={**SETTINGS, "HOME": "/"}) as running:
        # The kernel shows the new program a moment before its environment.
        while (
            os.readlink(f"/proc/{running.pid}/exe") != str(program)
            or not Path(f"/proc/{running.pid}/environ").read_bytes()
        ):
            time.sleep(0.01)
        yield running
        running.kill()


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({}, []),
        ({"ETCD_QUOTA_BACKEND_BYTES": "2"}, ["ETCD_QUOTA_BACKEND_BYTES"]),
        ({"ETCD_QUOTA_BACKEND_BYTES": None}, ["ETCD_QUOTA_BACKEND_BYTES"]),
        ({"ETCD_SNAPSHOT_COUNT": "5"}, ["ETCD_SNAPSHOT_COUNT"]),
        ({"QUORUM_ETCD_UNIT": "def"}, ["QUORUM_ETCD_UNIT"]),
        ({"ETCD_INITIAL_CLUSTER_STATE": "existing"}, []),
    ],
)
def test_a_process_is_outdated_where_its_environment_is_another(process, wanted, names):
    assert (
        outdated(process.pid, {name: value for name, value in {**SETTINGS, **wanted}.items() if value is not None})
        == names
    )


def test_a_program_that_was_replaced_makes_its_process_outdated(process, tmp_path):
    shutil.copy(sys.executable, tmp_path / "new")
    os.replace(tmp_path / "new", tmp_path / "etcd")
    assert outdated(process.pid, SETTINGS) == ["etcd"]


def test_the_marks_of_a_process_are_what_it_was_started_with(process):
    assert marks(process.pid) == {"QUORUM_ETCD_UNIT": "abc"}


def test_a_process_that_has_ended_is_not_outdated():
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    assert outdated(ended.pid, {"ETCD_NAME": "n1"}) == []
    assert marks(ended.pid) == {}
    assert places_of(ended.pid) == Places()


DATA_AND_LOG = {"ETCD_DATA_DIR": "/srv/etcd/", "ETCD_WAL_DIR": "/srv//log"}


@pytest.mark.parametrize(
    ("settings", "places"),
    [
        ({}, Places()),
        ({"ETCD_DATA_DIR": "/srv/etcd/"}, Places("/srv/etcd", "/srv/etcd/member/wal")),
        (DATA_AND_LOG, Places("/srv/etcd", "/srv/log")),
        ({"ETCD_WAL_DIR": "/srv/log"}, Places("", "/srv/log")),
    ],
)
def test_settings_say_where_data_and_log_are(settings, places):
    assert places_in(settings) == places


@pytest.mark.parametrize(
    ("flags", "places"),
    [
        ([], Places("/srv/etcd", "/srv/log")),
        (["--name", "data-dir"], Places("/srv/etcd", "/srv/log")),
        (["--wal-dir", "/other/log"], Places("/srv/etcd", "/other/log")),
        (["-data-dir=/other", "--wal-dir="], Places("/other", "/other/member/wal")),
    ],
)
def test_a_process_says_where_its_data_and_log_are_and_a_flag_goes_before_a_variable(flags, places):
    sleeping = [sys.executable, "-c", "print(flush=True); import time; time.sleep(60)", *flags]
    with subprocess.Popen(sleeping, env=DATA_AND_LOG, stdout=subprocess.PIPE) as running:
        running.stdout.readline()
        assert places_of(running.pid) == places
        running.kill()


def test_what_a_member_begins_with_is_read_as_systemd_reads_it(tmp_path):
    (tmp_path / "first_start.env").write_text(
        '# for the first start\nETCD_INITIAL_CLUSTER="n1=http://a:2380,n2=http://b:2380"\n\nETCD_INITIAL_CLUSTER_STATE=new\n'
    )
    assert variables_in(str(tmp_path / "first_start.env")) == {
        "ETCD_INITIAL_CLUSTER": "n1=http://a:2380,n2=http://b:2380",
        "ETCD_INITIAL_CLUSTER_STATE": "new",
    }
    assert variables_in(str(tmp_path / "nothing")) == {}


def answering(code, output):
    return lambda command: (code, output, "")


def test_a_unit_is_described_in_systemds_words():
    found = find_service(
        answering(0, "LoadState=loaded\nActiveState=activating\nUnitFileState=enabled\nMainPID=17\n"), "etcd"
    )
    assert (found.is_known, found.is_enabled, found.state, found.pid) == (True, True, "activating", 17)
    assert not found.needs_reload
    assert not find_service(
        answering(0, "LoadState=not-found\nActiveState=inactive\nUnitFileState=\nMainPID=0\n"), "etcd"
    ).is_known


def test_a_unit_whose_file_was_changed_and_not_read_again_needs_a_reload():
    """What a run leaves behind that is killed between the two."""
    shown = {"LoadState": "loaded", "ActiveState": "active", "MainPID": "17", "NeedDaemonReload": "yes"}

    def systemctl(command):
        _program, _show, properties, _unit = command
        asked = properties.split("=", 1)[1].split(",")
        return 0, "".join(f"{name}={value}\n" for name, value in shown.items() if name in asked), ""

    assert find_service(systemctl, "etcd").needs_reload


def test_without_systemd_there_is_no_service():
    assert find_service(answering(127, ""), "etcd").pid == 0


def test_accounts_are_known_to_the_system():
    assert has_user("root")
    assert has_group("root")
    assert not has_user("nobody-is-called-so")
    assert not has_group("nobody-is-called-so")


STATES = {"etcd-server": "install installed", "etcd-client": "hold installed", "etcd-docs": "deinstall config-files"}


def dpkg_query(command):
    """As dpkg answers: it lists the packages that it knows, and fails if it knows one of them not."""
    asked = command[3:]
    known = [f"{name} {STATES[name]}\n" for name in asked if name in STATES]
    return 0 if len(known) == len(asked) else 1, "".join(known), ""


@pytest.mark.parametrize(
    ("packages", "expected"),
    [
        ([], []),
        (["etcd-client"], []),
        (["etcd-server", "etcd-client"], ["etcd-server"]),
        (["etcd-server=3.5.16*", "etcd-client=3.5.16*"], ["etcd-server"]),
        (["etcd-server/trixie", "unknown", "etcd-docs"], ["etcd-server"]),
    ],
)
def test_packages_that_are_installed_and_not_held_are_named(packages, expected):
    assert packages_not_held(dpkg_query, packages) == expected


def test_without_dpkg_no_package_can_be_held():
    assert packages_not_held(answering(127, ""), ["etcd"]) == []


@pytest.mark.parametrize(
    ("code", "output", "release"),
    [
        (0, "etcd Version: 3.5.16\nGit SHA: Not provided\n", "3.5.16"),
        (127, "", ""),
        (0, "something else", ""),
        (0, "etcd Version:", ""),
    ],
)
def test_the_release_is_what_the_program_says(code, output, release):
    assert release_of(answering(code, output), "etcd") == release


def test_the_certificates_in_a_bundle_that_expire_are_found(tmp_path):
    """A leaf and a CA; what does not expire soon, and what is no certificate, is left out."""
    ca = trustme.CA()
    soon = ca.issue_cert("n1", not_after=NOW + datetime.timedelta(days=5, hours=1)).cert_chain_pems[0].bytes()
    (tmp_path / "both.crt").write_bytes(soon + ca.cert_pem.bytes())
    (tmp_path / "text").write_text("no certificate")
    found = expiring("n1", str(tmp_path / "both.crt"), 30, NOW.timestamp())
    assert [(one.host, one.file, one.days, one.is_ca) for one in found] == [("n1", "both.crt", 5, False)]
    assert [one.is_ca for one in expiring("n1", str(tmp_path / "both.crt"), 400_000, NOW.timestamp())] == [False, True]
    assert expiring("n1", str(tmp_path / "text"), 30, 0) == expiring("n1", str(tmp_path / "nothing"), 30, 0) == []


def test_etcd_cannot_serve_with_a_certificate_without_its_key(tmp_path):
    for name in ("ours", "other"):
        leaf = trustme.CA().issue_cert(name)
        leaf.cert_chain_pems[0].write_to_path(tmp_path / f"{name}.crt")
        leaf.private_key_pem.write_to_path(tmp_path / f"{name}.key")
    (tmp_path / "text").write_text("no certificate")
    assert is_usable(str(tmp_path / "ours.crt"), str(tmp_path / "ours.key"))
    for pair in (("ours.crt", "other.key"), ("nothing", "ours.key"), ("text", "ours.key"), ("ours.crt", "no")):
        assert not is_usable(*(str(tmp_path / name) for name in pair))
