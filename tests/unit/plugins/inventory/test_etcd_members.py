# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin where it touches Ansible: which files are its own, what its documentation promises, which values
may be run.
"""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible.template import Templar
from ansible_collections.quorum.etcd.plugins.inventory import etcd_members
from ansible_collections.quorum.etcd.plugins.module_utils._membership.inventory import Naming, hosts_of
from ansible_collections.quorum.etcd.plugins.module_utils._membership.report import cluster_data, member_status_data
from ansible_collections.quorum.etcd.plugins.module_utils._module.arguments import CONNECTION
from ansible_collections.quorum.etcd.plugins.module_utils._module.etcd_members import connection_options

from tests.unit.plugins.module_utils._membership.clusters import cluster, healthy

try:
    from ansible.template import is_trusted_as_template
except ImportError:  # before ansible-core 2.19 a text is trusted unless it is marked as unsafe
    from ansible.utils.unsafe_proxy import AnsibleUnsafe

    def is_trusted_as_template(value):
        return not isinstance(value, AnsibleUnsafe)


ROOT = Path(__file__).resolve().parents[4]
GUIDE = ROOT / "docs" / "guide-inventory.md"
NAME = "quorum.etcd.etcd_members"


@functools.cache
def documented() -> dict:
    """What ansible-doc says, fragments merged in."""
    command = [str(Path(sys.executable).with_name("ansible-doc")), "--type", "inventory", "--json", NAME]
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
        "ANSIBLE_HOME": str(ROOT / ".ansible"),
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=100)
    return json.loads(done.stdout)[NAME]


def options() -> dict:
    return documented()["doc"]["options"]


@pytest.mark.parametrize(
    ("name", "is_ours"),
    [
        ("x.etcd_members.yml", True),
        ("x.etcd_members.yaml", True),
        ("etcd_members.yml", False),
        ("x.etcd_members.json", False),
        ("x.yml", False),
    ],
)
def test_a_file_is_ours_by_the_end_of_its_name(name, is_ours, tmp_path):
    (tmp_path / name).touch()
    plugin = etcd_members.InventoryModule()
    assert plugin.verify_file(str(tmp_path / name)) is is_ours


def test_a_file_that_is_not_there_is_not_ours(tmp_path):
    assert etcd_members.InventoryModule().verify_file(str(tmp_path / "x.etcd_members.yml")) is False


@pytest.mark.parametrize("name", CONNECTION)
def test_a_connection_option_is_the_one_of_the_modules(name):
    """Type, default and choices as the modules have them, and the same variables of the environment."""
    rule, option = CONNECTION[name], options()[name]
    assert [option.get(key) for key in ("type", "elements", "default", "choices")] == [
        rule.get(key) for key in ("type", "elements", "default", "choices")
    ]
    own_variable = [rule["fallback"][1][0]] if "fallback" in rule else []
    assert [entry["name"] for entry in option.get("env", [])] == own_variable


@pytest.mark.parametrize("name", CONNECTION)
def test_a_connection_option_can_be_set_in_ansible_cfg_but_for_the_password(name):
    keys = [(entry["section"], entry["key"]) for entry in options()[name].get("ini", [])]
    assert keys == ([] if name == "password" else [("quorum_etcd", name)])


def test_what_users_expect_of_an_inventory_plugin_is_there():
    constructed = {"compose", "groups", "keyed_groups", "strict", "use_extra_vars", "leading_separator"}
    caching = {"cache", "cache_plugin", "cache_timeout", "cache_connection", "cache_prefix"}
    assert constructed | caching <= set(options())


def test_defaults_are_those_of_the_code():
    assert Naming(*(options()[name]["default"] for name in ("hostname_from", "ansible_host_from", "group"))) == Naming()


def in_the_documentation() -> list[dict]:
    return list(yaml.safe_load_all(documented()["examples"]))


def in_the_guide() -> list[dict]:
    return [
        yaml.safe_load(block)
        for block in re.findall(r"^```yaml\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    ]


@pytest.mark.parametrize("source", [in_the_documentation, in_the_guide], ids=["documentation", "guide"])
def test_examples_are_complete_files_of_this_plugin(source):
    examples = source()
    assert len(examples) > 3
    for example in examples:
        assert example["plugin"] == NAME
        assert set(example) <= set(options())
        assert connection_options({name: value for name, value in example.items() if name in CONNECTION})


def test_the_guide_names_every_variable_of_a_host():
    observed = cluster(healthy("m1"))
    data = {
        **cluster_data(observed),
        "members": [member_status_data(observed, member) for member in observed.members],
        "has_quorum": True,
    }
    (host,) = hosts_of(data, Naming(ansible_host_from="none"))
    rows = re.findall(
        r"^\| (`etcd_\w+`(?:, `etcd_\w+`)*) \| ", GUIDE.read_text().partition("## Variables")[2], re.MULTILINE
    )
    assert sorted(name.strip("`") for row in rows for name in row.split(", ")) == sorted(host.variables)


@pytest.mark.parametrize(
    "text", ["{{ lookup('pipe', 'id') }}", "{% if 1 %}x{% endif %}", "lookup('pipe', 'id')", "'id' | shell"]
)
def test_what_could_be_run_is_never_run(text):
    value = etcd_members._harmless({"key": [text]})
    assert not is_trusted_as_template(value["key"][0])
    assert Templar(loader=None).template(value) == {"key": [text]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "n1",
        "http://10.0.0.1:2379",
        "does not answer: asking the status of http://[fd00::1]:2379: Connection refused",
        "3.5.30",
    ],
)
def test_plain_text_is_written_as_plain_text(text):
    assert is_trusted_as_template(etcd_members._harmless(text))


@pytest.mark.parametrize("value", [None, True, 7, 1.5, [], {}])
def test_other_values_stay_as_they_are(value):
    assert etcd_members._harmless(value) == value
