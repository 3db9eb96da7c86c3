# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Enabling authentication: the steps that lead to it, and why it is refused.

While authentication is off, etcd lets everybody in, and tells nobody whether a password is right. From the moment that
it is on, whoever has no user is locked out, and only root can switch it off again. So everything is judged before.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from . import refusal as codes
from .refusal import Refusal, judge

ROOT = "root"
# A role that permits nothing. While it exists, the user root is one that a run of ours has created and not finished
# with, whose password may be set without asking.
UNFINISHED_ROLE = "quorum_etcd_unfinished"
# The revision of a store that was never written to.
FIRST_REVISION = 1

MARK_UNFINISHED = "mark_unfinished"
ADD_ROOT = "add_root"
SET_ROOT_PASSWORD = "set_root_password"
GRANT_ROLE_ROOT = "grant_role_root"
ENABLE = "enable"
UNMARK = "unmark"


@dataclass(frozen=True)
class Authentication:
    """What a cluster knows of users, and `revision`, the newest of its store. `root_roles` are the user root's."""

    is_enabled: bool
    users: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    root_roles: tuple[str, ...] = ()
    revision: int = FIRST_REVISION

    @property
    def has_root(self) -> bool:
        return ROOT in self.users

    @property
    def is_unfinished(self) -> bool:
        return UNFINISHED_ROLE in self.roles


@dataclass(frozen=True)
class AuthenticationPlan:
    """Steps to authentication, in order; none where it is on."""

    steps: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def plan_authentication(seen: Authentication, accept: t.Container[str]) -> AuthenticationPlan | Refusal:
    """How authentication is enabled with a root of a known password, or why it is not."""
    if seen.is_enabled:
        return AuthenticationPlan((UNMARK,) if seen.is_unfinished else ())
    verdict = judge((lambda: _locks_out_clients(seen), lambda: _root_password_unknown(seen)), accept)
    if isinstance(verdict, Refusal):
        return verdict
    return AuthenticationPlan(_steps(seen), verdict)


def _steps(seen: Authentication) -> tuple[str, ...]:
    wanted = (
        (MARK_UNFINISHED, not seen.is_unfinished),
        (ADD_ROOT, not seen.has_root),
        (SET_ROOT_PASSWORD, seen.has_root),
        (GRANT_ROLE_ROOT, ROOT not in seen.root_roles),
        (ENABLE, True),
        (UNMARK, True),
    )
    return tuple(step for step, is_wanted in wanted if is_wanted)


def _locks_out_clients(seen: Authentication) -> Refusal | None:
    """Who has written is a client. Whoever only reads, or waits, of an empty store cannot be seen."""
    if seen.revision <= FIRST_REVISION:
        return None
    others = [user for user in seen.users if user != ROOT]
    users = f"its users are {', '.join(others)}" if others else "it has no users for them"
    return Refusal(
        codes.WOULD_LOCK_OUT_CLIENTS,
        f"cannot enable authentication: clients use the cluster (its revision is {seen.revision}), and from then on it "
        f"refuses each of them that does not log in as a user; {users}",
        "Create a user with the needed roles for every client, or give it a certificate whose common name is a user, "
        f"and let the clients log in. Then accept {codes.WOULD_LOCK_OUT_CLIENTS}.",
    )


def _root_password_unknown(seen: Authentication) -> Refusal | None:
    if not seen.has_root or seen.is_unfinished:
        return None
    return Refusal(
        codes.ROOT_PASSWORD_UNKNOWN,
        "cannot enable authentication: the user root exists already, perhaps with another password than the given one; "
        "etcd does not tell while authentication is off",
        f"Accept {codes.ROOT_PASSWORD_UNKNOWN} to give root the given password, if nobody needs the old one.",
    )


def picture(seen: Authentication) -> str:
    """Authentication and users as lines of text, for diffs."""
    return f"authentication: {'enabled' if seen.is_enabled else 'disabled'}\nusers: {', '.join(seen.users) or 'none'}\n"


def enabled(seen: Authentication) -> Authentication:
    """What the steps lead to."""
    users = seen.users if seen.has_root else tuple(sorted((*seen.users, ROOT)))
    return Authentication(True, users, root_roles=(ROOT,), revision=seen.revision)
