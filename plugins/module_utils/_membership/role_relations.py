# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What is wrong with variables of the role beside each other, each of them valid by itself."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .role_values import is_below


@dataclass(frozen=True)
class Relation:
    """What several variables have to be beside each other. It is only checked if each of them is valid by itself."""

    of: tuple[str, ...]
    check: t.Callable[..., str]


def _same_listener(
    peer_port: t.Any, client_port: t.Any, for_peers: t.Sequence[str], for_clients: t.Sequence[str]
) -> str:
    if int(peer_port) == int(client_port):
        return f"etcd_cluster_peer_port and etcd_cluster_client_port are both {peer_port}. Give each a port of its own."
    both = sorted(_listener(url) for url in for_peers if _listener(url) in {_listener(other) for other in for_clients})
    if not both:
        return ""
    return (
        f"etcd_cluster_listen_peer_urls and etcd_cluster_listen_client_urls both have {both[0]}. Give each an address "
        "of its own."
    )


def _listener(url: str) -> str:
    return url.strip().rstrip("/").partition("://")[2].lower()


def _https_without_tls(tls: t.Any, *lists: t.Sequence[str]) -> str:
    urls = [url for urls in lists for url in urls if url.lower().startswith("https:")]
    if not urls or _is_true(tls):
        return ""
    return f"etcd_cluster_tls is false, and there are URLs with https ({urls[0]}). Give them http, or leave TLS on."


def _is_true(value: t.Any) -> bool:
    return str(value).lower() in ("true", "yes", "on", "1", "y", "t")


def _plaintext(allowed: t.Any, *lists: t.Sequence[str]) -> str:
    loopback = re.compile(r"http://(127[.]|localhost[:/]|\[::1\])", re.IGNORECASE)
    urls = [url for urls in lists for url in urls if url.lower().startswith("http:") and not loopback.match(url)]
    if not urls or _is_true(allowed):
        return ""
    return (
        "Without TLS everybody on the network can read and change the data in etcd. Leave etcd_cluster_tls on, or set "
        "etcd_cluster_allow_plaintext to true if this network is yours alone."
    )


def _config_and_data(config_dir: str, data_dir: str) -> str:
    if is_below(data_dir, config_dir) or is_below(config_dir, data_dir):
        return (
            f"etcd_cluster_data_dir ({data_dir}) and etcd_cluster_config_dir ({config_dir}) are not apart. Give data "
            "and settings directories of their own."
        )
    return ""


def _config_and_log(config_dir: str, wal_dir: str) -> str:
    if wal_dir and (is_below(wal_dir, config_dir) or is_below(config_dir, wal_dir)):
        return (
            f"etcd_cluster_wal_dir ({wal_dir}) and etcd_cluster_config_dir ({config_dir}) are not apart. Give the log "
            "and the settings directories of their own."
        )
    return ""


def _log_and_data(wal_dir: str, data_dir: str) -> str:
    if wal_dir and (is_below(data_dir, wal_dir) or is_below(wal_dir, f"{data_dir.rstrip('/')}/member")):
        return (
            f"etcd_cluster_wal_dir is {wal_dir}, and the data directory is {data_dir}. Give the log a directory of its "
            "own, or leave etcd_cluster_wal_dir empty."
        )
    return ""


def _renewal(source: str, renew_before: t.Any, days: t.Any) -> str:
    if source != "private_ca" or int(renew_before) < int(days):
        return ""
    return (
        f"etcd_cluster_renew_before_days is {renew_before}, and new certificates are valid for {days} days, so each "
        "run would renew them. Make it less than etcd_cluster_certificate_days."
    )


def _outlives_its_ca(days: t.Any, ca_days: t.Any) -> str:
    if int(days) <= int(ca_days):
        return ""
    return (
        f"etcd_cluster_certificate_days is {days}, and the CAs are valid for {ca_days} days. No certificate outlasts "
        "its CA. Make it less than etcd_cluster_ca_days."
    )


def _archive(install_from: str, archive: str, checksum: str) -> str:
    if install_from != "archive" or (archive and checksum):
        return ""
    return (
        "To install from an archive, set etcd_cluster_archive to its path on the controller or its URL, and "
        "etcd_cluster_archive_checksum to its checksum, for example sha256:0123...."
    )


def _packages(install_from: str, packages: t.Sequence[str]) -> str:
    return "etcd_cluster_packages is empty. Give at least one." if install_from == "package" and not packages else ""


def _names_release(release: str, install_from: str, packages: t.Sequence[str]) -> str:
    named = re.compile(rf"(?<![0-9.]){re.escape(release)}(?![0-9])")
    if install_from != "package" or any(named.search(package) for package in packages):
        return ""
    return (
        f"etcd_cluster_packages does not name the release {release}, and a package without a release stays as it is. "
        f"Set it, for example to [etcd-server={release}*, etcd-client={release}*]."
    )


_URLS = (
    "etcd_cluster_peer_urls",
    "etcd_cluster_client_urls",
    "etcd_cluster_listen_peer_urls",
    "etcd_cluster_listen_client_urls",
)
RELATIONS = (
    Relation(("etcd_cluster_peer_port", "etcd_cluster_client_port", *_URLS[2:]), _same_listener),
    Relation(("etcd_cluster_tls", *_URLS), _https_without_tls),
    Relation(("etcd_cluster_allow_plaintext", *_URLS), _plaintext),
    Relation(("etcd_cluster_config_dir", "etcd_cluster_data_dir"), _config_and_data),
    Relation(("etcd_cluster_config_dir", "etcd_cluster_wal_dir"), _config_and_log),
    Relation(("etcd_cluster_wal_dir", "etcd_cluster_data_dir"), _log_and_data),
    Relation(
        ("etcd_cluster_certificates", "etcd_cluster_renew_before_days", "etcd_cluster_certificate_days"), _renewal
    ),
    Relation(("etcd_cluster_certificate_days", "etcd_cluster_ca_days"), _outlives_its_ca),
    Relation(("etcd_cluster_install_from", "etcd_cluster_archive", "etcd_cluster_archive_checksum"), _archive),
    Relation(("etcd_cluster_install_from", "etcd_cluster_packages"), _packages),
    Relation(("etcd_cluster_upgrade_to", "etcd_cluster_install_from", "etcd_cluster_packages"), _names_release),
    Relation(("etcd_cluster_downgrade_to", "etcd_cluster_install_from", "etcd_cluster_packages"), _names_release),
)
