# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input gets the one error of its own kind: each variable of the role, wrong values of it, and what is said."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ROLE = ROOT / "roles" / "etcd_cluster"
SPECS = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text())["argument_specs"]
OPTIONS = {name: option for spec in SPECS.values() for name, option in spec["options"].items()}
RELEASE = "etcd_cluster_upgrade_to"


@pytest.fixture(scope="module")
def complaints() -> Iterator[Callable[..., list[str]]]:
    """What Ansible and the role say of variables before any host is touched."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.role_options"],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        asked, said = process.stdin, process.stdout
        assert asked is not None
        assert said is not None

        def ask(**variables: Any) -> list[str]:
            print(json.dumps(variables), file=asked, flush=True)
            answer = said.readline()
            assert answer, "the process ended; its error is in the output"
            return json.loads(answer)

        yield ask
        asked.close()


GIVEN = {"etcd_cluster_certificates": "given"}
NO_LIST = "It must be a list"
NO_PORT = "It must be a port, from 1 to 65535"
NO_SECONDS = "It must be a whole number of seconds, 1 or more"
NO_DAYS = "It must be a whole number of days"
NO_DIRECTORY = "It must be an absolute path"
OF_THE_SYSTEM = "This is a directory of the system"
NO_ADDRESS = "It must be an IP address or a host name, without scheme and port"
NO_INTEGER = "unable to convert to int|cannot be converted to an int"
NO_BOOLEAN = "unable to convert to bool|is not a valid boolean"

# Variable: wrong values of it, and what is said. A dictionary of variables says what else is set.
TABLE: dict[str, list[tuple[Any, str]]] = {
    "etcd_cluster_group": [
        ("etdc", "This host is not in the group etdc.*or set etcd_cluster_group"),
        ("", "This host is not in the group"),
    ],
    "etcd_cluster_name": [
        ("", "etcd_cluster_name is empty. It must be a name"),
        ("a/b", "etcd_cluster_name is 'a/b'. It must be a name"),
        ("..", "It must be a name"),
        ('a"b', "It must be a name"),
        ("x" * 57, "at most 56 characters"),
    ],
    "etcd_cluster_member_name": [
        ("", "etcd_cluster_member_name is empty. It must be a name"),
        ("n1,n2", "etcd_cluster_member_name is 'n1,n2'. It must be a name without spaces, commas"),
        ("n=1", "It must be a name without spaces"),
        ("n 1", "It must be a name without spaces"),
    ],
    "etcd_cluster_address": [
        ("", "the host has no default route over IPv4 or IPv6"),
        ("https://10.0.0.1", f"etcd_cluster_address is 'https://10.0.0.1'. {NO_ADDRESS}"),
        ("10.0.0.1:2380", NO_ADDRESS),
        ("10.0.0.300", NO_ADDRESS),
        ("0.0.0.0", NO_ADDRESS),  # noqa: S104 - an address to listen on, which is refused here
        ("a b", NO_ADDRESS),
    ],
    "etcd_cluster_peer_port": [
        (0, f"etcd_cluster_peer_port is 0. {NO_PORT}"),
        (65536, NO_PORT),
        ("https", NO_INTEGER),
        (2379, "etcd_cluster_peer_port and etcd_cluster_client_port are both 2379"),
    ],
    "etcd_cluster_client_port": [
        (-1, f"etcd_cluster_client_port is -1. {NO_PORT}"),
        (99999, NO_PORT),
        ("", NO_INTEGER),
        (2380, "are both 2380. Give each a port of its own"),
    ],
    "etcd_cluster_peer_urls": [
        ([], "etcd_cluster_peer_urls is empty. Give at least one"),
        ("https://10.0.0.1:2380", f"etcd_cluster_peer_urls is 'https://10.0.0.1:2380'. {NO_LIST}, for example"),
        (["10.0.0.1:2380"], "etcd_cluster_peer_urls has '10.0.0.1:2380'. It has no scheme"),
        (["https://10.0.0.1"], "It has no port"),
        (["https://10.0.0.1:99999"], "The port '99999' is not a number from 1 to 65535"),
        (["https://0.0.0.0:2380"], "is an address to listen on"),
        (["https://10.0.0.1:2380", "https://10.0.0.1:2380"], "twice. Give it once"),
        (["ftp://10.0.0.1:2380"], "The scheme is 'ftp'"),
        (["http://10.0.0.1:2380"], "Without TLS everybody on the network can read"),
        ({"a": 1}, "cannot be converted to a list|unable to convert to list"),
    ],
    "etcd_cluster_client_urls": [
        ([], "etcd_cluster_client_urls is empty"),
        ("https://10.0.0.1:2379", NO_LIST),
        (["n1:2379"], "etcd_cluster_client_urls has 'n1:2379'. It has no scheme"),
        (["https://n1:2379/path"], "Nothing may follow the port"),
    ],
    "etcd_cluster_listen_peer_urls": [
        (["https://n1:2380"], "etcd listens on addresses, and 'n1' is a name; give an address of the host"),
        (["https://10.0.0.1:0"], "The port '0' is not a number"),
        (["https://10.0.0.1:2379"], "both have 10.0.0.1:2379. Give each an address of its own"),
        ([], "etcd_cluster_listen_peer_urls is empty"),
        ("https://10.0.0.1:2380", NO_LIST),
    ],
    "etcd_cluster_listen_client_urls": [
        (["https://localhost:2379"], "'localhost' is a name"),
        (["0.0.0.0:2379"], "It has no scheme"),
        (["http://0.0.0.0:2379"], "Without TLS everybody on the network can read"),
        ([], "etcd_cluster_listen_client_urls is empty"),
    ],
    "etcd_cluster_endpoints": [
        ("https://10.0.0.9:2379", NO_LIST),
        (["10.0.0.9"], "etcd_cluster_endpoints has '10.0.0.9'. It has no port"),
        (["https://10.0.0.9"], "It has no port"),
    ],
    "etcd_cluster_remove_unlisted": [("maybe", NO_BOOLEAN)],
    "etcd_cluster_wipe_stale_data": [("etcd", NO_BOOLEAN)],
    "etcd_cluster_accept": [
        (["would_loose_quorum"], "etcd_cluster_accept has 'would_loose_quorum'. Did you mean would_lose_quorum?"),
        (["everything"], "etcd_cluster_accept has 'everything'. It must be one of .*would_lose_quorum"),
        (["split_brain"], "This refusal cannot be overridden"),
        ("would_lose_quorum", NO_LIST),
    ],
    "etcd_cluster_install_from": [
        ("source", "etcd_cluster_install_from must be one of: package, archive, present, got: source"),
        ("", "etcd_cluster_install_from must be one of"),
    ],
    "etcd_cluster_packages": [
        ([], "etcd_cluster_packages is empty"),
        ("etcd-server", NO_LIST),
        (["etcd server"], "It must be the name of a package, without spaces"),
        ([""], "It must be the name of a package"),
    ],
    "etcd_cluster_hold_packages": [("maybe", NO_BOOLEAN)],
    "etcd_cluster_archive": [
        ({"etcd_cluster_install_from": "archive"}, "To install from an archive, set etcd_cluster_archive"),
        (
            {"etcd_cluster_install_from": "archive", "etcd_cluster_archive": "/nowhere/etcd.tar.gz"},
            "etcd_cluster_archive is /nowhere/etcd.tar.gz, and there is no such file",
        ),
    ],
    "etcd_cluster_archive_checksum": [
        ("0123", "etcd_cluster_archive_checksum is '0123'. It must be the algorithm and the checksum"),
        ("0" * 64, "It must be the algorithm"),
        ("sha256:0123", "It must be the algorithm"),
        ("crc:" + "0" * 64, "It must be the algorithm"),
        (
            {"etcd_cluster_install_from": "archive", "etcd_cluster_archive": "https://example.org/etcd.tar.gz"},
            "and etcd_cluster_archive_checksum to its checksum",
        ),
    ],
    "etcd_cluster_program_dir": [
        ("bin", f"etcd_cluster_program_dir is 'bin'. {NO_DIRECTORY}"),
        ("", "etcd_cluster_program_dir is empty"),
        ("/opt/my etcd", "It must be a path without spaces"),
    ],
    "etcd_cluster_service": [
        ("a b", "etcd_cluster_service is 'a b'. It must be the name of a systemd unit"),
        ("", "etcd_cluster_service is empty"),
        ("etcd.service", "without .service"),
        ("a/b", "It must be the name of a systemd unit"),
        ("etcd@", "It must be the name of a systemd unit"),
    ],
    "etcd_cluster_system_user": [
        ("", "etcd_cluster_system_user is empty"),
        ("a b", "It must be a name of letters"),
        (1000, "It must be a name of letters"),
    ],
    "etcd_cluster_system_group": [
        ("", "etcd_cluster_system_group is empty"),
        ("etcd:etcd", "It must be a name of letters"),
    ],
    "etcd_cluster_config_dir": [
        ("etc/etcd", f"etcd_cluster_config_dir is 'etc/etcd'. {NO_DIRECTORY}"),
        ("/etc", f"etcd_cluster_config_dir is '/etc'. {OF_THE_SYSTEM}"),
        ("/", OF_THE_SYSTEM),
        ("", NO_DIRECTORY),
        ("/var/lib/etcd/data/config", "are not apart"),
    ],
    "etcd_cluster_data_dir": [
        ("data", f"etcd_cluster_data_dir is 'data'. {NO_DIRECTORY}"),
        ("", "etcd_cluster_data_dir is empty"),
        ("/", f"etcd_cluster_data_dir is '/'. {OF_THE_SYSTEM}"),
        ("/var/lib/", OF_THE_SYSTEM),
        ("/var/lib/../etcd", "It must be a path without empty, . and .. parts"),
        ("/tmp/etcd", "What is there does not outlast a restart"),
        ("/etc/etcd", r"etcd_cluster_data_dir \(/etc/etcd\) and etcd_cluster_config_dir \(/etc/etcd\) are not apart"),
        ("/etc/etcd/data", "are not apart"),
        ("/srv/my data", "It must be a path without spaces"),
    ],
    "etcd_cluster_wal_dir": [
        ("wal", f"etcd_cluster_wal_dir is 'wal'. {NO_DIRECTORY}"),
        ("/var/lib/etcd/data", "Give the log a directory of its own"),
        ("/var/lib/etcd/data/member/wal", "or leave etcd_cluster_wal_dir empty"),
        ("/var/lib/etcd", "Give the log a directory of its own"),
        ("/etc/etcd/wal", "are not apart"),
        ("/dev", OF_THE_SYSTEM),
    ],
    "etcd_cluster_preset": [
        ("fast", "etcd_cluster_preset must be one of: default, ssd, wan, small, got: fast"),
        ("", "etcd_cluster_preset must be one of"),
    ],
    "etcd_cluster_settings": [
        ("quota-backend-bytes=1", "etcd_cluster_settings is 'quota-backend-bytes=1'. It must be a dictionary"),
        ([], "unable to convert to dict|cannot be converted to a dict"),
        ({"etcd_cluster_settings": {"data-dir": "/x"}}, "sets data-dir, .*Use etcd_cluster_data_dir instead"),
        (
            {"etcd_cluster_settings": {"quota-backend-byte": 1}},
            "sets quota-backend-byte, which is not a flag of etcd 3.4 to 3.7. Did you mean quota-backend-bytes?",
        ),
        ({"etcd_cluster_settings": {"quota-backend-bytes": "8GiB"}}, "to '8GiB'. It must be a whole number"),
        ({"etcd_cluster_settings": {"backend-batch-interval": 5}}, "to 5. It must be a duration with its unit"),
        ({"etcd_cluster_settings": {"log-level": "verbose"}}, "to 'verbose'. It must be debug or info"),
        ({"etcd_cluster_settings": {"heartbeat-interval": 500}}, "the election-timeout is 1000 ms"),
        (
            {"etcd_cluster_settings": {"heartbeat-interval": 700}, "etcd_cluster_preset": "wan"},
            "is 700 ms and the election-timeout is 3000 ms. etcd only starts if",
        ),
        ({"etcd_cluster_settings": {"pre-vote": "yes"}}, "to 'yes'. It must be true or false"),
        ({"etcd_cluster_settings": {"log-level": {"a": 1}}}, "It must be a plain value in one line"),
        ({"etcd_cluster_settings": {"ETCD_LOG_LEVEL": "info"}}, "without ETCD_: log-level"),
        (
            {
                "etcd_cluster_settings": {"enable-v2": True},
                "etcd_cluster_install_from": "present",
                RELEASE: "3.6.16",
            },
            "which etcd 3.6.16 does not know any more. etcd 3.6 has no v2 API",
        ),
    ],
    "etcd_cluster_unit_settings": [
        ({"etcd_cluster_unit_settings": {"ExecStart": "/bin/etcd"}}, "sets ExecStart, which would override the role"),
        (
            {"etcd_cluster_unit_settings": {"Environment": "ETCD_NAME=x"}},
            "Settings of etcd go into etcd_cluster_settings",
        ),
        ({"etcd_cluster_unit_settings": {"Memory Max": "4G"}}, "Give the name of a setting of systemd"),
        ({"etcd_cluster_unit_settings": {"MemoryMax": "4G\nUser=root"}}, "It must be a plain value in one line"),
        ("MemoryMax=4G", "It must be a dictionary"),
    ],
    "etcd_cluster_tls": [
        ("maybe", NO_BOOLEAN),
        ({"etcd_cluster_tls": False}, "Without TLS everybody on the network can read"),
        (
            {
                "etcd_cluster_tls": False,
                "etcd_cluster_allow_plaintext": True,
                "etcd_cluster_peer_urls": ["https://10.0.0.1:2380"],
            },
            "etcd_cluster_tls is false, and there are URLs with https",
        ),
    ],
    "etcd_cluster_allow_plaintext": [("maybe", NO_BOOLEAN)],
    "etcd_cluster_certificates": [
        ("foo", "etcd_cluster_certificates must be one of: private_ca, given, got: foo"),
        ("", "etcd_cluster_certificates must be one of"),
    ],
    "etcd_cluster_ca_host": [
        ("n9", "etcd_cluster_ca_host is n9, which is no host of the inventory"),
        ("", "which is no host of the inventory"),
    ],
    "etcd_cluster_ca_dir": [
        ("etcd-ca", f"etcd_cluster_ca_dir is 'etcd-ca'. {NO_DIRECTORY}"),
        ("", "Set etcd_cluster_ca_dir to a directory on localhost that survives"),
        ("/", NO_DIRECTORY),
    ],
    "etcd_cluster_ca_passphrase": [
        ("secret", "etcd_cluster_ca_passphrase is shorter than 8 characters"),
        ("passphrase", "etcd_cluster_ca_passphrase occurs in a word that the role reads"),
    ],
    "etcd_cluster_root_password": [
        ("http", "etcd_cluster_root_password occurs in etcd_cluster_peer_urls and etcd_cluster_client_urls"),
        (
            {"etcd_cluster_root_password": "nw7", "etcd_cluster_member_name": "nw7x"},
            "occurs in etcd_cluster_member_nam",
        ),
    ],
    "etcd_cluster_ca_days": [
        (0, f"etcd_cluster_ca_days is 0. {NO_DAYS}"),
        (-1, NO_DAYS),
        ("10y", NO_INTEGER),
        (10_000_000, NO_DAYS),
        (30, "etcd_cluster_certificate_days is 365, and the CAs are valid for 30 days"),
    ],
    "etcd_cluster_certificate_days": [
        (-365, f"etcd_cluster_certificate_days is -365. {NO_DAYS}"),
        (0, NO_DAYS),
        (4000, "No certificate outlasts its CA"),
        (30, "so each run would renew them"),
    ],
    "etcd_cluster_renew_before_days": [
        (-1, f"etcd_cluster_renew_before_days is -1. {NO_DAYS}"),
        (365, "so each run would renew them. Make it less than etcd_cluster_certificate_days"),
        ("30d", NO_INTEGER),
    ],
    "etcd_cluster_certificate_names": [
        ("etcd.example.org", NO_LIST),
        (["https://etcd.example.org"], "It must be a host name or an IP address, without scheme and port"),
        (["10.0.0.300"], "It must be a host name or an IP address"),
        (["a b"], "It must be a host name"),
        ([""], "It must be a host name"),
    ],
    **{
        name: [
            (GIVEN, f"set .*{name}.* to files that exist on the controller"),
            ({**GIVEN, name: f"/nowhere/{name}"}, f"{name}.* to files that exist on the controller"),
        ]
        for name in (
            "etcd_cluster_ca_cert",
            "etcd_cluster_server_cert",
            "etcd_cluster_server_key",
            "etcd_cluster_client_cert",
            "etcd_cluster_client_key",
            "etcd_cluster_peer_ca_cert",
            "etcd_cluster_peer_cert",
            "etcd_cluster_peer_key",
        )
    },
    "etcd_cluster_request_timeout": [
        (0, f"etcd_cluster_request_timeout is 0. {NO_SECONDS}"),
        ("5s", NO_INTEGER),
    ],
    "etcd_cluster_wait_timeout": [
        (-120, f"etcd_cluster_wait_timeout is -120. {NO_SECONDS}"),
        ("2m", NO_INTEGER),
    ],
    "etcd_cluster_wait_for_run": [
        (-1, "etcd_cluster_wait_for_run is -1. It must be a whole number of seconds, 0 or more"),
        ("", NO_INTEGER),
    ],
    "etcd_cluster_stall_timeout": [
        (0, f"etcd_cluster_stall_timeout is 0. {NO_SECONDS}"),
        ("", NO_INTEGER),
    ],
    "etcd_cluster_members": [
        ("n1", rf"etcd_cluster_members is 'n1'. {NO_LIST}, for example \[n1\]"),
        ([""], "It must be the name of a member"),
        (["n1", "n1"], "etcd_cluster_members has 'n1' twice"),
    ],
    "etcd_cluster_rotate_ca": [("maybe", NO_BOOLEAN)],
    "etcd_cluster_upgrade_take_snapshots": [("maybe", NO_BOOLEAN)],
    "etcd_cluster_keep_old_ca": [("maybe", NO_BOOLEAN)],
    "etcd_cluster_manage_firewall": [("maybe", NO_BOOLEAN)],
    RELEASE: [
        ("3.5", "etcd_cluster_upgrade_to is '3.5'. It must be a release with all three numbers"),
        ("newest", "It must be a release with all three numbers"),
        ("", "etcd_cluster_upgrade_to is empty"),
        ("3.5.30", "etcd_cluster_packages does not name the release 3.5.30"),
    ],
    "etcd_cluster_downgrade_to": [
        ("3.6", "etcd_cluster_downgrade_to is '3.6'. It must be a release with all three numbers"),
        ("", "etcd_cluster_downgrade_to is empty. It must be a release with all three numbers, such as 3.6.16"),
        ("3.6.16", "etcd_cluster_packages does not name the release 3.6.16"),
        (
            {
                "etcd_cluster_settings": {"max-learners": 2},
                "etcd_cluster_install_from": "present",
                "etcd_cluster_downgrade_to": "3.5.34",
            },
            "max-learners",
        ),
    ],
    "etcd_cluster_downgrade_cancel": [("maybe", NO_BOOLEAN)],
    "etcd_cluster_member": [
        ("", "etcd_cluster_member is empty. It must be the name of a member"),
        ("n1 n2", "It must be the name of a member"),
    ],
}
ANY_VALUE = {
    "etcd_cluster_forget": "any text but the name of the cluster is no consent, and the plan then says which name is",
}
"""Variables of which no value is wrong by itself."""


def test_every_variable_is_in_the_table_or_takes_any_value():
    assert set(TABLE) | set(ANY_VALUE) == set(OPTIONS)
    assert set(TABLE) & set(ANY_VALUE) == set()


def cases() -> list[Any]:
    rows = [(name, value, words) for name, wrong in TABLE.items() for value, words in wrong]
    return [
        pytest.param(
            value if isinstance(value, dict) and set(value) <= set(OPTIONS) else {name: value},
            words,
            id=f"{name}={value}",
        )
        for name, value, words in rows
    ]


@pytest.mark.parametrize(("variables", "words"), cases())
def test_a_wrong_value_gets_one_error_that_names_its_variable(complaints, variables, words):
    """One also if other variables are made of it; two for an archive of which neither path nor checksum is right."""
    said = complaints(**variables)
    assert any(re.search(words, text) for text in said), said
    assert len(said) == 1 or "etcd_cluster_archive" in variables, said


def test_the_defaults_are_right(complaints):
    assert complaints() == []


@pytest.mark.parametrize(
    "variables",
    [
        {"etcd_cluster_address": "n1.example.org", "etcd_cluster_listen_peer_urls": ["https://0.0.0.0:2380"],
         "etcd_cluster_listen_client_urls": ["https://[::]:2379"]},
        {"etcd_cluster_address": "fd00::1", "etcd_cluster_certificate_names": ["*.example.org", "::1", "10.0.0.9"]},
        {"etcd_cluster_peer_port": "12380", "etcd_cluster_wal_dir": "/srv/wal/", "etcd_cluster_data_dir": "/srv/etcd/"},
        {"etcd_cluster_tls": False, "etcd_cluster_allow_plaintext": True},
        {"etcd_cluster_tls": False, "etcd_cluster_address": "127.0.0.1"},
        {"etcd_cluster_tls": "yes", "etcd_cluster_ca_host": "n2", "etcd_cluster_ca_dir": "~/ca"},
        {"etcd_cluster_install_from": "archive", "etcd_cluster_archive": "https://example.org/e.tar.gz",
         "etcd_cluster_archive_checksum": "sha256:" + "0" * 64, "etcd_cluster_packages": []},
        {"etcd_cluster_install_from": "archive", "etcd_cluster_archive": "https://example.org/e.tar.gz",
         "etcd_cluster_archive_checksum": "sha256:https://example.org/SHA256SUMS"},
        {**GIVEN, "etcd_cluster_ca_cert": __file__, "etcd_cluster_server_cert": __file__,
         "etcd_cluster_server_key": __file__, "etcd_cluster_client_cert": __file__,
         "etcd_cluster_client_key": __file__},
        {RELEASE: "3.5.30", "etcd_cluster_packages": ["etcd-server=3.5.30*"]},
        {"etcd_cluster_downgrade_to": "3.6.16", "etcd_cluster_packages": ["etcd-server=3.6.16*"]},
        {"etcd_cluster_service": "etcd@orders", "etcd_cluster_name": "my orders"},
        {"etcd_cluster_endpoints": ["10.0.0.9:2379", "https://etcd.example.org:2379/"]},
        {"etcd_cluster_accept": ["version_bug"], "etcd_cluster_members": ["n1", "n2"]},
        {"etcd_cluster_settings": {"unsafe-no-fsync": True, "quota_backend_bytes": "8589934592", "log-level": None}},
        {"etcd_cluster_unit_settings": {"MemoryMax": "4G", "Environment": "GOGC=50", "CPUWeight": 500}},
    ],
)  # fmt: skip
def test_what_is_right_is_not_refused(complaints, variables):
    assert complaints(**variables) == []


def test_a_host_with_an_address_has_no_problem(complaints):
    assert complaints(ansible_host="2001:db8::1", ansible_facts={}) == []


def test_a_host_without_an_address_is_told_what_was_looked_at(complaints):
    facts = {"default_ipv6": {"address": "fe80::9", "scope": "link"}}
    (problem,) = complaints(ansible_host="n1.example.org", ansible_facts=facts)
    assert problem.startswith("etcd_cluster_address is empty. The address to which Ansible connects is a name")


@pytest.mark.parametrize(("tls", "scheme"), [(True, "https"), (False, "http")])
def test_of_a_host_with_a_name_both_variables_are_named_with_an_example(complaints, tls, scheme):
    said = complaints(etcd_cluster_address="n1.example.org", etcd_cluster_tls=tls, etcd_cluster_allow_plaintext=True)
    assert [problem.partition(". ")[0] for problem in said] == [
        f"etcd_cluster_listen_client_urls has '{scheme}://n1.example.org:2379'",
        f"etcd_cluster_listen_peer_urls has '{scheme}://n1.example.org:2380'",
    ]
    assert all("0.0.0.0 or [::]" in problem for problem in said)


def test_everything_that_is_wrong_is_named_at_once(complaints):
    said = complaints(
        etcd_cluster_group="etdc", etcd_cluster_data_dir="/", etcd_cluster_settings={"data-dir": "/x", "nmae": "n1"}
    )
    assert len(said) == 4, said


def test_a_password_is_not_looked_at(complaints):
    assert complaints(etcd_cluster_root_password="a b\n'\"") == []
