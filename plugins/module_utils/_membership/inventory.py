# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The members of a cluster as hosts of an inventory: what each is called, where it is, and the groups that it is in.

It works on members as `report.member_status_data` renders them, so that those of a cache serve as well.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .peer_urls import InvalidPeerURLError, normalise_one

Data = t.Dict[str, t.Any]

NAME = "name"
PEER_URL = "peer_url"
CLIENT_URL = "client_url"
NONE = "none"

# What Ansible takes for something else than a host of ours (ansible.constants.LOCALHOST, and the groups that always
# are).
_TAKEN_BY_ANSIBLE = ("all", "ungrouped", "localhost", "127.0.0.1", "::1")
# What would have a meaning in a host pattern such as that of --limit.
_NO_PART_OF_A_NAME = re.compile(r"[^\w.-]")
_NO_PART_OF_AN_ADDRESS = re.compile(r"[^\w.:-]")

_IS_IN: dict[str, t.Callable[[Data], bool]] = {
    "": lambda _member: True,
    "_leader": lambda member: member["role"] == "leader",
    "_learners": lambda member: member["role"] == "learner",
    "_unhealthy": lambda member: not member["healthy"],
}


@dataclass(frozen=True)
class Naming:
    """How members become hosts. `hostname_from` is NAME, PEER_URL or CLIENT_URL; `ansible_host_from` PEER_URL,
    CLIENT_URL or NONE; `group` the name of the group of all members and the beginning of the others' names."""

    hostname_from: str = NAME
    ansible_host_from: str = PEER_URL
    group: str = "etcd"

    @property
    def groups(self) -> tuple[str, ...]:
        """Every group that there is, whether a member is in it or not."""
        return tuple(self.group + ending for ending in _IS_IN)


@dataclass(frozen=True)
class InventoryHost:
    """A member as a host of an inventory."""

    name: str
    groups: tuple[str, ...]
    variables: Data


def hosts_of(cluster: Data, naming: Naming) -> tuple[InventoryHost, ...]:
    """One host for every member, in the order of the members. No two hosts have one name."""
    names = _host_names(cluster["members"], naming)
    shared = {
        "etcd_cluster_id": cluster["cluster_id"],
        "etcd_has_quorum": cluster["has_quorum"],
        "etcd_quorum": cluster["quorum"],
    }
    return tuple(
        InventoryHost(
            name=names[member["id"]],
            groups=tuple(naming.group + ending for ending, is_in in _IS_IN.items() if is_in(member)),
            variables={
                **{f"etcd_{key}": value for key, value in member.items()},
                **shared,
                **_ansible_host(member, naming),
            },
        )
        for member in cluster["members"]
    )


def _host_names(members: list[Data], naming: Naming) -> dict[str, str]:
    """A name for each member id. Members that would share one get their id behind it, each of them; so does one whose
    name means something to Ansible. A member that has never started does not take a name away from one that has."""
    taken = {*_TAKEN_BY_ANSIBLE, *naming.groups}
    names: dict[str, str] = {}
    for started in (True, False):
        labels = {member["id"]: _label(member, naming) for member in members if member["started"] is started}
        wanted = list(labels.values())
        alone = {number: label for number, label in labels.items() if wanted.count(label) == 1 and label not in taken}
        names.update(alone)
        taken.update(alone.values())
        for number, label in sorted(labels.items()):
            if number not in alone:
                names[number] = _first_free(label, number, taken)
                taken.add(names[number])
    return names


def _first_free(label: str, member_id: str, taken: set[str]) -> str:
    while label in taken or not label.endswith(member_id):
        label = f"{label}-{member_id}"
    return label


def _label(member: Data, naming: Naming) -> str:
    """What a member would be called if it were the only one: its name or an address of it, its id where it has
    neither.
    """
    if naming.hostname_from == NAME and member["name"]:
        return _NO_PART_OF_A_NAME.sub("_", member["name"])
    return _NO_PART_OF_AN_ADDRESS.sub("_", _address(member, naming.hostname_from)) or member["id"]


def _ansible_host(member: Data, naming: Naming) -> Data:
    address = "" if naming.ansible_host_from == NONE else _address(member, naming.ansible_host_from)
    return {"ansible_host": address} if address else {}


def _address(member: Data, source: str) -> str:
    """The host of a URL of the member: of a client URL where that is the source and it has one, else of a peer URL;
    empty without any.
    """
    urls = (
        [*member["client_urls"], *member["peer_urls"]]
        if source == CLIENT_URL
        else [*member["peer_urls"], *member["client_urls"]]
    )
    return next((host for host in map(_host_in, urls) if host), "")


def _host_in(url: str) -> str:
    """The host that others reach under a URL; empty where it names none, such as one to listen on."""
    try:
        address = normalise_one(url)
    except InvalidPeerURLError:
        return ""
    return address.split("://", 1)[1].rpartition(":")[0].strip("[]").replace("%25", "%")
