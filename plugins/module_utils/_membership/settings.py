# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What is wrong with the settings that a user gives etcd and its unit (`etcd_cluster_settings`,
`etcd_cluster_unit_settings`).

etcd gets its settings as environment variables, under the names that its release knows (`environment`). It warns of a
variable that it does not know, and starts without it: a setting for which the release has no name is refused. A value
that it cannot read keeps it from starting. A flag that says which member this is, where its data and addresses are, or
how it starts for the first time, would take the member out of the role's hands.
"""

from __future__ import annotations

import re
import typing as t

from . import flags
from .environment import feature_flag, gates_in, is_on, text_of
from .flags import BECAME_FEATURE, FEATURE_GATES, FEATURES, FLAGS, flag_name
from .nearest import nearest
from .versions import Version

SETTINGS = "etcd_cluster_settings"
UNIT_SETTINGS = "etcd_cluster_unit_settings"

_OF_THE_GROUP = "The role bootstraps the cluster from the hosts of the group, and lets hosts join it."
_DISCOVERY = _OF_THE_GROUP + " Leave the flag out."
_OF_ETCD = "Members would not trust certificates that etcd makes for itself. Use etcd_cluster_tls instead."

# The flags that decide which member this is, where its data and addresses are, whom it trusts and how it starts for the
# first time; with the variable that sets them, or the reason why nothing may.
DECISIVE: t.Mapping[str, str] = {
    "name": "Use etcd_cluster_member_name instead.",
    "data-dir": "Use etcd_cluster_data_dir instead.",
    "wal-dir": "Use etcd_cluster_wal_dir instead.",
    "listen-peer-urls": "Use etcd_cluster_listen_peer_urls instead.",
    "listen-client-urls": "Use etcd_cluster_listen_client_urls instead.",
    "listen-client-http-urls": (
        "etcd would answer HTTP requests only there, and the role queries the members at their client URLs. Leave the "
        "flag out."
    ),
    "advertise-client-urls": "Use etcd_cluster_client_urls instead.",
    "initial-advertise-peer-urls": "Use etcd_cluster_peer_urls instead.",
    "initial-cluster": _DISCOVERY,
    "initial-cluster-state": _DISCOVERY,
    "initial-cluster-token": "Use etcd_cluster_name instead.",
    "force-new-cluster": (
        "At each start the member would forget all others and become a cluster of its own. Leave the flag out; to "
        "recover a cluster without quorum, see etcd's guide to disaster recovery."
    ),
    "config-file": "etcd would ignore all other settings. Give the settings themselves.",
    "version": "It is a command, not a setting. Leave it out.",
    "proxy": "A proxy is no member. Leave the flag out.",
    "cert-file": "Use etcd_cluster_server_cert instead, with etcd_cluster_certificates set to given.",
    "key-file": "Use etcd_cluster_server_key instead, with etcd_cluster_certificates set to given.",
    "trusted-ca-file": "Use etcd_cluster_ca_cert instead, with etcd_cluster_certificates set to given.",
    "client-cert-auth": "Use etcd_cluster_tls instead.",
    "client-cert-file": "Use etcd_cluster_server_cert instead, issued for clientAuth as well.",
    "client-key-file": "Use etcd_cluster_server_key instead.",
    "auto-tls": _OF_ETCD,
    "peer-cert-file": "Use etcd_cluster_peer_cert instead, with etcd_cluster_certificates set to given.",
    "peer-key-file": "Use etcd_cluster_peer_key instead, with etcd_cluster_certificates set to given.",
    "peer-trusted-ca-file": "Use etcd_cluster_peer_ca_cert instead, with etcd_cluster_certificates set to given.",
    "peer-client-cert-auth": "Use etcd_cluster_tls instead.",
    "peer-client-cert-file": "Use etcd_cluster_peer_cert instead, issued for clientAuth as well.",
    "peer-client-key-file": "Use etcd_cluster_peer_key instead.",
    "peer-auto-tls": _OF_ETCD,
    **{name: _DISCOVERY for name in FLAGS if name.startswith("discovery")},
}

# Settings of the section [Service] that decide what runs, as whom and with which settings.
DECISIVE_IN_UNIT: t.Mapping[str, str] = {
    "ExecStart": "The unit starts etcd in etcd_cluster_program_dir. Use that variable instead.",
    "ExecStartPost": "The unit deletes the settings of the first start with it. Use ExecStartPre or another unit.",
    "EnvironmentFile": "The settings of etcd come from files of the role. Use etcd_cluster_settings instead.",
    "Type": "etcd tells systemd when it is ready, and the role waits for that. Leave it out.",
    "NotifyAccess": "etcd tells systemd when it is ready, and the role waits for that. Leave it out.",
    "User": "Use etcd_cluster_system_user instead.",
    "Group": "Use etcd_cluster_system_group instead.",
    "DynamicUser": "The data belong to a user that stays the same. Use etcd_cluster_system_user instead.",
    "RootDirectory": "The role looks for data and settings below /. Leave it out.",
    "RootImage": "The role looks for data and settings below /. Leave it out.",
}
_OF_ETCD_IN_UNIT = "Environment"

_BOOLEANS = frozenset(["1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"])
_NUMBER = re.compile(r"[0-9]+")
_SIGNED = re.compile(r"[+-]?[0-9]+")
_DURATION = re.compile(r"[+-]?(0|(([0-9]+([.][0-9]*)?|[.][0-9]+)(ns|us|µs|μs|ms|s|m|h))+)")
# Milliseconds: etcd's defaults, and its limits.
_HEARTBEAT, _ELECTION, _LONGEST_ELECTION = 100, 1000, 50000
_INTERVALS = 5
_UNIT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_SECTIONS = ("Unit", "Service")


# What is to be done about a flag that has left, where nothing took its place.
_AFTER: t.Mapping[str, str] = {
    "enable-v2": "etcd 3.6 has no v2 API: move the clients that use it to v3, and leave the flag out.",
}

# What etcd still takes, and will not for long: a flag, and the minor release from which on this is so
# (server/etcdmain/config.go deprecatedFlags).
DEPRECATED: t.Mapping[str, tuple[tuple[int, int], str]] = {
    "max-snapshots": ((3, 6), "etcd 3.6 deprecates it, and 3.8 will not know it any more. Leave it out."),
}
# server/etcdserver/server.go snapshotIfNeededAndCompactRaftLog.
_SNAPSHOTS_ARE_FOR_THE_DISK = (3, 6)


def problems(settings: t.Mapping[t.Any, t.Any], release: str = "") -> tuple[str, ...]:
    """What is wrong with these settings, in sentences.

    Without a release, a flag is accepted if any release of 3.4 to 3.7 knows it. With one, it has to have a name for the
    flag. Of a release that is older than 3.4 nothing is said about names; of one that is newer than 3.7 it is only
    known which flags it does not know any more.
    """
    found: list[str] = []
    seen: dict[str, t.Any] = {}
    for key, value in settings.items():
        name = flag_name(key)
        problem = _problem_of_name(str(key), name, release) or _problem_of_value(name, value, release)
        if name in seen:
            problem = f"{SETTINGS} sets {name} twice, once as {seen[name]} and once as {key}. Leave one of them out."
        seen.setdefault(name, key)
        found += [problem] if problem else []
    given = {name: settings[key] for name, key in seen.items() if settings[key] is not None}
    return (*found, *_both_names(given), *_flags_and_gates(given))


def deprecations(settings: t.Mapping[t.Any, t.Any], release: str) -> tuple[str, ...]:
    """What etcd of this release takes, and does less with than one may think, in sentences."""
    version = flags.vocabulary_of(release)
    if version is None:
        return ()
    given = {flag_name(key): value for key, value in settings.items() if value is not None}
    old = (
        f"{SETTINGS} sets {name}: {words}"
        for name, (since, words) in DEPRECATED.items()
        if name in given and version[:2] >= since
    )
    return (*old, *filter(None, [_many_entries(given.get("snapshot-count"), version)]))


def _many_entries(count: t.Any, version: Version) -> str:
    default = flags.CHANGED_DEFAULTS["snapshot-count"][_SNAPSHOTS_ARE_FOR_THE_DISK]
    if version[:2] < _SNAPSHOTS_ARE_FOR_THE_DISK or not _NUMBER.fullmatch(str(count)) or int(count) <= int(default):
        return ""
    return (
        f"{SETTINGS} sets snapshot-count to {count}: since etcd 3.6 this only says how many entries a member replays "
        f"when it starts, and {default} is the default. How far a follower may be behind is snapshot-catchup-entries."
    )


# Names


def _problem_of_name(key: str, name: str, release: str) -> str:
    if name.startswith("etcd-"):
        meant = name[len("etcd-") :]
        return f"{SETTINGS} sets {key}. Give the name of the flag, without ETCD_: {meant}.{_decisive(meant)}"
    if name in DECISIVE:
        return f"{SETTINGS} sets {name}, which would override the role.{_decisive(name)}"
    version = flags.vocabulary_of(release)
    if release and version is None:
        return ""
    if name not in FLAGS:
        return _unknown(name, release, version)
    if version is None or _is_read_by(name, version):
        return ""
    if FLAGS[name].has_left(version):
        return f"{SETTINGS} sets {name}, which etcd {release} does not know any more.{_instead(name)}"
    return (
        f"{SETTINGS} sets {name}, which came with etcd {FLAGS[name].first_for(version)}. Leave it out as long as the "
        f"members run {release}."
    )


def _is_read_by(name: str, version: Version) -> bool:
    """Whether a release has a name for what this flag sets. What `feature-gates` sets is judged by its features."""
    if name == FEATURE_GATES:
        return True
    if name in BECAME_FEATURE:
        return bool(feature_flag(BECAME_FEATURE[name], version))
    return bool(flags.name_for(name, version))


def _decisive(name: str) -> str:
    return f" {DECISIVE[name]}" if name in DECISIVE else ""


def _unknown(name: str, release: str, version: Version | None) -> str:
    if release and flags.judged(release) is None:
        return ""  # it may be a flag of a newer release than the table knows
    of = release or "3.4 to 3.7"
    near = nearest(name, flags.known_to(version))
    hint = f"Did you mean {near}?{_decisive(near)}" if near else "etcd --help lists the flags."
    return f"{SETTINGS} sets {name}, which is not a flag of etcd {of}. {hint}"


def _instead(name: str) -> str:
    later = flags.successor(name)
    return f" Use {later} instead." if later else f" {_AFTER.get(name, 'Leave it out.')}"


def _both_names(given: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """Only one of them would count, and etcd 3.6, which knows both, does not start with them."""
    return tuple(
        f"{SETTINGS} sets {name} and {flags.successor(name)}, two names of one flag. Leave {name} out."
        for name in sorted(given)
        if flags.successor(name) in given and name not in BECAME_FEATURE
    )


def _flags_and_gates(given: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    gates = [name for name, _switch in gates_in(text_of(given.get(FEATURE_GATES, "")))]
    twice = sorted({name for name in gates if gates.count(name) > 1})
    both = sorted(name for name in given if BECAME_FEATURE.get(name) in gates)
    return (
        *(f"{SETTINGS} sets feature-gates with {name} twice. Leave one of them out." for name in twice),
        *(
            f"{SETTINGS} sets {name}, and {BECAME_FEATURE[name]} in feature-gates, two names of one setting. Leave "
            f"{name} out."
            for name in both
        ),
    )


# Values


def _problem_of_value(name: str, value: t.Any, release: str) -> str:
    if value is None:
        return ""
    plain = value if isinstance(value, (list, tuple)) else [value]
    if any(isinstance(one, (t.Mapping, list, tuple)) or "\n" in str(one) for one in plain):
        return _wrong(name, value, "a plain value in one line")
    if name == "feature-gates":
        return _problem_of_features(",".join(map(str, plain)), release)
    wanted = _wanted(name, value) or _wanted_choice(name, str(value), release)
    return _wrong(name, value, wanted) if wanted else ""


def _wrong(name: str, value: t.Any, wanted: str) -> str:
    return f"{SETTINGS} sets {name} to {value!r}. It must be {wanted}."


def _wanted(name: str, value: t.Any) -> str:
    """What the value of this flag has to be, or an empty text if it is that already."""
    text = str(value)
    if name in flags.BOOLEAN:
        return "" if text in _BOOLEANS else "true or false"
    if name in flags.NUMBER:
        return "" if _NUMBER.fullmatch(text) else "a whole number"
    if name in flags.SIGNED_NUMBER:
        return "" if _SIGNED.fullmatch(text) else "a whole number"
    if name in flags.DURATION:
        return "" if _DURATION.fullmatch(text) else "a duration with its unit, for example 5m, 1h30m or 100ms"
    if name in flags.NUMBER_OR_DURATION:
        is_either = _NUMBER.fullmatch(text) or _DURATION.fullmatch(text)
        return "" if is_either else "a whole number, or a duration with its unit, for example 1h"
    return ""


def _wanted_choice(name: str, text: str, release: str) -> str:
    version = flags.vocabulary_of(release)
    choices = flags.CHOICES.get(name, ())
    last, former = flags.FORMER_CHOICES.get(name, (flags.FIRST_MINOR, ()))
    if version is None or version[:2] <= last:
        choices += former
    if not choices or text.lower() in map(str.lower, choices):
        return ""
    return " or ".join(filter(None, choices))


def timing_problem(settings: t.Mapping[t.Any, t.Any]) -> str:
    """Why etcd would not start with this heartbeat interval and election timeout, from all settings that it gets.

    server/embed/config.go Validate: the timeout is at least five intervals, and at most 50 seconds.
    """
    by_name = {flag_name(key): value for key, value in settings.items() if value is not None}
    heartbeat, election = (
        int(text) if _NUMBER.fullmatch(text) else default
        for text, default in (
            (str(by_name.get("heartbeat-interval", "")), _HEARTBEAT),
            (str(by_name.get("election-timeout", "")), _ELECTION),
        )
    )
    if 0 < heartbeat * _INTERVALS <= election <= _LONGEST_ELECTION:
        return ""
    return (
        f"The heartbeat-interval is {heartbeat} ms and the election-timeout is {election} ms. etcd only starts if the "
        f"timeout is at least {_INTERVALS} times the interval, and at most {_LONGEST_ELECTION} ms. Correct them in "
        f"{SETTINGS}."
    )


def _problem_of_features(text: str, release: str) -> str:
    version = flags.vocabulary_of(release)
    for name, switch in gates_in(text):
        if switch not in _BOOLEANS:
            return f"{SETTINGS} sets feature-gates with {name!r}. It must be a list such as CompactHashCheck=true."
        problem = _problem_of_feature(name, is_on(switch), release, version)
        if problem:
            return problem
    return ""


def _problem_of_feature(name: str, on: bool, release: str, version: Version | None) -> str:
    if name not in FEATURES:
        may_be_newer = release and flags.judged(release) is None
        return "" if may_be_newer else _unknown_feature(name, release)
    # A release without a feature does what another one does with the feature off.
    if version is None or not on or feature_flag(name, version):
        return ""
    major, minor = FEATURES[name].since
    return (
        f"{SETTINGS} sets the feature gate {name}, which came with etcd {major}.{minor}. Leave it out as long as the "
        f"members run {release}."
    )


def _unknown_feature(name: str, release: str) -> str:
    near = nearest(name, FEATURES)
    hint = f" Did you mean {near}?" if near else ""
    return f"{SETTINGS} sets the feature gate {name}, which etcd {release or '3.6 and 3.7'} does not know.{hint}"


# The unit


def unit_problems(settings: t.Mapping[t.Any, t.Any]) -> tuple[str, ...]:
    """What is wrong with the settings of the unit, in sentences. They may stand below the names of sections."""
    found: list[str] = []
    for key, value in settings.items():
        if str(key) in _SECTIONS and isinstance(value, t.Mapping):
            found += unit_problems(value)
            continue
        problem = _problem_in_unit(str(key), value)
        found += [problem] if problem else []
    return tuple(found)


def _problem_in_unit(name: str, value: t.Any) -> str:
    if name in _SECTIONS or isinstance(value, t.Mapping):
        return (
            f"{UNIT_SETTINGS} sets {name} to {value!r}. Settings of the section [Service] are given by their names, "
            "and mappings of settings only below the names Unit and Service."
        )
    if not _UNIT_NAME.fullmatch(name):
        return f"{UNIT_SETTINGS} sets {name!r}. Give the name of a setting of systemd, for example MemoryMax."
    if name in DECISIVE_IN_UNIT:
        return f"{UNIT_SETTINGS} sets {name}, which would override the role. {DECISIVE_IN_UNIT[name]}"
    plain = value if isinstance(value, (list, tuple)) else [value]
    if any(one is None or isinstance(one, (t.Mapping, list, tuple)) or "\n" in str(one) for one in plain):
        return f"{UNIT_SETTINGS} sets {name} to {value!r}. It must be a plain value in one line."
    if name == _OF_ETCD_IN_UNIT and any(re.search(r"\bETCD_", str(one)) for one in plain):
        return f"{UNIT_SETTINGS} sets {name} to {value!r}. Settings of etcd go into {SETTINGS}."
    return ""
