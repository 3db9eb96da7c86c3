# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The directory of private CAs: what an operator is warned of, and why no certificate can be issued from it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .certificates import CAS, CaState

# How the file of a private key is protected.
PLAIN = "plain"
PASSPHRASE = "passphrase"
VAULT = "vault"
UNREADABLE = "unreadable"

_VAULT_HEADER = "$ANSIBLE_VAULT;"
_ENCRYPTED_MARKS = ("-----BEGIN ENCRYPTED PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED")


@dataclass(frozen=True)
class CaKey:
    """The private key of a CA. `problem` says why it cannot sign, empty if it can, or if it has not been tried."""

    path: str
    protection: str
    problem: str = ""


@dataclass(frozen=True)
class CaDirectory:
    """The directory of private CAs as it was found, with the keys by their paths below it, without a suffix.

    `collection` is the folder of the installed collection that the directory is in, and `checkout` the git checkout
    that would take it in. `is_writable` says whether CAs can be created. `exposed` are the directories and keys that
    every user of the host may open, `foreign` those of them that belong to somebody else. `unable` says why nothing
    can be signed there, whatever the keys.
    """

    path: str
    collection: str = ""
    checkout: str = ""
    is_writable: bool = True
    exposed: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    unable: str = ""
    keys: t.Mapping[str, CaKey] = field(default_factory=dict)

    def paths_of(self, protection: str) -> list[str]:
        """The files of the keys that are protected like that."""
        return [key.path for key in self.keys.values() if key.protection == protection]


def protection_of(key: str | None) -> str:
    """How a private key is protected, from the contents of its file, or None if it cannot be read."""
    if key is None:
        return UNREADABLE
    if is_vault(key):
        return VAULT
    return PASSPHRASE if any(mark in key for mark in _ENCRYPTED_MARKS) else PLAIN


def is_vault(text: str) -> bool:
    """Whether the contents of a file are encrypted with ansible-vault."""
    return text.startswith(_VAULT_HEADER)


def warnings_of(directory: CaDirectory, ca: CaState) -> t.Iterator[str]:
    """What an operator should know of the place where the CAs are kept."""
    plain, vaulted = directory.paths_of(PLAIN), directory.paths_of(VAULT)
    if ca.exists and directory.collection:
        yield (
            f"The CAs in {directory.path} are inside the installed collection {directory.collection}, and are lost "
            "when it is installed again. Move them to a directory that survives, and set etcd_cluster_ca_dir to it."
        )
    if plain and directory.checkout:
        yield (
            f"The keys of the CAs in {directory.path} are not encrypted, and git does not ignore them in the checkout "
            f"{directory.checkout}. Add them to its .gitignore, or encrypt them (etcd_cluster_ca_passphrase)."
        )
    if directory.exposed:
        yield (
            f"Every user of the host may open {', '.join(directory.exposed)}. A deploy or a renewal of the "
            "certificates takes that away. To share them with a group, run chmod o= on them first."
        )
    if directory.foreign:
        yield (
            f"Every user of the host may open {', '.join(directory.foreign)}, which another user owns. Have its owner "
            "run chmod o= on it."
        )
    if plain and vaulted:
        yield (
            f"Not encrypted: {', '.join(plain)}. The other keys of the CAs are encrypted with ansible-vault. Run "
            "ansible-vault encrypt on these, too."
        )


def problems_of(directory: CaDirectory, ca: CaState) -> tuple[str, ...]:
    """Why no certificate can be issued from this directory; empty if one can. A reason that holds for both keys is told
    once.
    """
    found = _problems_of_keys(directory, ca) if ca.exists else _problems_of_place(directory)
    return tuple(dict.fromkeys(problem for problem in (directory.unable, *found) if problem))


def _problems_of_place(directory: CaDirectory) -> t.Iterator[str]:
    if directory.collection:
        yield (
            f"{directory.path} is inside the installed collection {directory.collection}. The CAs would be lost when "
            "it is installed again. Set etcd_cluster_ca_dir to a directory that survives."
        )
    elif not directory.is_writable:
        yield (
            f"The CAs cannot be created in {directory.path}, since this user may not write there. Set "
            "etcd_cluster_ca_dir to a directory that this user may write to."
        )


def _problems_of_keys(directory: CaDirectory, ca: CaState) -> t.Iterator[str]:
    for name in CAS:
        signer = ca.signers[name]
        key = directory.keys.get(signer)
        if key is None:
            yield (
                f"{directory.path}/{signer}.key is missing. Restore it from a backup. Without it nothing can be signed."
            )
        else:
            yield key.problem
