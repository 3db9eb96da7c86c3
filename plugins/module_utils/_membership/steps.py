# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Steps: what is requested of a cluster, one after the other."""

from __future__ import annotations

import typing as t

from .model import hex_id

ADD_LEARNER = "add_learner"
ADD_VOTER = "add_voter"
UPDATE_PEER_URLS = "update_peer_urls"
PROMOTE = "promote"
MOVE_LEADER = "move_leader"
REMOVE = "remove"
ENABLE_DOWNGRADE = "enable_downgrade"
CANCEL_DOWNGRADE = "cancel_downgrade"
DEFRAGMENT = "defragment"
COMPACT = "compact"
DISARM_NOSPACE = "disarm_nospace"
DISARM_CORRUPT = "disarm_corrupt"


class Step(t.NamedTuple):
    """One mutating request to etcd. `member_id` is 0 for a member that etcd has yet to give an id."""

    action: str
    member_id: int = 0
    name: str = ""
    peer_urls: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """How messages call the member that the step is about."""
        return self.name or (hex_id(self.member_id) if self.member_id else ", ".join(self.peer_urls))

    def __str__(self) -> str:
        """The step in words that follow `cannot` in a sentence; other actions, such as `upgrade`, are words already."""
        return _WORDS.get(self.action, f"{self.action} {{}}").format(self.label)


_WORDS: t.Mapping[str, str] = {
    ADD_LEARNER: "add {} as a learner",
    ADD_VOTER: "add {} as a voter",
    UPDATE_PEER_URLS: "update the peer URLs of {}",
    PROMOTE: "promote {}",
    MOVE_LEADER: "move leadership to {}",
    REMOVE: "remove {}",
    COMPACT: "compact the keyspace",
    DISARM_NOSPACE: "disarm the alarm NOSPACE of {}",
    DISARM_CORRUPT: "disarm the alarm CORRUPT of {}",
}
