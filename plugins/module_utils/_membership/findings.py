# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What somebody has to do about a cluster (failures), and what only should be known (warnings).

A monitor has to call somebody only for what gets worse if nobody acts. A code that is not known here is a failure.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .concerns import Concern
from .expiry import Expiring, expiry_lines
from .steps import ADD_LEARNER, ADD_VOTER, REMOVE, UPDATE_PEER_URLS

# Concerns that pass by themselves, or that someone may want.
_WARNINGS = frozenset(
    (
        "learner_waiting",
        "even_size",
        "duplicate_name",
        "version_skew",
        "downgrade",
        "fragmented",
        "lag",
    )
)

# How the members differ from the group, by the action that would change it. The others follow from concerns.
_NOT_A_MEMBER = "{name} is a host of the group, but not a member. Run quorum.etcd.deploy."
_DIFFERENCES: t.Mapping[str, str] = {
    ADD_LEARNER: _NOT_A_MEMBER,
    ADD_VOTER: _NOT_A_MEMBER,
    UPDATE_PEER_URLS: "{name} has other peer URLs than in the inventory. Run quorum.etcd.deploy.",
    REMOVE: "{name} is a member, but has no host in the group.",
}
# Members without a host in the group may stay, unless etcd_cluster_remove_unlisted is set.
_ALLOWED = frozenset((REMOVE,))


@dataclass(frozen=True)
class Seen:
    """What was found out about a cluster: its concerns; the difference from its group, as an action and the label of a
    member for each; certificates that expire; hosts that cannot be reached; and why handshakes failed.

    `silence` says why the cluster could not be queried, empty if it was.
    """

    concerns: tuple[Concern, ...] = ()
    differences: tuple[tuple[str, str], ...] = ()
    expiring: tuple[Expiring, ...] = ()
    unreachable: tuple[str, ...] = ()
    handshakes: tuple[str, ...] = ()
    silence: str = ""


@dataclass(frozen=True)
class Findings:
    failures: tuple[str, ...]
    warnings: tuple[str, ...]


def findings_of(seen: Seen) -> Findings:
    """All messages, each once, the gravest first."""
    silence = [f"The cluster cannot be queried: {seen.silence}"] if seen.silence else []
    hosts = [f"The host {name} cannot be reached." for name in seen.unreachable]
    failures = [
        *silence,
        *(one.message for one in seen.concerns if one.code not in _WARNINGS),
        *hosts,
        *(_DIFFERENCES[action].format(name=name) for action, name in _differences(seen) if action not in _ALLOWED),
        *seen.handshakes,
        *expiry_lines(seen.expiring),
    ]
    warnings = [
        *(one.message for one in seen.concerns if one.code in _WARNINGS),
        *(_DIFFERENCES[action].format(name=name) for action, name in _differences(seen) if action in _ALLOWED),
    ]
    return Findings(tuple(dict.fromkeys(failures)), tuple(dict.fromkeys(warnings)))


def _differences(seen: Seen) -> t.Iterator[tuple[str, str]]:
    for action, name in seen.differences:
        # The member of a host that cannot be reached only seems to have none.
        if action in _DIFFERENCES and not (action == REMOVE and seen.unreachable):
            yield action, name
