# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: status_table
short_description: Show the result of etcd_cluster_info as a table
version_added: 0.1.0
author:
  - The quorum.etcd founders (@quorum-etcd)
description:
  - Makes a table of the members of an etcd cluster. It is at most 80 columns wide, unless names are long.
options:
  _input:
    description:
      - What the module M(quorum.etcd.etcd_cluster_info) returned.
    type: dict
    required: true
  hosts:
    description:
      - The results of M(quorum.etcd.etcd_host_info) for the hosts. The certificates that expire, which are in
        RV(quorum.etcd.etcd_host_info#module:expiring), are named below the table.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Query the cluster
  quorum.etcd.etcd_cluster_info:
    endpoints:
      - http://10.0.0.1:2379
  register: cluster

- name: Show it as a table
  quorum.etcd.show:
    text: "{{ cluster | quorum.etcd.status_table }}"
"""

RETURN = r"""
_value:
  description: The table, as lines of text.
  type: str
"""

import textwrap
import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.quorum.etcd.plugins.module_utils._membership.expiry import expiring_on, expiry_lines

COLUMNS = 80
HEAD = ("MEMBER", "ROLE", "VERSION", "DB SIZE", "IN USE", "LAG", "STATE")
# The figures stand under each other by their last digit.
RIGHT = frozenset((3, 4, 5))
UNITS = ("B", "kB", "MB", "GB", "TB")
UNKNOWN = "-"
GAP = "  "

Found = t.Mapping[str, t.Any]
Row = t.Tuple[str, ...]


def status_table(cluster: t.Any, hosts: t.Sequence[Found] = ()) -> str:
    """See DOCUMENTATION. Raises AnsibleFilterError for what is no result of etcd_cluster_info."""
    try:
        messages = [concern["message"] for concern in cluster["concerns"]]
        messages += expiry_lines(one for host in hosts for one in expiring_on(host))
        return (
            "\n".join([*_head(cluster), "", *_table([HEAD, *map(_row, cluster["members"])]), *_concerns(messages)])
            + "\n"
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise AnsibleFilterError(
            f"status_table needs what quorum.etcd.etcd_cluster_info returned; in this there is no {error}"
        ) from error


def _head(cluster: Found) -> list[str]:
    quorum = cluster["quorum"]
    health = "healthy" if cluster["healthy"] else "NOT HEALTHY" if cluster["has_quorum"] else "WITHOUT QUORUM"
    failures = "1 more failure" if quorum["fault_tolerance"] == 1 else f"{quorum['fault_tolerance']} more failures"
    return [
        "etcd cluster {}: {}".format(cluster["cluster_id"], health),
        "{healthy} of {voters} voters healthy, quorum {size}, tolerates {failures}".format(failures=failures, **quorum),
    ]


def _row(member: Found) -> Row:
    return (
        member["name"] or member["id"],
        member["role"],
        member["version"] or UNKNOWN,
        _bytes(member["db_size"]),
        _bytes(member["db_size_in_use"]),
        UNKNOWN if member["raft_lag"] is None else str(member["raft_lag"]),
        _state(member),
    )


def _state(member: Found) -> str:
    if member["alarms"]:
        return "ALARM " + " ".join(member["alarms"])
    if not member["started"]:
        return "not started"
    if not member["reachable"]:
        return "DOWN"
    if not member["healthy"]:
        return "unhealthy"
    return "healthy" if member["progress"] is None else f"{int(member['progress'])} % caught up"


def _bytes(number: int | None) -> str:
    """A number of bytes in four characters and a unit."""
    if number is None:
        return UNKNOWN
    size, unit = float(number), 0
    while size >= 999.5 and unit < len(UNITS) - 1:
        size, unit = size / 1000, unit + 1
    digits = 0 if unit == 0 or size >= 99.95 else 1
    return f"{size:.{digits}f} {UNITS[unit]}"


def _table(rows: list[Row]) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEAD))]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if place in RIGHT else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths))
        ]
        lines.append(GAP.join(cells).rstrip())
    return lines


def _concerns(messages: t.Sequence[str]) -> t.Iterator[str]:
    if messages:
        yield ""
    for message in messages:
        yield from textwrap.wrap("! " + message, COLUMNS, subsequent_indent="  ")


class FilterModule:
    """Ansible's way of finding the filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"status_table": status_table}
