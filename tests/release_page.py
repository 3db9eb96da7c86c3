# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m tests.release_page` writes docs/releases.md: what each release of etcd does to you."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "releases.md"
COLLECTIONS = ROOT / ".cache" / "collections"
PACKAGE = "ansible_collections.quorum.etcd.plugins.module_utils._membership"
OLDEST = (3, 4)
HEAD = """\
# What each release of etcd does to you

This page is generated from the data by which the collection decides (`versions.py` and `flags.py` in
`plugins/module_utils/_membership/`), where each row also has its source in etcd. Releases before 3.4 are left out. The
guides of [upgrades](guide-upgrade.md) and [downgrades](guide-downgrade.md) say how the playbooks use it.
"""


def main() -> None:
    sys.path.insert(0, str(COLLECTIONS))
    PAGE.write_text(page())


def page() -> str:
    versions, flags = (importlib.import_module(f"{PACKAGE}.{name}") for name in ("versions", "flags"))
    return "\n".join((HEAD, *_faults(versions), *_crossings(versions), *_names(versions, flags)))


def _table(*rows: Iterable[str]) -> Iterator[str]:
    head, *others = [" | ".join(row) for row in rows]
    yield f"| {head} |"
    yield "|" + "---|" * len(list(rows[0]))
    yield from (f"| {row} |" for row in others)
    yield ""


# Faults


def _faults(versions: ModuleType) -> Iterator[str]:
    rules = [rule for rule in vars(versions).values() if isinstance(rule, versions.ReleaseRule)]
    known = [(rule, _affected(versions, rule)) for rule in rules]
    yield "## Faults, and the releases that have them\n"
    yield from _table(
        ("on these releases", "which are", "the playbooks"),
        *((rule.summary, where, _use(versions, rule)) for rule, where in known if where),
    )


def _use(versions: ModuleType, rule: Any) -> str:
    if rule in versions.UNSOUND:
        return "nobody is upgraded to it"
    reached = [minor for minor, crossing in versions.CROSSINGS.items() if rule in crossing.rules]
    return f"nobody is upgraded from it to {', '.join(map(versions.minor_words, reached))}" if reached else ""


def _affected(versions: ModuleType, rule: Any) -> str:
    """`all 3.4, 3.5.0 to 3.5.29`."""
    minors = [(3, number) for number in range(OLDEST[1], versions.NEWEST_TESTED[1] + 1)]
    return ", ".join(filter(None, (_in_minor(versions, rule, minor) for minor in minors)))


def _in_minor(versions: ModuleType, rule: Any, minor: tuple[int, int]) -> str:
    first = max(rule.since, (*minor, 0))[2] if rule.since[:2] <= minor else None
    if first is None or not rule.affects((*minor, first)):
        return ""
    words, fixed = versions.minor_words(minor), rule.fixed.get(minor)
    if fixed is None:
        return f"all {words}"
    return f"{words}.{first}" + (f" to {words}.{fixed - 1}" if fixed - 1 > first else "")


# Crossings

_DEMANDS = {
    "without_authentication": "authentication is off",
    "v2_keys_panic": "no keys of version 2 in the snapshot and the log, no read of version 2 after the snapshot",
    "v2_requests_panic": "no entry of the form of 3.5 after the newest snapshot",
    "needs_storage_version": "the storage version is that of the minor release before",
}


def _crossings(versions: ModuleType) -> Iterator[str]:
    yield "## Before a minor release\n"
    yield from _table(
        ("to", "go first to", "of every member", "rather go to"),
        *(
            (
                versions.minor_words(minor),
                crossing.first,
                "; ".join(words for name, words in _DEMANDS.items() if getattr(crossing, name)),
                _advised(versions, minor),
            )
            for minor, crossing in versions.CROSSINGS.items()
            if crossing != versions.Crossing()
        ),
    )


def _advised(versions: ModuleType, minor: tuple[int, int]) -> str:
    advice = versions.ADVISED.get(minor)
    return f"{advice.release} or newer: {advice.reason}" if advice else ""


# Flags


def _names(versions: ModuleType, flags: ModuleType) -> Iterator[str]:
    yield "## Flags that come, go, and get another name\n"
    yield "The role writes each setting under the name that the release on the host reads.\n"
    for number in range(OLDEST[1] + 1, flags.LAST_MINOR[1] + 1):
        minor = (3, number)
        yield f"### {versions.minor_words(minor)}\n"
        yield from _table(
            ("what", "names"), *((title, _listed(names)) for title, names in _changes(flags, minor) if names)
        )


def _changes(flags: ModuleType, minor: tuple[int, int]) -> Iterator[tuple[str, list[str]]]:
    come = [name for name, flag in flags.FLAGS.items() if min(flag.since) == minor]
    gone = [name for name, flag in flags.FLAGS.items() if flag.last == (minor[0], minor[1] - 1)]
    renamed = [name for name in come if flags.former_name(name)]
    yield "new names of flags that were `experimental-`", renamed
    yield "new flags", [name for name in come if name not in renamed]
    yield "gone", [name for name in gone if not flags.successor(name)]
    yield (
        "gone, the new name is left",
        [name for name in gone if flags.successor(name) not in ("", flags.FEATURE_GATES)],
    )
    yield "gone, now a feature gate", [name for name in gone if flags.successor(name) == flags.FEATURE_GATES]
    yield "new feature gates", [name for name, feature in flags.FEATURES.items() if feature.since == minor]
    yield (
        "another default",
        [f"{name}={values[minor]}" for name, values in flags.CHANGED_DEFAULTS.items() if minor in values],
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    main()
