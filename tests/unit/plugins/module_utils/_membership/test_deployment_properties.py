# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run is enough: what the role starts and then does one by one leaves nothing for a second run.

The run is replayed on a model of its own: who runs, where each one listens, who has a vote.
"""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.quorum.etcd.plugins.module_utils._membership.deployment import (
    RESTART,
    Deployment,
    deploy,
)
from ansible_collections.quorum.etcd.plugins.module_utils._membership.hosts import DATA, Consents, DataDir, Host
from ansible_collections.quorum.etcd.plugins.module_utils._membership.move import START
from ansible_collections.quorum.etcd.plugins.module_utils._membership.steps import PROMOTE, UPDATE_PEER_URLS
from hypothesis import event, given
from hypothesis import strategies as st

from tests.unit.plugins.module_utils._membership import clusters
from tests.unit.plugins.module_utils._membership.clusters import (
    CLUSTER_ID,
    cluster,
    dead,
    dead_learner,
    healthy,
    id_of,
    learner,
    url,
)


@dataclass
class Seat:
    """A host and its member while the run is replayed."""

    name: str
    wanted: str
    recorded: str
    listens: str
    """Where its etcd listens; empty while it does not run."""
    votes: bool = True


@st.composite
def seats(draw: st.DrawFn) -> list[Seat]:
    """1 to 5 voters and perhaps a learner; each runs or was stopped, at its address or with a new one."""
    size, joins = draw(st.tuples(st.integers(1, 5), st.booleans()))
    facts = draw(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=6, max_size=6))
    found = []
    for n, (is_running, moves) in enumerate(facts[: size + joins], 1):
        recorded = url(n)
        found.append(
            Seat(f"m{n}", url(n + 100) if moves else recorded, recorded, recorded if is_running else "", n <= size)
        )
    # Somebody has to answer: where nobody does, the members are started before there is a plan.
    found[0].listens = found[0].recorded
    return found


def member(seat: Seat) -> clusters.Host:
    """The member as it would be observed."""
    if seat.votes:
        return (healthy if seat.listens else dead)(seat.name, [seat.recorded])
    return learner(seat.name, peer_urls=[seat.recorded]) if seat.listens else dead_learner(seat.name)


def planned(found: list[Seat]) -> Deployment:
    observed = cluster(*map(member, found))
    hosts = [
        Host(
            seat.name,
            (seat.wanted,),
            DataDir(DATA, id_of(seat.name), CLUSTER_ID),
            is_running=bool(seat.listens),
            outdated=("ETCD_LISTEN_PEER_URLS",) if seat.listens and seat.listens != seat.wanted else (),
        )
        for seat in found
    ]
    verdict = deploy(observed, hosts, Consents(accept=frozenset({"would_lose_quorum"})))
    assert isinstance(verdict, Deployment), verdict
    return verdict


@given(seats())
def test_after_one_run_there_is_nothing_left_to_do(found):
    by_name = {seat.name: seat for seat in found}
    deployment = planned(found)
    event(", ".join(sorted({move.action for move in deployment.moves})) or "nothing to do")
    for name in deployment.starts:
        assert not by_name[name].listens
        by_name[name].listens = by_name[name].wanted
    for move in deployment.sequence:
        seat = by_name[move.name]
        assert move.action != START, "all of them have their data"
        assert seat.listens, "it was started before anything else is asked of it"
        if move.action == RESTART:
            seat.listens = seat.wanted
        elif move.action == UPDATE_PEER_URLS:
            assert move.peer_urls == (seat.listens,), "it listens there already"
            seat.recorded = seat.listens
        else:
            assert move.action == PROMOTE
            seat.votes = True
    assert all(seat.listens == seat.recorded == seat.wanted and seat.votes for seat in found)
    assert planned(found).moves == ()
