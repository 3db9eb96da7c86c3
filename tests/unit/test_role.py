# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role as it presents itself: a complete argument specification, and files where one looks for them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.quorum.etcd.plugins.filter.settings_as_environment import settings_as_environment

try:
    from ansible.template import trust_as_template
except ImportError:  # before 2.19 every text was one that may be expanded
    trust_as_template = str

ROLE = Path(__file__).resolve().parents[2] / "roles" / "etcd_cluster"
DEFAULTS = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())
SPECS = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text())["argument_specs"]
OPTIONS = {name: option for spec in SPECS.values() for name, option in spec["options"].items()}
ENTRY_POINTS = {
    "main": "deploy",
    "plan": "plan",
    "status": "status",
    "check": "check",
    "restart": "restart",
    "upgrade": "upgrade",
    "downgrade": "downgrade",
    "rotate_certificates": "rotate_certificates",
    "migrate_tls": "migrate_tls",
    "remove": "remove",
    "replace": "replace",
}
"""The playbook of each."""
ACTIONS = (
    "downgrade", "enable_downgrade", "promote", "remove", "restart", "start", "take_snapshot", "update_peer_urls",
    "upgrade", "wipe",
)  # fmt: skip
"""Those of a plan that have a file of tasks."""
INTERNAL_FILES = sorted((ROLE / "vars" / "main").glob("*.yml"))
INTERNAL = {name: value for path in INTERNAL_FILES for name, value in yaml.safe_load(path.read_text()).items()}
TYPES = {"str": str, "int": int, "bool": bool, "list": list, "dict": dict}


def test_every_default_is_specified_and_the_reverse():
    assert {name for name, option in OPTIONS.items() if not option.get("required")} == set(DEFAULTS)
    assert set(DEFAULTS) - set(SPECS["main"]["options"]) == {
        "etcd_cluster_members",
        "etcd_cluster_upgrade_take_snapshots",
        "etcd_cluster_downgrade_to",
        "etcd_cluster_downgrade_cancel",
        "etcd_cluster_rotate_ca",
        "etcd_cluster_keep_old_ca",
    }


def test_every_entry_point_is_specified_and_has_its_playbook():
    assert set(SPECS) == set(ENTRY_POINTS)
    for entry_point, playbook in ENTRY_POINTS.items():
        assert (ROLE / "tasks" / f"{entry_point}.yml").is_file()
        assert "quorum.etcd.etcd_cluster" in (ROLE.parents[1] / "playbooks" / f"{playbook}.yml").read_text()


@pytest.mark.parametrize("playbook", [*ENTRY_POINTS.values()])
def test_a_playbook_finds_its_group_and_pins_what_it_depends_on(playbook):
    """Ansible takes an empty group for a success, and a strategy of ansible.cfg for every play."""
    first, play = yaml.safe_load((ROLE.parents[1] / "playbooks" / f"{playbook}.yml").read_text())
    assert first["ansible.builtin.import_playbook"] == "common/check_group.yml"
    assert play["strategy"] == "ansible.builtin.linear"
    assert "serial" not in play


def files_of(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROLE / folder).rglob("*") if path.is_file())


def test_the_tasks_are_the_entry_points_and_rooms_for_the_rest():
    tasks = ROLE / "tasks"
    assert {path.stem for path in tasks.glob("*.yml")} == set(ENTRY_POINTS)
    assert {path.name for path in tasks.iterdir() if path.is_dir()} == {"common", "install", "moves", "tls", "upgrade"}


def test_every_file_of_tasks_is_used():
    text = "\n".join(path.read_text() for path in files_of("tasks"))
    rooms = [path for path in files_of("tasks") if path.parent.name != "tasks"]
    unused = [path.name for path in rooms if f"{path.parent.name}/{path.name}" not in text]
    # These are named by a variable: an action of the plan, and where etcd comes from.
    assert set(unused) <= {f"{action}.yml" for action in ACTIONS} | {
        f"{step}_{choice}.yml"
        for step in ("from", "stage", "place")
        for choice in OPTIONS["etcd_cluster_install_from"]["choices"]
    }


@pytest.mark.parametrize(
    "path",
    [path for path in files_of("tasks") if "tasks: common/carry_out_plan.yml" in path.read_text()],
    ids=lambda path: path.stem,
)
def test_whoever_would_be_locked_out_by_authentication_is_found_before_anything_is_changed(path):
    text = path.read_text()
    assert 0 < text.find("common/plan_authentication.yml") < text.find("common/carry_out_plan.yml")


@pytest.mark.parametrize("path", files_of("defaults", "vars", "tasks"), ids=lambda path: str(path.relative_to(ROLE)))
def test_the_role_decides_nothing_in_a_program_of_jinja(path):
    """Decisions are made in the core, where a table tests them; a loop or an assignment in a template is a program."""
    assert "{%" not in path.read_text()


@pytest.mark.parametrize("path", INTERNAL_FILES, ids=lambda path: path.stem)
def test_the_variables_can_be_read_at_once(path):
    assert len(path.read_text().splitlines()) < 120


def test_a_variable_stands_in_one_file():
    names = [name for path in INTERNAL_FILES for name in yaml.safe_load(path.read_text())]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_default_is_the_one_that_the_specification_says(name):
    assert OPTIONS[name].get("default", "no default") == DEFAULTS[name]


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_is_described_and_has_a_type(name):
    option = OPTIONS[name]
    assert option["description"]
    assert option["type"] in TYPES
    assert ("elements" in option) == (option["type"] == "list")


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_default_has_its_type_unless_it_is_a_template(name):
    value = DEFAULTS[name]
    if not (isinstance(value, str) and "{{" in value):
        assert isinstance(value, TYPES[OPTIONS[name]["type"]])


def test_the_readme_lists_every_variable_with_its_type():
    rows = dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", (ROLE / "README.md").read_text(), re.MULTILINE))
    assert rows == {name: option["type"] for name, option in OPTIONS.items()}


def test_secrets_are_marked():
    assert {name for name in OPTIONS if "password" in name or "passphrase" in name} == {
        name for name, option in OPTIONS.items() if option.get("no_log")
    }


@pytest.mark.parametrize("name", [*DEFAULTS, *INTERNAL])
def test_a_variable_carries_the_roles_name(name):
    assert name.startswith("etcd_cluster__" if name in INTERNAL else "etcd_cluster_")


def test_every_variable_that_the_role_reads_exists():
    """A name that is misspelt would only show on the host that comes so far."""
    files = [
        path
        for folder in ("defaults", "vars", "tasks", "templates")
        for path in (ROLE / folder).rglob("*")
        if path.is_file()
    ]
    text = "\n".join(path.read_text() for path in files)
    made = set(re.findall(r"(?:register|loop_var|index_var): (etcd_cluster__\w+)", text)) | set(
        re.findall(r"^\s+(etcd_cluster__\w+):", text, re.MULTILINE)
    )
    used = set(re.findall(r"(?<!quorum\.etcd\.)\betcd_cluster_\w+", text))
    assert used - set(OPTIONS) - set(INTERNAL) - made == set()


def test_every_internal_variable_is_read():
    text = "\n".join(
        path.read_text()
        for folder in ("defaults", "vars", "tasks", "templates")
        for path in (ROLE / folder).rglob("*")
        if path.is_file()
    )
    assert [name for name in INTERNAL if len(re.findall(rf"\b{name}\b", text)) < 2] == []


def test_the_interpreter_for_the_cas_does_not_name_the_variable_that_it_is_given_to():
    """ansible-core 2.18 resolves every variable that a template names, and would go round in circles."""
    text = INTERNAL["etcd_cluster__ca_python"]
    assert "ansible_python_interpreter" not in text.replace("hostvars[etcd_cluster_ca_host].", "hostvars.", 1).replace(
        "hostvars.ansible_python_interpreter", ""
    )


# -- where a member is -------------------------------------------------------------------------------------------------

IPV4, IPV6 = {"default_ipv4": {"address": "10.0.0.9"}}, {"default_ipv6": {"address": "2001:db8::9", "scope": "global"}}
NO_IPV4: dict[str, dict[str, str]] = {"default_ipv4": {}}
LINK_LOCAL = {"default_ipv6": {"address": "fe80::9", "scope": "link"}}
NOT_GATHERED = "facts are not gathered"


def rendered(expression: str, ansible_host: str | None, facts: dict | str, **variables: object) -> Any:
    """What an expression of the role is on a host with these facts."""
    host = {"inventory_hostname": "n1", "inventory_dir": "/inventory", "playbook_dir": "/playbooks"}
    known = {"ansible_facts": {} if facts == NOT_GATHERED else facts}
    named = {} if ansible_host is None else {"ansible_host": ansible_host}
    everything = {**DEFAULTS, **INTERNAL, **host, **known, **named, **variables}
    return Templar(loader=DataLoader(), variables=trusted(everything)).template(trusted(expression))


def trusted(value: Any) -> Any:
    """The same with every text marked as one that Ansible may expand, as those of a role's files are."""
    if isinstance(value, dict):
        return {key: trusted(one) for key, one in value.items()}
    if isinstance(value, list):
        return [trusted(one) for one in value]
    return trust_as_template(value) if isinstance(value, str) else value


@pytest.mark.parametrize(
    ("ansible_host", "facts", "address"),
    [
        ("10.0.0.1", NOT_GATHERED, "10.0.0.1"),
        ("10.0.0.1", IPV4, "10.0.0.1"),
        ("2001:db8::1", IPV4, "2001:db8::1"),
        ("[2001:db8::1]", NOT_GATHERED, "2001:db8::1"),
        # names
        ("n1.example.org", NOT_GATHERED, ""),
        ("n1.example.org", IPV4, "10.0.0.9"),
        ("n1.example.org", {**IPV4, **IPV6}, "10.0.0.9"),
        ("n1.example.org", {**NO_IPV4, **IPV6}, "2001:db8::9"),
        ("n1.example.org", IPV6, "2001:db8::9"),
        ("n1.example.org", {**NO_IPV4, **LINK_LOCAL}, ""),
        ("container-name", IPV4, "10.0.0.9"),
        ("127.example.org", IPV4, "10.0.0.9"),
        ("10.0.0.1.example.org", IPV4, "10.0.0.9"),
        (None, IPV4, "10.0.0.9"),
        # addresses that other hosts cannot use, as of a forwarded port
        ("127.0.0.1", NOT_GATHERED, ""),
        ("127.0.0.1", IPV4, "10.0.0.9"),
        ("127.0.1.1", IPV4, "10.0.0.9"),
        ("::1", IPV4, "10.0.0.9"),
        ("fe80::1", IPV6, "2001:db8::9"),
        ("fe80::1%eth0", IPV4, "10.0.0.9"),
        ("FE80::1", IPV4, "10.0.0.9"),
    ],
)
def test_the_address_of_a_host_is_what_ansible_connects_to_or_the_default_one(ansible_host, facts, address):
    assert rendered(DEFAULTS["etcd_cluster_address"], ansible_host, facts) == address


def test_a_host_that_is_called_by_its_address_has_it():
    assert rendered(DEFAULTS["etcd_cluster_address"], None, IPV4, inventory_hostname="10.0.0.1") == "10.0.0.1"


@pytest.mark.parametrize(
    ("ansible_host", "peer", "clients"),
    [
        ("10.0.0.1", "https://10.0.0.1:2380", ["https://10.0.0.1:2379", "https://127.0.0.1:2379"]),
        ("2001:db8::1", "https://[2001:db8::1]:2380", ["https://[2001:db8::1]:2379", "https://[::1]:2379"]),
    ],
)
def test_a_member_listens_at_the_address_and_at_loopback_of_the_same_family(ansible_host, peer, clients):
    assert rendered(DEFAULTS["etcd_cluster_listen_peer_urls"], ansible_host, NOT_GATHERED) == [peer]
    assert rendered(DEFAULTS["etcd_cluster_listen_client_urls"], ansible_host, NOT_GATHERED) == clients


def test_the_certificates_of_a_host_with_ipv6_name_its_address():
    names = rendered("{{ etcd_cluster__alt_names }}", "2001:db8::1", NOT_GATHERED)
    assert {"IP:2001:db8::1", "IP:::1", "IP:127.0.0.1", "DNS:localhost", "DNS:n1"} == set(names)


def test_the_settings_are_checked_before_the_first_start():
    """Of an etcd that was only just installed it is not known before which settings it knows."""
    installation = ("install/install.yml", "install/check_settings.yml")
    assert [file for file in _files_of("install/install_missing.yml") if file in installation] == [*installation]
    steps = ("install/install_missing.yml", "common/move_and_verify.yml")
    assert [file for file in _files_of("common/install_and_move.yml") if file in steps] == [*steps]


def _files_of(path: str) -> list[str]:
    """The files of tasks that this one takes in, in its order."""
    return [
        file
        for task in yaml.safe_load((ROLE / "tasks" / path).read_text())
        for action, file in task.items()
        if action.endswith(("import_tasks", "include_tasks"))
    ]


def environment_on(**variables: object) -> dict[str, str]:
    """What the filter makes of the role's variables."""
    settings, release = (
        rendered(f"{{{{ {name} }}}}", "10.0.0.1", NOT_GATHERED, **variables)
        for name in ("etcd_cluster__all_settings", "etcd_cluster__settings_release")
    )
    return settings_as_environment(settings, release)


@pytest.mark.parametrize(
    ("found", "name"),
    [
        ({}, "ETCD_EXPERIMENTAL_CORRUPT_CHECK_TIME"),
        ({"version": None}, "ETCD_EXPERIMENTAL_CORRUPT_CHECK_TIME"),
        ({"version": "3.5.34"}, "ETCD_EXPERIMENTAL_CORRUPT_CHECK_TIME"),
        ({"version": "3.6.16"}, "ETCD_CORRUPT_CHECK_TIME"),
    ],
)
def test_a_host_gets_the_names_that_its_program_reads(found, name):
    settings = {"experimental-corrupt-check-time": "1h"}
    read = environment_on(etcd_cluster__found=found, etcd_cluster_settings=settings)
    assert {key for key in read if "CORRUPT" in key} == {name}


@pytest.mark.parametrize("release", ["3.5.34", "3.6.16"])
@pytest.mark.parametrize("name", ["snapshot-catchup-entries", "experimental-snapshot-catchup-entries"])
def test_a_setting_of_a_preset_is_overridden_by_either_name(release, name):
    read = environment_on(
        etcd_cluster_preset="wan", etcd_cluster_settings={name: 7}, etcd_cluster__settings_release=release
    )
    assert [value for key, value in read.items() if "CATCHUP" in key] == ["7"]


def test_the_settings_of_a_release_are_written_after_its_program_and_before_its_start():
    placed, restarted = "install/place_release.yml", "moves/restart.yml"
    assert [file for file in _files_of("moves/upgrade.yml") if file in (placed, restarted)] == [placed, restarted]
    program, settings = _files_of(placed)
    assert program.startswith("install/place_")
    assert settings == "install/settings_for_release.yml"


@pytest.mark.parametrize("move", sorted(path.stem for path in (ROLE / "tasks" / "moves").glob("*.yml")))
def test_each_move_renews_the_lease_first(move):
    """A run whose lease another one has taken must not change anything any more."""
    first = yaml.safe_load((ROLE / "tasks" / "moves" / f"{move}.yml").read_text())[0]
    # To go down is to go up to another release.
    renews = "moves/upgrade.yml" if move == "downgrade" else "common/renew_lease.yml"
    assert first["ansible.builtin.import_tasks"] == renews


@pytest.mark.parametrize(
    ("members", "newcomer", "installed", "is_read"),
    [
        (["3.6.16", "3.6.16"], None, None, False),
        (["3.6.16", "3.6.16"], None, "3.7.3", True),
        (["3.6.16", "3.7.3"], "3.7.3+vendor", None, True),
        (["3.6.16", "3.6.16"], "3.6.16", "3.6.16", False),
        (["3.7.3", "3.7.3"], "3.7.3", None, False),
        (["3.5.34", "3.5.34"], "3.6.16", None, True),
        (["3.5.34", "3.5.34"], "3.5.34", None, False),
        # Half-way in an upgrade or a downgrade.
        (["3.6.16", "3.7.3"], "3.6.16", None, False),
    ],
)
def test_the_logs_are_read_where_a_new_member_of_a_newer_minor_has_to_read_them(members, newcomer, installed, is_read):
    hosts = [{"release": release, "data_dir": {"state": "data"}} for release in members]
    hosts.append({"release": newcomer, "data_dir": {"state": "absent"}})
    of_hosts = {f"n{number}": {"etcd_cluster__found": {"host": host}} for number, host in enumerate(hosts)}
    if installed:
        of_hosts[f"n{len(members)}"]["etcd_cluster__installed"] = {"version": installed}
    names = {"groups": {"etcd": [*of_hosts]}, "hostvars": of_hosts}
    assert rendered("{{ etcd_cluster__reads_raft_files }}", "10.0.0.1", NOT_GATHERED, **names) is is_read


@pytest.mark.parametrize(("index", "is_taken"), [(7, False), (8, True), (9, True)])
def test_a_snapshot_that_ends_with_the_entry_in_the_way_holds_it(index, is_taken):
    """A quiet member takes one right there, and no other one for a long time."""
    (block,) = [
        task for task in yaml.safe_load((ROLE / "tasks/moves/take_snapshot.yml").read_text()) if "block" in task
    ]
    found = {"host": {"raft_files": {"snapshot_index": index}}}
    names = {"etcd_cluster__snapshot": found, "etcd_cluster__due_snapshot": {"entry": 8}}
    assert rendered("{{ " + block["block"][0]["until"] + " }}", "10.0.0.1", NOT_GATHERED, **names) is is_taken
