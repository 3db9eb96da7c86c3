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

import typing as t
from dataclasses import dataclass

from . import settings
from .masking import is_masked
from .role_relations import RELATIONS
from .role_values import CHECKS, names

LISTS = names(
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
_NEVER_EMPTY = LISTS - names(
    """
    etcd_cluster_endpoints etcd_cluster_accept etcd_cluster_packages etcd_cluster_certificate_names etcd_cluster_members
    """
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
