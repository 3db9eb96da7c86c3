# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""One run at a time changes a cluster: whose the lease on a host is, and who may take, renew or release it.

A lease ends by its age on the clock of its host, which neither jumps nor stands still. Where both runs are processes of
one controller, it ends with the process that holds it and not before: there a run that was killed can be told from one
that only takes long.
"""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass, fields, replace

from . import refusal as codes
from .refusal import Refusal

# Of its time to live: a lease that is younger than this need not be renewed.
_FRESH_PART = 1 / 12


@dataclass(frozen=True)
class Holder:
    """A run of Ansible. `run_id` is that of its process; `since` is a time in UTC, for humans.

    `boot_id` and `pid_namespace` say where `process` is a process; they are empty where a controller cannot tell.
    """

    run_id: str
    host: str
    user: str
    playbook: str
    play: str
    since: str
    process: int
    process_start: str
    boot_id: str
    pid_namespace: str

    def __str__(self) -> str:
        return (
            f'{self.playbook} (play "{self.play}"), which {self.user} runs on {self.host} since {self.since} as '
            f"process {self.process}"
        )

    def shares_controller_with(self, other: Holder) -> bool:
        """Whether each of the two can see the process of the other."""
        mine, theirs = (self.boot_id, self.pid_namespace), (other.boot_id, other.pid_namespace)
        return all(mine) and mine == theirs


@dataclass(frozen=True)
class Instant:
    """A moment on a host: seconds since it was booted, and which boot that was."""

    boot_id: str
    uptime: float


@dataclass(frozen=True)
class Lease:
    """What a host has recorded of the last run that held its lease."""

    holder: Holder
    ttl: float
    renewed_at: Instant
    is_released: bool = False

    def seconds_left(self, now: Instant) -> float:
        """0 where it has ended by itself. The uptime of another boot says nothing about its age."""
        if self.is_released or self.renewed_at.boot_id != now.boot_id:
            return 0.0
        return max(self.renewed_at.uptime + self.ttl - now.uptime, 0.0)


def take(found: Lease | None, wanted: Holder, ttl: float, now: Instant, dead_run: str = "") -> Lease | Refusal:
    """The lease for a run that begins. `dead_run` is the id of a run whose process the controller has found dead."""
    if found is None or found.is_released:
        return Lease(wanted, ttl, now)
    if found.holder.run_id == wanted.run_id:
        return Lease(replace(wanted, since=found.holder.since), ttl, now)
    if found.holder.shares_controller_with(wanted):
        return Lease(wanted, ttl, now) if found.holder.run_id == dead_run else _in_progress_here(found)
    left = found.seconds_left(now)
    return _in_progress_elsewhere(found, left) if left > 0 else Lease(wanted, ttl, now)


def renew(found: Lease | None, wanted: Holder, ttl: float, now: Instant) -> Lease | Refusal:
    """The lease for a run that goes on. A lease that ended and that nobody else took is still its own."""
    # Only a host that was booted since has no lease any more: one that was released is recorded as such.
    if found is None:
        return Lease(wanted, ttl, now)
    if found.holder.run_id == wanted.run_id:
        return Lease(replace(wanted, since=found.holder.since), ttl, now)
    return Refusal(
        codes.LEASE_LOST,
        f"this run did not renew its lease in time, and another one has taken it: {found.holder}",
        "This run has stopped before its next move. Run it again when the other one has ended.",
    )


def is_fresh(age: float, ttl: float) -> bool:
    """Whether a lease that was taken or renewed `age` seconds ago lasts about as long as one that is renewed now.

    Nobody else can have taken it meanwhile: it ends by its age, or with its run, which is the one that asks.
    """
    return 0 <= age < ttl * _FRESH_PART


def release(found: Lease | None, wanted: Holder) -> Lease | None:
    """The lease as it is recorded at the end of a run; None where it is not its own."""
    if found is None or found.holder.run_id != wanted.run_id:
        return None
    return replace(found, is_released=True)


def _in_progress_here(found: Lease) -> Refusal:
    holder = found.holder
    return _in_progress(holder, f"If it hangs, end process {holder.process} on {holder.host}.")


def _in_progress_elsewhere(found: Lease, left: float) -> Refusal:
    return _in_progress(found.holder, f"If it was killed, its lease ends by itself in {left:.0f} s.")


def _in_progress(holder: Holder, way_out: str) -> Refusal:
    return Refusal(
        codes.RUN_IN_PROGRESS,
        f"another run is changing this cluster: {holder}",
        f"Run this again when it has ended, or wait for it with etcd_cluster_wait_for_run. {way_out}",
    )


def holder_data(holder: Holder) -> dict[str, t.Any]:
    return asdict(holder)


def holder_of(data: t.Mapping[str, t.Any]) -> Holder:
    """Raises KeyError or ValueError where the data are none of a holder."""
    words = {field.name: str(data[field.name]) for field in fields(Holder) if field.name != "process"}
    return Holder(process=int(data["process"]), **words)


def lease_data(lease: Lease) -> dict[str, t.Any]:
    return asdict(lease)


def lease_of(data: t.Mapping[str, t.Any]) -> Lease:
    """Raises KeyError, TypeError or ValueError where the data are none of a lease."""
    renewed_at = data["renewed_at"]
    return Lease(
        holder=holder_of(data["holder"]),
        ttl=float(data["ttl"]),
        renewed_at=Instant(str(renewed_at["boot_id"]), float(renewed_at["uptime"])),
        is_released=bool(data["is_released"]),
    )
