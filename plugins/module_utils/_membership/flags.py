# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The flags of etcd: which releases know which, under which name, what their values look like, and what took their
place.

Sources: 3.5 to 3.7 register them in server/etcdmain/config.go and server/embed/config.go, read in 3.5.0 to 3.5.34,
3.6.0, 3.6.16, 3.7.0 and 3.7.3. For 3.4: every name was tried with the program of 3.4.23, and CHANGELOG-3.4.md says
with which patch release a flag came. A test tries the whole table with every etcd that the test bed has.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .versions import Version, parse

FIRST_MINOR = (3, 4)
LAST_MINOR = (3, 7)

# With which release flags came (the first patch release of each minor release that got them later than with its first),
# which minor release was their last, and their names. Some do nothing any more, and etcd accepts them still: `config`,
# `force`, `snapshot`, `v`. A flag that came to 3.4 after 3.4.23, in a patch release that could not be asked, counts
# from 3.4.24 on.
_TABLE: tuple[tuple[str, str, str], ...] = (
    (
        "3.4.0",
        "",
        """
        advertise-client-urls auth-token auto-compaction-mode auto-compaction-retention auto-tls backend-batch-interval
        backend-batch-limit bcrypt-cost cert-file cipher-suites client-cert-allowed-hostname client-cert-auth
        client-crl-file cluster-active-size cluster-remove-delay cluster-sync-interval config config-file cors data-dir
        discovery-fallback discovery-srv discovery-srv-name election-timeout enable-grpc-gateway enable-pprof force
        force-new-cluster grpc-keepalive-interval grpc-keepalive-min-time grpc-keepalive-timeout heartbeat-interval
        host-whitelist initial-advertise-peer-urls initial-cluster initial-cluster-state initial-cluster-token
        initial-election-tick-advance key-file listen-client-urls listen-metrics-urls listen-peer-urls log-level
        log-outputs logger max-request-bytes max-result-buffer max-retry-attempts max-snapshots max-txn-ops max-wals
        metrics name peer-auto-tls peer-cert-allowed-cn peer-cert-allowed-hostname peer-cert-file peer-client-cert-auth
        peer-crl-file peer-election-timeout peer-heartbeat-interval peer-key-file peer-trusted-ca-file pre-vote
        quota-backend-bytes retry-interval snapshot snapshot-count strict-reconfig-check trusted-ca-file v version vv
        wal-dir
        """,
    ),
    ("3.4.0", "3.4", "debug experimental-backend-bbolt-freelist-type log-package-levels"),
    (
        "3.4.0",
        "3.5",
        """
        enable-v2 experimental-enable-v2v3 proxy proxy-dial-timeout proxy-failure-wait proxy-read-timeout
        proxy-refresh-interval proxy-write-timeout
        """,
    ),
    (
        "3.4.0",
        "3.6",
        """
        discovery discovery-proxy experimental-compaction-batch-limit experimental-corrupt-check-time
        experimental-enable-lease-checkpoint experimental-initial-corrupt-check
        experimental-peer-skip-client-san-verification
        """,
    ),
    ("3.4.10", "", "auth-token-ttl unsafe-no-fsync"),
    ("3.4.11", "3.6", "experimental-watch-progress-notify-interval"),
    ("3.4.16", "3.6", "experimental-warning-apply-duration"),
    ("3.4.20 3.5.2", "3.6", "experimental-enable-lease-checkpoint-persist"),
    ("3.4.20 3.5.5", "", "max-concurrent-streams"),
    ("3.4.24 3.5.5", "3.6", "experimental-compact-hash-check-enabled experimental-compact-hash-check-time"),
    ("3.4.24 3.5.8", "", "listen-client-http-urls tls-max-version tls-min-version"),
    ("3.4.24 3.5.14", "3.6", "experimental-snapshot-catchup-entries experimental-stop-grpc-service-on-defrag"),
    ("3.4.24 3.5.16", "3.6", "experimental-compaction-sleep-interval"),
    (
        "3.5.0",
        "",
        """
        backend-bbolt-freelist-type client-cert-file client-key-file enable-log-rotation log-rotation-config-json
        peer-client-cert-file peer-client-key-file raft-read-timeout raft-write-timeout self-signed-cert-validity
        socket-reuse-address socket-reuse-port v2-deprecation
        """,
    ),
    (
        "3.5.0",
        "3.6",
        """
        experimental-bootstrap-defrag-threshold-megabytes experimental-distributed-tracing-address
        experimental-distributed-tracing-instance-id experimental-distributed-tracing-service-name
        experimental-downgrade-check-time experimental-enable-distributed-tracing experimental-memory-mlock
        experimental-txn-mode-write-with-shared-buffer
        """,
    ),
    ("3.5.11", "3.6", "experimental-distributed-tracing-sampling-rate"),
    ("3.6.0", "3.6", "experimental-warning-unary-request-duration"),
    (
        "3.6.0",
        "",
        """
        bootstrap-defrag-threshold-megabytes compact-hash-check-time compaction-batch-limit compaction-sleep-interval
        corrupt-check-time discovery-cacert discovery-cert discovery-dial-timeout discovery-endpoints
        discovery-insecure-skip-tls-verify discovery-insecure-transport discovery-keepalive-time
        discovery-keepalive-timeout discovery-key discovery-password discovery-request-timeout discovery-token
        discovery-user distributed-tracing-address distributed-tracing-instance-id distributed-tracing-sampling-rate
        distributed-tracing-service-name downgrade-check-time enable-distributed-tracing feature-gates log-format
        max-learners memory-mlock peer-skip-client-san-verification snapshot-catchup-entries warning-apply-duration
        warning-unary-request-duration watch-progress-notify-interval
        """,
    ),
)


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The types under which they are registered. Every other one takes text.
BOOLEAN = _names(
    """
    auto-tls client-cert-auth discovery-insecure-skip-tls-verify discovery-insecure-transport
    enable-distributed-tracing enable-grpc-gateway enable-log-rotation enable-pprof enable-v2
    experimental-compact-hash-check-enabled experimental-enable-distributed-tracing
    experimental-enable-lease-checkpoint experimental-enable-lease-checkpoint-persist experimental-initial-corrupt-check
    experimental-memory-mlock experimental-peer-skip-client-san-verification experimental-stop-grpc-service-on-defrag
    experimental-txn-mode-write-with-shared-buffer force-new-cluster initial-election-tick-advance memory-mlock
    peer-auto-tls peer-client-cert-auth peer-skip-client-san-verification pre-vote socket-reuse-address
    socket-reuse-port strict-reconfig-check unsafe-no-fsync
    """
)
NUMBER = _names(
    """
    auth-token-ttl backend-batch-limit bcrypt-cost bootstrap-defrag-threshold-megabytes compaction-batch-limit
    distributed-tracing-sampling-rate election-timeout experimental-bootstrap-defrag-threshold-megabytes
    experimental-compaction-batch-limit experimental-distributed-tracing-sampling-rate
    experimental-snapshot-catchup-entries heartbeat-interval max-concurrent-streams max-learners max-request-bytes
    max-snapshots max-txn-ops max-wals proxy-dial-timeout proxy-failure-wait proxy-read-timeout proxy-refresh-interval
    proxy-write-timeout self-signed-cert-validity snapshot-catchup-entries snapshot-count
    """
)
SIGNED_NUMBER = frozenset(["quota-backend-bytes"])
DURATION = _names(
    """
    backend-batch-interval compact-hash-check-time compaction-sleep-interval corrupt-check-time discovery-dial-timeout
    discovery-keepalive-time discovery-keepalive-timeout discovery-request-timeout downgrade-check-time
    experimental-compact-hash-check-time experimental-compaction-sleep-interval experimental-corrupt-check-time
    experimental-downgrade-check-time experimental-warning-apply-duration experimental-warning-unary-request-duration
    experimental-watch-progress-notify-interval grpc-keepalive-interval grpc-keepalive-min-time grpc-keepalive-timeout
    raft-read-timeout raft-write-timeout warning-apply-duration warning-unary-request-duration
    watch-progress-notify-interval
    """
)

# The values that a flag may have. With another one etcd does not start (tried with 3.4.23, 3.5.16 and 3.7.3).
CHOICES: t.Mapping[str, tuple[str, ...]] = {
    "auto-compaction-mode": ("periodic", "revision"),
    "log-level": ("debug", "info", "warn", "error", "dpanic", "panic", "fatal"),
    "logger": ("zap",),
    "tls-max-version": ("", "TLS1.2", "TLS1.3"),
    "tls-min-version": ("", "TLS1.2", "TLS1.3"),
    "v2-deprecation": ("write-only", "write-only-skip-check", "write-only-drop-data", "gone"),
}
# Values that were dropped: a flag, the last minor release that takes them, and the values.
FORMER_CHOICES: t.Mapping[str, tuple[tuple[int, int], tuple[str, ...]]] = {
    "logger": ((3, 4), ("capnslog", "default")),
    "v2-deprecation": ((3, 5), ("not-yet",)),
}
NUMBER_OR_DURATION = frozenset(["auto-compaction-retention"])

# Defaults that a minor release changed (`etcd --help`), by the first minor release that has each.
CHANGED_DEFAULTS: t.Mapping[str, t.Mapping[tuple[int, int], str]] = {
    "discovery-fallback": {(3, 4): "proxy", (3, 6): "exit"},
    "logger": {(3, 4): "capnslog", (3, 5): "zap"},
    "pre-vote": {(3, 4): "false", (3, 5): "true"},
    "snapshot-count": {(3, 4): "100000", (3, 6): "10000"},
    "v2-deprecation": {(3, 5): "not-yet", (3, 6): "write-only"},
}


@dataclass(frozen=True)
class Feature:
    """A feature of the flag `feature-gates`: the minor release that brought it, whether it is on unless it is switched
    off, and the flag that switched it before; empty where there was none.
    """

    since: tuple[int, int]
    is_on: bool = False
    former_flag: str = ""


# server/features/etcd_features.go. The former flags stand in 3.6 in its ExperimentalFlagToFeatureMap.
FEATURES: t.Mapping[str, Feature] = {
    "AllAlpha": Feature((3, 6)),
    "AllBeta": Feature((3, 6)),
    "CompactHashCheck": Feature((3, 6), former_flag="experimental-compact-hash-check-enabled"),
    "FastLeaseKeepAlive": Feature((3, 7), is_on=True),
    "InitialCorruptCheck": Feature((3, 6), former_flag="experimental-initial-corrupt-check"),
    "LeaseCheckpoint": Feature((3, 6), former_flag="experimental-enable-lease-checkpoint"),
    "LeaseCheckpointPersist": Feature((3, 6), former_flag="experimental-enable-lease-checkpoint-persist"),
    "PriorityRequest": Feature((3, 7)),
    "SetMemberLocalAddr": Feature((3, 6)),
    "StopGRPCServiceOnDefrag": Feature((3, 6), former_flag="experimental-stop-grpc-service-on-defrag"),
    "TxnModeWriteWithSharedBuffer": Feature(
        (3, 6), is_on=True, former_flag="experimental-txn-mode-write-with-shared-buffer"
    ),
}
FEATURE_GATES = "feature-gates"
BECAME_FEATURE: t.Mapping[str, str] = {
    feature.former_flag: name for name, feature in FEATURES.items() if feature.former_flag
}
_EXPERIMENTAL = "experimental-"
# Flags that another one makes needless. Their values are not those of the other.
_REPLACED = {"debug": "log-level", "log-package-levels": "log-level"}


@dataclass(frozen=True)
class Flag:
    """`since` maps a minor release to the first patch release that knows the flag; minors above the highest know it
    from the start, those below the lowest do not. `last` is the last minor release that knows it, None while it is
    known.
    """

    name: str
    since: t.Mapping[tuple[int, int], int]
    last: tuple[int, int] | None

    def is_known_to(self, version: Version) -> bool:
        minor = version[:2]
        if minor < min(self.since) or (self.last is not None and minor > self.last):
            return False
        return version[2] >= self.since.get(minor, 0)

    def has_left(self, version: Version) -> bool:
        return self.last is not None and version[:2] > self.last

    def first_for(self, version: Version) -> str:
        """The first release that knows it, from the minor release of `version` on."""
        minor = max(version[:2], min(self.since))
        return f"{minor[0]}.{minor[1]}.{self.since.get(minor, 0)}"


def _minor(text: str) -> tuple[int, int] | None:
    version = parse(text)
    return version[:2] if version else None


def _flags() -> t.Iterator[Flag]:
    for since, last, names in _TABLE:
        first = {version[:2]: version[2] for version in map(parse, since.split()) if version}
        for name in names.split():
            yield Flag(name, first, _minor(last))


FLAGS: t.Mapping[str, Flag] = {flag.name: flag for flag in sorted(_flags(), key=lambda flag: flag.name)}


def judged(release: str) -> Version | None:
    """The release as numbers, if the table covers it; None for an unknown one, and for one that is newer or older."""
    version = parse(release)
    return version if version and FIRST_MINOR <= version[:2] <= LAST_MINOR else None


def vocabulary_of(release: str) -> Version | None:
    """The release of the table whose names a release reads. One that is newer than the table is taken for the newest:
    what that has dropped does not come back. None for an unknown one, and for one that is older.
    """
    version = parse(release)
    return (*LAST_MINOR, 0) if version and version[:2] > LAST_MINOR else judged(release)


def known_to(version: Version | None) -> tuple[str, ...]:
    """The names that a release knows, or any of them."""
    return tuple(name for name, flag in FLAGS.items() if version is None or flag.is_known_to(version))


def flag_name(key: t.Any) -> str:
    """The name of the flag that is meant: `--Snapshot_Count` is `snapshot-count`."""
    return str(key).strip().strip("-").lower().replace("_", "-")


def newest_name(name: str) -> str:
    """The name that a flag was given last. It is another one for most that were experimental."""
    later = name[len(_EXPERIMENTAL) :]
    return later if name.startswith(_EXPERIMENTAL) and later in FLAGS else name


def former_name(name: str) -> str:
    """The name of a flag before it was renamed, or an empty text."""
    earlier = _EXPERIMENTAL + name
    return earlier if earlier in FLAGS else ""


def name_for(name: str, version: Version) -> str:
    """The newest name under which a release knows this flag; empty if it knows none of its names."""
    newest = newest_name(name)
    names = filter(None, (newest, former_name(newest)))
    return next((one for one in names if one in FLAGS and FLAGS[one].is_known_to(version)), "")


def successor(name: str) -> str:
    """The flag that took the place of another, or an empty text."""
    if name in BECAME_FEATURE:
        return FEATURE_GATES
    newest = newest_name(name)
    return newest if newest != name else _REPLACED.get(name, "")
