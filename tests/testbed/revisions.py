# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Consistency judged by revisions, in one pass and without a search.

Each answer of etcd carries the store's revision, and each key is written once: so what is in the store at the end is
the truth, and an answer that contradicts it, or an earlier answer, convicts. Outcomes that nobody knows need no
branching: they are in the store at the end, or not.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal


@dataclass(frozen=True)
class Observation:
    """One answered operation; times are ``time.monotonic``."""

    key: str
    revision: int | None
    """The key's modification revision: of a write its own, of a read what it found, ``None`` if it found no key."""
    called: float
    answered: float
    header_revision: int
    """The store's revision that the answer carried."""
    kind: Literal["write", "read"] = "write"
    attempts: int = 1
    """How often the write was sent; an earlier attempt may be carried out after the acknowledged one."""


@dataclass(frozen=True)
class Violation:
    """One answer that a linearizable store cannot give."""

    rule: Literal["lost", "phantom", "stale", "missed", "same revision twice"]
    key: str
    detail: str


def violations(
    observed: Iterable[Observation], store: Mapping[str, int], asked: Iterable[str] | None = None
) -> list[Violation]:
    """What is wrong, given the answered operations and the store at the end (key to modification revision).

    ``asked``: all keys that anybody tried to write; without it, keys that nobody wrote are not looked for.
    """
    answers = sorted(observed, key=lambda one: one.answered)
    writes = [one for one in answers if one.kind == "write"]
    return [
        *_lost(writes, store),
        *_doubled(writes),
        *_stale(answers),
        *_missed(answers, store),
        *_phantoms(store, asked),
    ]


def _lost(writes: Sequence[Observation], store: Mapping[str, int]) -> Iterable[Violation]:
    for write in writes:
        found = store.get(write.key)
        again = write.attempts > 1 and found is not None and write.revision is not None and found > write.revision
        if found != write.revision and not again:
            yield Violation(
                "lost", write.key, f"acknowledged at revision {write.revision}, the store has {found or 'no such key'}"
            )


def _doubled(writes: Sequence[Observation]) -> Iterable[Violation]:
    owner: dict[int | None, str] = {}
    for write in writes:
        if owner.setdefault(write.revision, write.key) != write.key:
            yield Violation(
                "same revision twice", write.key, f"revision {write.revision} was also given to {owner[write.revision]}"
            )


def _stale(answers: Sequence[Observation]) -> Iterable[Violation]:
    ends = [one.answered for one in answers]
    highest = list(accumulate((one.header_revision for one in answers), max))
    for one in answers:
        before = bisect_left(ends, one.called)
        known = highest[before - 1] if before else 0
        needed = known + (one.kind == "write")
        if one.header_revision < needed:
            yield Violation(
                "stale",
                one.key,
                f"a {one.kind} was answered at revision {one.header_revision} after revision {known} was known",
            )


def _missed(answers: Sequence[Observation], store: Mapping[str, int]) -> Iterable[Violation]:
    for read in answers:
        written = store.get(read.key)
        if read.kind == "read" and read.revision is None and written is not None and written <= read.header_revision:
            yield Violation(
                "missed", read.key, f"read as absent at revision {read.header_revision}, written at {written}"
            )


def _phantoms(store: Mapping[str, int], asked: Iterable[str] | None) -> Iterable[Violation]:
    if asked is not None:
        for key in sorted(set(store) - set(asked)):
            yield Violation("phantom", key, "nobody wrote it")
