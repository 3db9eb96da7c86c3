# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Which keys of etcd's version 2 a release without it does not start with.

What 3.6 lets pass is what etcd itself kept in version 2 until 3.5: its members and the version of the cluster
(etcd 3.6.16 server/etcdserver/apply_v2.go, api/membership/storev2.go IsMetaStoreOnly; `etcdutl check v2store` of 3.5.34
applies the same rules).
"""

from __future__ import annotations

import json
import re
import typing as t

_OF_ETCD, _OF_USERS, _OF_AUTHENTICATION = "/0", "/1", "/2"
_ATTRIBUTES = re.compile("/0/members/[0-9A-Fa-f]{1,16}/attributes")
_CLUSTER_VERSION = "/0/version"

Node = t.Mapping[str, t.Any]


class NoStore(ValueError):
    """The bytes are not the content of version 2."""


def is_custom(method: str, path: str) -> bool:
    """Whether 3.6 panics at an entry with this request."""
    return method != "PUT" or not (_ATTRIBUTES.search(path) or path == _CLUSTER_VERSION)


def only_reads(method: str) -> bool:
    """Whether a request that is custom changes no key. Every answer of 3.4 at /health leaves one in the log, of 3.5
    with enable-v2 as well (etcd 3.5.34 server/etcdserver/api/etcdhttp/health.go checkV2API).
    """
    return method == "QGET"


def key_of(path: str) -> str:
    """A key as a user of version 2 knows it."""
    return path[len(_OF_USERS) :] if path.startswith(_OF_USERS + "/") else path


def custom_keys(store: bytes) -> t.Iterator[str]:
    """The keys in a snapshot with which 3.6 does not start. Raises NoStore."""
    try:
        root = json.loads(store)["Root"] if store else {}
        for top in _children(root):
            if top["Path"] == _OF_AUTHENTICATION:
                # The empty directories of users and roles stay for good, and a switch beside them.
                yield from (leaf for part in _children(top) if _children(part) for leaf in _leaves(part))
            elif top["Path"] != _OF_ETCD and _children(top):
                yield from _leaves(top)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise NoStore(f"the content of version 2 cannot be read ({type(error).__name__})") from error


def _leaves(node: Node) -> t.Iterator[str]:
    """The keys below a node, and directories that are empty."""
    below = _children(node)
    if not below:
        yield key_of(node["Path"])
    for child in below:
        yield from _leaves(child)


def _children(node: Node) -> list[Node]:
    """What version 2 lists of a directory: names with an underscore before them are hidden (v2store/node.go Repr)."""
    children: t.Iterable[Node] = (node.get("Children") or {}).values()
    return [child for child in children if not child["Path"].rpartition("/")[2].startswith("_")]
