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
  - Makes a table of the members of an etcd cluster. It is at most 80 columns wide, unless names are long or a member
    raised two alarms. A column about which nothing is known is left out.
  - If nobody can log in, because authentication is on and there is no quorum, it shows the endpoints and what they tell
    without a login.
options:
  _input:
    description:
      - What the module M(quorum.etcd.etcd_cluster_info) returned, also if it failed because nobody can log in.
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

COLUMNS = 80
HEAD = ("MEMBER", "ROLE", "VERSION", "STORAGE", "DB SIZE", "IN USE", "QUOTA", "LAG", "STATE")
ENDPOINTS_HEAD = ("ENDPOINT", "VERSION", "STORAGE", "STATE")
# The figures stand under each other by their last digit.
RIGHT = frozenset(("DB SIZE", "IN USE", "QUOTA", "LAG"))
# Columns that only some releases, or only members that answer, can fill.
OPTIONAL = frozenset(("STORAGE", "QUOTA"))
UNITS = ("B", "kB", "MB", "GB", "TB")
UNKNOWN = "-"
GAP = "  "

Found = t.Mapping[str, t.Any]
Row = t.Tuple[str, ...]


def status_table(cluster: t.Any, hosts: t.Sequence[Found] = ()) -> str:
    """See DOCUMENTATION. Raises AnsibleFilterError for what is no result of etcd_cluster_info."""
    # Imported here, since each worker of Ansible that needs one filter of a collection loads all of them.
    from ansible_collections.quorum.etcd.plugins.module_utils._membership.expiry import expiring_on, expiry_lines

    try:
        if "endpoints" in cluster:
            return "\n".join(_endpoints(cluster)) + "\n"
        messages = [concern["message"] for concern in cluster["concerns"]]
        messages += expiry_lines(one for host in hosts for one in expiring_on(host))
        return (
            "\n".join(
                [
                    *_head(cluster),
                    "",
                    *_table([HEAD, *map(_row, cluster["members"])]),
                    *_figures(cluster["members"]),
                    *_concerns(messages),
                ]
            )
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
        *_versions(cluster),
    ]


def _versions(cluster: Found) -> t.Iterator[str]:
    version, downgrade = cluster.get("cluster_version"), cluster.get("downgrade") or {}
    words = [f"cluster version {_minor(version)}"] if version else []
    if downgrade.get("enabled"):
        words.append(f"a downgrade to {_minor(downgrade['target_version'])} is on")
    if words:
        yield ", ".join(words)


def _minor(version: str | None) -> str:
    """`3.6` of `3.6.0`: the version of a cluster or of its storage has no more to it."""
    return ".".join(version.split(".")[:2]) if version else UNKNOWN


def _endpoints(failed: Found) -> t.Iterator[str]:
    """What is known where nobody can log in."""
    yield "etcd cluster: WITHOUT QUORUM"
    yield "nobody can log in, so only what etcd tells anyone is known"
    yield ""
    yield from _table([ENDPOINTS_HEAD, *map(_endpoint_row, failed["endpoints"])])
    yield from _concerns([failed["refusal"]["next_step"]])


def _endpoint_row(found: Found) -> Row:
    state = (found["reason"] or "healthy") if found["answers"] else "DOWN"
    state += "".join(f", {check} failed" for check in found["failed_checks"])
    return (found["endpoint"], found["version"] or UNKNOWN, _minor(found["storage_version"]), state)


def _figures(members: t.Sequence[Found]) -> t.Iterator[str]:
    """Quotas and feature gates, each with the members that have it."""
    quotas = _by_value(members, lambda member: _bytes(member["db_size_quota"]) if member.get("db_size_quota") else "")
    gates = _by_value(members, lambda member: ", ".join(member.get("feature_gates") or ()))
    lines = [f"quota {value}: {', '.join(names)}" for value, names in quotas.items()]
    lines += [f"feature gates {value}: {', '.join(names)}" for value, names in gates.items()]
    if lines:
        yield ""
    for line in lines:
        yield from textwrap.wrap(line, COLUMNS, subsequent_indent="  ")


def _by_value(members: t.Sequence[Found], value_of: t.Callable[[Found], str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for member in members:
        if value_of(member):
            found.setdefault(value_of(member), []).append(member["name"] or member["id"])
    return found


def _row(member: Found) -> Row:
    return (
        member["name"] or member["id"],
        member["role"],
        member["version"] or UNKNOWN,
        _minor(member.get("storage_version")),
        _bytes(member["db_size"]),
        _bytes(member["db_size_in_use"]),
        UNKNOWN if member.get("db_quota_used") is None else f"{member['db_quota_used']} %",
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
    columns = [column for column in zip(*rows) if column[0] not in OPTIONAL or set(column[1:]) != {UNKNOWN}]
    lines = zip(*(_column(column) for column in columns))
    return [GAP.join(cells).rstrip() for cells in lines]


def _column(cells: t.Sequence[str]) -> list[str]:
    width = max(map(len, cells))
    return [cell.rjust(width) if cells[0] in RIGHT else cell.ljust(width) for cell in cells]


def _concerns(messages: t.Sequence[str]) -> t.Iterator[str]:
    if messages:
        yield ""
    for message in messages:
        yield from textwrap.wrap("! " + message, COLUMNS, subsequent_indent="  ")


class FilterModule:
    """Ansible's way of finding the filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"status_table": status_table}
