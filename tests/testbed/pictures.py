# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the terminal command shows, in 80 columns."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .gateway import Gateway, GatewayError
from .programs import PACKAGE
from .registry import MemberRecord, Record
from .releases import Release

STATUS_SECONDS = 0.4


def table(rows: Sequence[Sequence[str]], indent: str = "  ") -> str:
    """Left-aligned columns, two spaces apart."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        (indent + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))).rstrip()
        for row in rows
    )


def picture(record: Record) -> str:
    """A registered cluster as it is now: asked of each of its members."""
    statuses = {member.name: _status(record, member) for member in record.members}
    rows = [("MEMBER", "ROLE", "CLIENT URL", "PEER URL")]
    rows += [
        (member.name, _role(member, statuses[member.name]), member.client_url, member.peer_url)
        for member in record.members
    ]
    return f"{record.name}: etcd {record.version}, {_quorum(record, statuses)}\n\n{table(rows)}"


def how_to_use(record: Record, is_held_here: bool) -> str:
    stop = "Ctrl-C" if is_held_here else f"python -m {PACKAGE} down {record.name}"
    return table(
        [
            ("environment", f". {record.environment_file}"),
            ("look", f"python -m {PACKAGE} list {record.name}"),
            ("stop", stop),
        ]
    )


def one_line(record: Record) -> tuple[str, ...]:
    started = sum(member.was_started for member in record.members)
    minutes = int(time.time() - record.since) // 60
    return (
        record.name,
        record.version,
        f"{started} of {len(record.members)} started",
        f"for {minutes} min",
        record.members[0].client_url,
    )


def release_rows(found: Sequence[Release]) -> str:
    rows = [("VERSION", "FROM", "SERVER")]
    rows += [(release.version, release.source, _short(release)) for release in found]
    return table(rows)


def _short(release: Release) -> str:
    path = str(release.etcd)
    home = str(Path.home())
    shown = path.replace(home, "~", 1) if path.startswith(f"{home}/") else path
    return shown if len(shown) <= 40 else "..." + shown[-37:]


def _status(record: Record, member: MemberRecord) -> dict[str, Any] | None:
    try:
        return _gateway(record, member, lambda: _token(record)).status(STATUS_SECONDS) if member.was_started else None
    except (OSError, GatewayError):
        return None


def _token(record: Record) -> str | None:
    options = record.connection
    for member in record.members if "username" in options else ():
        try:
            return _gateway(record, member, lambda: None).authenticate(
                options["username"], options["password"], STATUS_SECONDS
            )
        except (OSError, GatewayError):
            continue
    return None


def _gateway(record: Record, member: MemberRecord, login: Callable[[], str | None]) -> Gateway:
    options = record.connection
    tls: ssl.SSLContext | None = None
    if "ca_cert" in options:
        tls = ssl.create_default_context(cafile=options["ca_cert"])
        tls.load_cert_chain(options["client_cert"], options["client_key"])
    return Gateway(member.client_url, ".".join(record.version.split(".")[:2]), lambda: tls, login)


def _role(member: MemberRecord, status: dict[str, Any] | None) -> str:
    if not member.was_started:
        return "not started"
    if status is None:
        return "does not answer"
    if status["is_learner"]:
        return "learner"
    if status["leader"] == status["member_id"]:
        return "leader"
    return "follower" if status["leader"] else "no leader"


def _quorum(record: Record, statuses: dict[str, dict[str, Any] | None]) -> str:
    voters = sum(not (status and status["is_learner"]) for status in statuses.values()) - record.unstarted_learners
    size = voters // 2 + 1
    answering = sum(bool(status and not status["is_learner"] and status["leader"]) for status in statuses.values())
    spare = answering - size
    outlook = "no quorum" if spare < 0 else f"{spare} more may fail"
    return f"{voters} voters, quorum {size}, {outlook}"
