# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of the role, each by itself and beside the others. What Ansible says of them is in tests/unit."""

from __future__ import annotations

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.role_options import (
    DICTIONARIES,
    LISTS,
    problems,
    secret_problems,
)
from ansible_collections.quorum.etcd.plugins.module_utils._membership.role_relations import RELATIONS
from ansible_collections.quorum.etcd.plugins.module_utils._membership.role_values import CHECKS
from hypothesis import given
from hypothesis import strategies as st

PEER, CLIENT = "https://10.0.0.1:2380", "https://10.0.0.1:2379"
RIGHT = {
    "etcd_cluster_name": "orders",
    "etcd_cluster_member_name": "n1",
    "etcd_cluster_address": "10.0.0.1",
    "etcd_cluster_peer_port": 2380,
    "etcd_cluster_client_port": 2379,
    "etcd_cluster_peer_urls": [PEER],
    "etcd_cluster_client_urls": [CLIENT],
    "etcd_cluster_listen_peer_urls": [PEER],
    "etcd_cluster_listen_client_urls": [CLIENT, "https://127.0.0.1:2379"],
    "etcd_cluster_install_from": "package",
    "etcd_cluster_packages": ["etcd-server"],
    "etcd_cluster_archive": "",
    "etcd_cluster_archive_checksum": "",
    "etcd_cluster_config_dir": "/etc/etcd",
    "etcd_cluster_data_dir": "/var/lib/etcd/data",
    "etcd_cluster_wal_dir": "",
    "etcd_cluster_settings": {},
    "etcd_cluster_unit_settings": {},
    "etcd_cluster_tls": True,
    "etcd_cluster_allow_plaintext": False,
    "etcd_cluster_certificates": "private_ca",
    "etcd_cluster_ca_days": 3650,
    "etcd_cluster_certificate_days": 365,
    "etcd_cluster_renew_before_days": 30,
}

# One variable, a value, and what is said; nothing if it is right.
VALUES = [
    ("etcd_cluster_name", "my orders", ""),
    ("etcd_cluster_name", "a/b", "etcd_cluster_name is 'a/b'. It must be a name"),
    ("etcd_cluster_name", "", "etcd_cluster_name is empty. It must be a name"),
    ("etcd_cluster_address", "fd00::1", ""),
    ("etcd_cluster_address", "n1.example.org", ""),
    ("etcd_cluster_address", "10.0.0.1:2380", "without scheme and port"),
    ("etcd_cluster_address", "", "the host has no default route"),
    ("etcd_cluster_peer_port", "12380", ""),
    ("etcd_cluster_peer_port", 65536, "It must be a port, from 1 to 65535."),
    ("etcd_cluster_peer_port", "x", "It must be a port, from 1 to 65535."),
    ("etcd_cluster_peer_urls", ["n1:2380"], "etcd_cluster_peer_urls has 'n1:2380'. It has no scheme; use scheme://"),
    ("etcd_cluster_peer_urls", PEER, "It must be a list, for example [https://10.0.0.1:2380]."),
    ("etcd_cluster_peer_urls", [], "etcd_cluster_peer_urls is empty. Give at least one"),
    ("etcd_cluster_peer_urls", [PEER, PEER], "has 'https://10.0.0.1:2380' twice. Give it once."),
    ("etcd_cluster_listen_peer_urls", ["https://0.0.0.0:2380"], ""),
    ("etcd_cluster_listen_peer_urls", ["https://[::]:2380"], ""),
    ("etcd_cluster_listen_peer_urls", ["https://n1:2380"], "'n1' is a name"),
    ("etcd_cluster_listen_peer_urls", ["n1:2380"], "It has no scheme"),
    ("etcd_cluster_listen_peer_urls", ["https://0.0.0.0"], "It has no port"),
    ("etcd_cluster_endpoints", ["10.0.0.9:2379", "https://10.0.0.8:2379"], ""),
    ("etcd_cluster_endpoints", ["10.0.0.9"], "It has no port"),
    ("etcd_cluster_accept", ["version_bug"], ""),
    ("etcd_cluster_accept", ["version_buk"], "Did you mean version_bug?"),
    ("etcd_cluster_accept", ["nonsense"], "It must be one of "),
    ("etcd_cluster_accept", ["split_brain"], "This refusal cannot be overridden"),
    ("etcd_cluster_archive_checksum", "sha256:" + "0" * 64, ""),
    ("etcd_cluster_archive_checksum", "sha256:https://example.org/SHA256SUMS", ""),
    ("etcd_cluster_archive_checksum", "0" * 64, "It must be the algorithm and the checksum"),
    ("etcd_cluster_certificate_names", ["*.example.org", "10.0.0.9", "::1"], ""),
    ("etcd_cluster_certificate_names", ["10.0.0.300"], "It must be a host name or an IP address"),
    ("etcd_cluster_data_dir", "/srv/etcd/", ""),
    ("etcd_cluster_data_dir", "etcd", "It must be an absolute path."),
    ("etcd_cluster_data_dir", "", "etcd_cluster_data_dir is empty. It must be an absolute path."),
    ("etcd_cluster_data_dir", "/", "This is a directory of the system."),
    ("etcd_cluster_data_dir", "/var/../srv/etcd", "without empty, . and .. parts"),
    ("etcd_cluster_data_dir", "/srv/my data", "without spaces"),
    ("etcd_cluster_data_dir", "/run/etcd", "does not outlast a restart"),
    ("etcd_cluster_program_dir", "/usr/bin", ""),
    ("etcd_cluster_system_user", "etcd-1", ""),
    ("etcd_cluster_system_user", "a b", "It must be a name of letters"),
    ("etcd_cluster_settings", "a=b", "It must be a dictionary of settings."),
    ("etcd_cluster_settings", {"data-dir": "/x"}, "Use etcd_cluster_data_dir instead."),
    ("etcd_cluster_unit_settings", {"User": "x"}, "Use etcd_cluster_system_user instead."),
    ("etcd_cluster_of_the_user", object(), ""),
]
# Several variables that do not go together, and what is said.
TOGETHER = [
    ({"etcd_cluster_peer_port": "2379"}, "are both 2379. Give each a port of its own."),
    ({"etcd_cluster_listen_peer_urls": [CLIENT]}, "both have 10.0.0.1:2379. Give each an address of its own."),
    ({"etcd_cluster_tls": "false"}, "there are URLs with https (https://10.0.0.1:2380)"),
    ({"etcd_cluster_client_urls": ["http://10.0.0.1:2379"]}, "Without TLS everybody on the network"),
    ({"etcd_cluster_data_dir": "/etc/etcd/data"}, "Give data and settings directories of their own."),
    ({"etcd_cluster_config_dir": "/var/lib/etcd/data/x"}, "Give data and settings directories of their own."),
    ({"etcd_cluster_wal_dir": "/etc/etcd/wal"}, "Give the log and the settings directories of their own."),
    ({"etcd_cluster_wal_dir": "/var/lib/etcd/data/member/wal"}, "or leave etcd_cluster_wal_dir empty."),
    ({"etcd_cluster_wal_dir": "/var/lib/etcd/"}, "or leave etcd_cluster_wal_dir empty."),
    ({"etcd_cluster_renew_before_days": 365}, "Make it less than etcd_cluster_certificate_days."),
    ({"etcd_cluster_ca_days": 364}, "Make it less than etcd_cluster_ca_days."),
    ({"etcd_cluster_install_from": "archive"}, "To install from an archive, set etcd_cluster_archive"),
    ({"etcd_cluster_packages": []}, "etcd_cluster_packages is empty. Give at least one."),
    ({"etcd_cluster_upgrade_to": "3.5.3"}, "etcd_cluster_packages does not name the release 3.5.3"),
    (
        {"etcd_cluster_upgrade_to": "3.5.3", "etcd_cluster_packages": ["etcd-server=3.5.30-1"]},
        "etcd_cluster_packages does not name the release 3.5.3",
    ),
    ({"etcd_cluster__all_settings": {"heartbeat-interval": 201}}, "The heartbeat-interval is 201 ms"),
    # One variable is wrong, and others are made of it.
    (
        {
            "etcd_cluster_address": "a b",
            "etcd_cluster_peer_urls": ["https://a b:2380"],
            "etcd_cluster_listen_peer_urls": ["https://a b:2380"],
        },
        "etcd_cluster_address is 'a b'.",
    ),
]
RIGHT_TOGETHER = [
    {"etcd_cluster__all_settings": {"heartbeat-interval": 200}},
    {},
    {"etcd_cluster_wal_dir": "/srv/wal"},
    # How long certificates are valid that others made is not known here.
    {"etcd_cluster_certificates": "given", "etcd_cluster_renew_before_days": 400_000},
    {"etcd_cluster_install_from": "present", "etcd_cluster_packages": []},
    {"etcd_cluster_upgrade_to": "3.5.30", "etcd_cluster_packages": ["etcd-server=3.5.30*"]},
    {"etcd_cluster_allow_plaintext": "yes", "etcd_cluster_client_urls": ["http://10.0.0.1:2379"]},
    {"etcd_cluster_listen_client_urls": [CLIENT, "http://127.0.0.1:2379"]},
]


@pytest.mark.parametrize(("name", "value", "said"), VALUES)
def test_what_is_said_of_a_value(name, value, said):
    found = problems({name: value})
    assert len(found) == (1 if said else 0), found
    assert all(said in problem and problem.startswith(name) for problem in found), found


@pytest.mark.parametrize(("variables", "said"), TOGETHER)
def test_what_is_said_of_variables_that_do_not_go_together(variables, said):
    (problem,) = problems({**RIGHT, **variables})
    assert said in problem


@pytest.mark.parametrize("variables", RIGHT_TOGETHER)
def test_what_goes_together_is_right(variables):
    assert problems({**RIGHT, **variables}) == ()


def test_every_problem_is_named():
    wrong = {"etcd_cluster_name": "", "etcd_cluster_data_dir": "x", "etcd_cluster_settings": {"name": "n9"}}
    assert len(problems({**RIGHT, **wrong})) == 3


def test_a_release_refuses_what_it_does_not_know():
    settings = {"etcd_cluster_settings": {"feature-gates": "PriorityRequest=true"}}
    assert problems(settings) == ()
    (problem,) = problems(settings, "3.6.16")
    assert "came with etcd 3.7" in problem


@pytest.mark.parametrize(
    ("secrets", "said"),
    [
        ({}, ""),
        ({"etcd_cluster_root_password": "", "etcd_cluster_ca_passphrase": None}, ""),
        ({"etcd_cluster_root_password": "n2"}, ""),
        ({"etcd_cluster_root_password": "n1"}, "etcd_cluster_root_password occurs in etcd_cluster_member_name."),
        ({"etcd_cluster_root_password": 238}, "occurs in etcd_cluster_peer_urls."),
        ({"etcd_cluster_root_password": "://"}, "occurs in etcd_cluster_peer_urls and etcd_cluster_client_urls."),
        ({"etcd_cluster_root_password": "3.7.3"}, "occurs in etcd_cluster_upgrade_to."),
        ({"etcd_cluster_root_password": "exist"}, "occurs in a word that the role reads."),
        ({"etcd_cluster_ca_passphrase": "https://"}, ""),
        ({"etcd_cluster_ca_passphrase": "CERTIFICATE"}, "etcd_cluster_ca_passphrase occurs in a word that the role"),
    ],
)
def test_a_secret_must_not_occur_in_what_the_role_reads_from_results(secrets, said):
    options = {
        "etcd_cluster_member_name": "n1",
        "etcd_cluster_peer_urls": ["https://10.0.0.1:2380"],
        "etcd_cluster_client_urls": ["https://10.0.0.1:2379"],
        "etcd_cluster_upgrade_to": "3.7.3",
        "etcd_cluster_settings": {"log-level": "n2"},
    }
    found = secret_problems(secrets, options)
    assert len(found) == (1 if said else 0), found
    assert all(said in problem for problem in found)


def test_every_list_has_a_check_and_every_relation_is_of_variables_of_the_role():
    known = {*CHECKS, *LISTS, *DICTIONARIES, *RIGHT}
    assert set(CHECKS) >= LISTS
    assert {name for relation in RELATIONS for name in relation.of} <= known


ANYTHING = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20), st.lists(st.text(max_size=9)))


@given(st.dictionaries(st.sampled_from(sorted({*CHECKS, *LISTS, *DICTIONARIES, *RIGHT})), ANYTHING))
def test_whatever_is_given_gets_sentences(variables):
    """Values of a type that Ansible lets pass, or of any other."""
    assert all(problem.startswith("etcd_cluster") for problem in problems({**variables, "etcd_cluster_tls": True}))
