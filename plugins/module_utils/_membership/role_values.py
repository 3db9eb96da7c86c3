# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What is wrong with one value of a variable of the role, or with one element of a list."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from . import peer_urls
from .nearest import nearest
from .refusal import ACCEPTABLE, CODES

Check = t.Callable[[t.Any], str]
"""What is wrong with a value: a sentence, or an empty text."""


def names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MAXIMUM_PORT = 65535
# The longest name of a CA that a certificate takes is 64 characters, and the CA's own name follows the cluster's.
_MAXIMUM_NAME = 56
# The time of a certificate has a year of four digits.
_MAXIMUM_DAYS = 36500
_DIGITS = {"md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128}

# The role gives these directories to etcd's user, or could not keep data there.
_SYSTEM_DIRECTORIES = names(
    """
    / /bin /boot /dev /etc /home /lib /lib32 /lib64 /media /mnt /opt /proc /root /run /sbin /srv /sys /tmp /usr /usr/bin
    /usr/lib /usr/local /usr/local/bin /usr/local/lib /usr/local/sbin /usr/sbin /usr/share /var /var/cache /var/lib
    /var/log /var/run /var/spool /var/tmp /etc/systemd /etc/systemd/system
    """
)
# The unit has a /tmp of its own (PrivateTmp), which ends with it; the others end with the host.
_PASSING_DIRECTORIES = ("/tmp", "/var/tmp", "/run", "/var/run", "/dev", "/proc", "/sys")  # noqa: S108


def matching(pattern: str, wanted: str) -> Check:
    regex = re.compile(pattern)
    return lambda value: "" if regex.fullmatch(str(value)) else f"It must be {wanted}."


def between(least: int, most: int, wanted: str) -> Check:
    return lambda value: "" if re.fullmatch(r"-?[0-9]+", str(value)) and least <= int(value) <= most else wanted


def _sentence(problem: str) -> str:
    if not problem:
        return ""
    return f"{problem}." if problem.startswith("etcd ") else f"{problem[0].upper()}{problem[1:]}."


def _member_url(value: t.Any) -> str:
    return _sentence(peer_urls.problem_of(str(value)))


def _listen_url(value: t.Any) -> str:
    return _sentence(peer_urls.problem_of(str(value), to_listen=True))


def _endpoint(value: t.Any) -> str:
    text = str(value)
    return _member_url(text if "://" in text else f"https://{text}")


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _address(value: t.Any) -> str:
    text = str(value)
    host = f"[{text}]" if ":" in text and _is_ip(text) else text
    if not text:
        return (
            "The address to which Ansible connects is a name, or none that others could use, and the host has no "
            "default route over IPv4 or IPv6. Set it to the address at which the other members reach the host."
        )
    if not peer_urls.problem_of(f"https://{host}:1"):
        return ""
    return (
        "It must be an IP address or a host name, without scheme and port, at which the other members reach the host."
    )


def _certificate_name(value: t.Any) -> str:
    text = str(value)
    plain = text[2:] if text.startswith("*.") else text
    is_name = plain and not re.fullmatch(r"[0-9.]+|.*:.*", plain) and not peer_urls.problem_of(f"https://{plain}:1")
    return "" if is_name or _is_ip(text) else "It must be a host name or an IP address, without scheme and port."


def _directory(value: t.Any) -> str:
    text = str(value)
    parts = text.rstrip("/").split("/")[1:]
    if not text.startswith("/"):
        return "It must be an absolute path."
    if any(part in ("", ".", "..") for part in parts):
        return "It must be a path without empty, . and .. parts."
    if re.search(r"[\s\"'\\%$]", text):
        return "It must be a path without spaces, quotes and the characters \\, % and $."
    return ""


def _own_directory(value: t.Any) -> str:
    text = str(value)
    if text and (text.rstrip("/") or "/") in _SYSTEM_DIRECTORIES:
        return "This is a directory of the system. Give one that is for etcd alone."
    return _directory(value)


def is_below(path: str, directory: str) -> bool:
    return f"{path.rstrip('/')}/".startswith(f"{directory.rstrip('/')}/")


def _lasting_directory(value: t.Any) -> str:
    problem = _own_directory(value)
    if not problem and any(is_below(str(value), passing) for passing in _PASSING_DIRECTORIES):
        return "What is there does not outlast a restart. Give a directory on a disk."
    return problem


def _optional(check: Check) -> Check:
    return lambda value: "" if value == "" else check(value)


def _code(value: t.Any) -> str:
    code = str(value)
    if code in ACCEPTABLE:
        return ""
    if code in CODES:
        return "This refusal cannot be overridden, see docs/refusals.md."
    near = nearest(code, ACCEPTABLE)
    return f"Did you mean {near}?" if near else f"It must be one of {', '.join(ACCEPTABLE)}."


def _checksum(value: t.Any) -> str:
    algorithm, _colon, rest = str(value).partition(":")
    if re.match(r"(https?|ftp|file)://", rest) and algorithm in _DIGITS:
        return ""
    if algorithm in _DIGITS and re.fullmatch(r"[0-9a-fA-F]+", rest) and len(rest) == _DIGITS[algorithm]:
        return ""
    return "It must be the algorithm and the checksum, for example sha256: and 64 hexadecimal digits."


_account = matching(
    r"[A-Za-z_][A-Za-z0-9_.-]{0,30}\$?", "a name of letters, digits, _, . and -, which begins with a letter"
)
_port = between(1, _MAXIMUM_PORT, f"It must be a port, from 1 to {_MAXIMUM_PORT}.")
_seconds = between(1, 10**6, "It must be a whole number of seconds, 1 or more.")
_days = between(1, _MAXIMUM_DAYS, f"It must be a whole number of days, from 1 to {_MAXIMUM_DAYS}.")

CHECKS: t.Mapping[str, Check] = {
    "etcd_cluster_name": matching(
        rf"(?=.{{1,{_MAXIMUM_NAME}}}$)\w([\w .+@-]*\w)?",
        f"a name of letters, digits, spaces and . _ + @ -, with at most {_MAXIMUM_NAME} characters",
    ),
    "etcd_cluster_member_name": matching(
        r"[^\s,=\"'\\%$]+", "a name without spaces, commas, quotes and the characters =, \\, % and $"
    ),
    "etcd_cluster_address": _address,
    "etcd_cluster_peer_port": _port,
    "etcd_cluster_client_port": _port,
    "etcd_cluster_peer_urls": _member_url,
    "etcd_cluster_client_urls": _member_url,
    "etcd_cluster_listen_peer_urls": _listen_url,
    "etcd_cluster_listen_client_urls": _listen_url,
    "etcd_cluster_endpoints": _endpoint,
    "etcd_cluster_accept": _code,
    "etcd_cluster_packages": matching(r"\S+", "the name of a package, without spaces"),
    "etcd_cluster_archive": matching(r"|\S.*", "a path on the controller or a URL"),
    "etcd_cluster_archive_checksum": _optional(_checksum),
    "etcd_cluster_program_dir": _directory,
    "etcd_cluster_service": matching(
        r"(?!.*([.](service|socket|target|mount|timer|slice)|@)$)[A-Za-z0-9:_.@-]{1,200}",
        "the name of a systemd unit, without spaces and without .service",
    ),
    "etcd_cluster_system_user": _account,
    "etcd_cluster_system_group": _account,
    "etcd_cluster_config_dir": _own_directory,
    "etcd_cluster_data_dir": _lasting_directory,
    "etcd_cluster_wal_dir": _optional(_lasting_directory),
    "etcd_cluster_ca_dir": _optional(matching(r"[/~].*[^/].*", "an absolute path")),
    "etcd_cluster_ca_days": _days,
    "etcd_cluster_certificate_days": _days,
    "etcd_cluster_renew_before_days": between(0, 10**6, "It must be a whole number of days, 0 or more."),
    "etcd_cluster_certificate_names": _certificate_name,
    "etcd_cluster_request_timeout": _seconds,
    "etcd_cluster_wait_timeout": _seconds,
    "etcd_cluster_stall_timeout": _seconds,
    "etcd_cluster_wait_for_run": between(0, 10**6, "It must be a whole number of seconds, 0 or more."),
    "etcd_cluster_members": matching(r"\S+", "the name of a member"),
    "etcd_cluster_member": matching(r"\S+", "the name of a member"),
    "etcd_cluster_upgrade_to": matching(
        r"[0-9]+[.][0-9]+[.][0-9]+", "a release with all three numbers, such as 3.5.30"
    ),
    "etcd_cluster_downgrade_to": matching(
        r"[0-9]+[.][0-9]+[.][0-9]+", "a release with all three numbers, such as 3.6.16"
    ),
}
