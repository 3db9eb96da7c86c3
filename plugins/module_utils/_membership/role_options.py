# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What is wrong with the variables of the role, each by itself and beside the others.

Ansible has already compared them with the types and choices of the role's argument specification. It lets text pass as
a list or a dictionary, which the role could not use.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t
from dataclasses import dataclass

from . import peer_urls, settings
from .masking import is_masked
from .nearest import nearest
from .refusal import ACCEPTABLE, CODES

Check = t.Callable[[t.Any], str]
"""What is wrong with a value: a sentence, or an empty text."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


LISTS = _names(
    """
    etcd_cluster_peer_urls etcd_cluster_client_urls etcd_cluster_listen_peer_urls etcd_cluster_listen_client_urls
    etcd_cluster_endpoints etcd_cluster_accept etcd_cluster_packages etcd_cluster_certificate_names etcd_cluster_members
    """
)
# Not a variable of the user: the settings with those of the preset.
ALL_SETTINGS = "etcd_cluster__all_settings"
DICTIONARIES = frozenset([settings.SETTINGS, settings.UNIT_SETTINGS])
# Whose defaults are made of other variables. If one of these is wrong, it alone is named.
_MADE_OF: t.Mapping[str, tuple[str, ...]] = {
    "etcd_cluster_ca_dir": ("etcd_cluster_name",),
    "etcd_cluster_peer_urls": ("etcd_cluster_address", "etcd_cluster_peer_port"),
    "etcd_cluster_client_urls": ("etcd_cluster_address", "etcd_cluster_client_port"),
    "etcd_cluster_listen_peer_urls": ("etcd_cluster_address", "etcd_cluster_peer_port", "etcd_cluster_peer_urls"),
    "etcd_cluster_listen_client_urls": ("etcd_cluster_address", "etcd_cluster_client_port", "etcd_cluster_client_urls"),
}
_NEVER_EMPTY = LISTS - _names(
    """
    etcd_cluster_endpoints etcd_cluster_accept etcd_cluster_packages etcd_cluster_certificate_names etcd_cluster_members
    """
)

_MAXIMUM_PORT = 65535
# The longest name of a CA that a certificate takes is 64 characters, and the CA's own name follows the cluster's.
_MAXIMUM_NAME = 56
# The time of a certificate has a year of four digits.
_MAXIMUM_DAYS = 36500
_DIGITS = {"md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128}

# The role gives these directories to etcd's user, or could not keep data there.
_SYSTEM_DIRECTORIES = _names(
    """
    / /bin /boot /dev /etc /home /lib /lib32 /lib64 /media /mnt /opt /proc /root /run /sbin /srv /sys /tmp /usr /usr/bin
    /usr/lib /usr/local /usr/local/bin /usr/local/lib /usr/local/sbin /usr/sbin /usr/share /var /var/cache /var/lib
    /var/log /var/run /var/spool /var/tmp /etc/systemd /etc/systemd/system
    """
)
# The unit has a /tmp of its own (PrivateTmp), which ends with it; the others end with the host.
_PASSING_DIRECTORIES = ("/tmp", "/var/tmp", "/run", "/var/run", "/dev", "/proc", "/sys")  # noqa: S108


# Checks of one value


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


def _lasting_directory(value: t.Any) -> str:
    problem = _own_directory(value)
    if not problem and any(_is_below(str(value), passing) for passing in _PASSING_DIRECTORIES):
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


# Checks of several values


@dataclass(frozen=True)
class Relation:
    """What several variables have to be beside each other. It is only checked if each of them is valid by itself."""

    of: tuple[str, ...]
    check: t.Callable[..., str]


def _is_below(path: str, directory: str) -> bool:
    return f"{path.rstrip('/')}/".startswith(f"{directory.rstrip('/')}/")


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
    if _is_below(data_dir, config_dir) or _is_below(config_dir, data_dir):
        return (
            f"etcd_cluster_data_dir ({data_dir}) and etcd_cluster_config_dir ({config_dir}) are not apart. Give data "
            "and settings directories of their own."
        )
    return ""


def _config_and_log(config_dir: str, wal_dir: str) -> str:
    if wal_dir and (_is_below(wal_dir, config_dir) or _is_below(config_dir, wal_dir)):
        return (
            f"etcd_cluster_wal_dir ({wal_dir}) and etcd_cluster_config_dir ({config_dir}) are not apart. Give the log "
            "and the settings directories of their own."
        )
    return ""


def _log_and_data(wal_dir: str, data_dir: str) -> str:
    if wal_dir and (_is_below(data_dir, wal_dir) or _is_below(wal_dir, f"{data_dir.rstrip('/')}/member")):
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


@dataclass(frozen=True)
class Secret:
    """A secret variable of the role. Tasks that get it mask it in what they return, and the role reads there the values
    of these variables and these words.
    """

    of: tuple[str, ...]
    words: tuple[str, ...]


SECRETS: t.Mapping[str, Secret] = {
    "etcd_cluster_root_password": Secret(
        ("etcd_cluster_member_name", "etcd_cluster_peer_urls", "etcd_cluster_client_urls", "etcd_cluster_upgrade_to"),
        ("existing",),
    ),
    "etcd_cluster_ca_passphrase": Secret(
        (), ("passphrase", "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE REQUEST-----")
    ),
}


def secret_problems(secrets: t.Mapping[str, t.Any], options: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """Which secrets of the role Ansible would replace with asterisks in what the role reads, in sentences."""
    found: list[str] = []
    for name, secret in SECRETS.items():
        given = str(secrets.get(name) or "")
        places = [variable for variable in secret.of if is_masked(options.get(variable), given)]
        if is_masked(secret.words, given):
            places.append("a word that the role reads")
        found += [_occurs(name, places)] if places else []
    return tuple(found)


def _occurs(name: str, places: t.Sequence[str]) -> str:
    return (
        f"{name} occurs in {' and '.join(places)}. In what tasks return, Ansible replaces it with asterisks, and "
        "members would be started with them. Set another one."
    )


def problems(options: t.Mapping[str, t.Any], release: str = "") -> tuple[str, ...]:
    """What is wrong with these variables of the role, in sentences. `release` is the one that etcd runs as, or is to.

    A variable that is not given is not checked.
    """
    found = {name: _problems_of(name, value) for name, value in options.items()}
    valid = {name for name, wrong in found.items() if not wrong}
    of_its_own = [name for name in found if valid.issuperset(set(_MADE_OF.get(name, ())) & set(found))]
    related = [
        relation.check(*(options[name] for name in relation.of))
        for relation in RELATIONS
        if valid.issuperset(relation.of)
    ]
    in_settings: list[str] = []
    if settings.SETTINGS in valid:
        in_settings += settings.problems(options[settings.SETTINGS], release)
    if ALL_SETTINGS in options and not in_settings:
        in_settings += filter(None, [settings.timing_problem(options[ALL_SETTINGS])])
    if settings.UNIT_SETTINGS in valid:
        in_settings += settings.unit_problems(options[settings.UNIT_SETTINGS])
    return (*(problem for name in of_its_own for problem in found[name]), *filter(None, related), *in_settings)


def _problems_of(name: str, value: t.Any) -> tuple[str, ...]:
    if name in DICTIONARIES:
        is_dictionary = isinstance(value, t.Mapping)
        return () if is_dictionary else (f"{name} is {value!r}. It must be a dictionary of settings.",)
    if name in LISTS:
        return _problems_of_list(name, value)
    check = CHECKS.get(name)
    problem = check(value) if check else ""
    return (f"{name} is {_shown(value)}. {problem}",) if problem else ()


def _problems_of_list(name: str, value: t.Any) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        return (f"{name} is {value!r}. It must be a list, for example [{value}].",)
    if not value and name in _NEVER_EMPTY:
        return (f"{name} is empty. Give at least one, or leave it out.",)
    twice = sorted({str(one) for one in value if value.count(one) > 1})
    repeated = tuple(f"{name} has {one!r} twice. Give it once." for one in twice)
    checked = ((one, CHECKS[name](one)) for one in value)
    return (*repeated, *(f"{name} has {one!r}. {problem}" for one, problem in checked if problem))


def _shown(value: t.Any) -> str:
    return "empty" if value == "" else repr(value)
