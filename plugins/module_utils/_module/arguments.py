# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The arguments that modules share, and how they become values of the layers below."""

from __future__ import annotations

import os
import typing as t

from ansible.module_utils.basic import env_fallback
from ansible.module_utils.common.parameters import AnsibleFallbackNotFound

from .._client.addresses import InvalidEndpoint
from .._client.endpoint import Connection
from .._membership.refusal import ACCEPTABLE


def user_from_environment(variable: str) -> str:
    """Fallback for a user name: what stands before the colon of `user:password`."""
    name = os.environ.get(variable, "").partition(":")[0]
    if not name:
        raise AnsibleFallbackNotFound
    return name


def password_from_environment(variable: str, user_variable: str) -> str:
    """Fallback for a password: its own variable, else what stands behind the colon of `user:password`."""
    password = os.environ.get(variable) or os.environ.get(user_variable, "").partition(":")[2]
    if not password:
        raise AnsibleFallbackNotFound
    return password


CONNECTION: dict[str, dict[str, t.Any]] = {
    "endpoints": {
        "type": "list",
        "elements": "str",
        "default": ["http://127.0.0.1:2379"],
        "fallback": (env_fallback, ["ETCDCTL_ENDPOINTS"]),
    },
    "transport": {"type": "str", "choices": ["auto", "gateway", "grpc"], "default": "auto"},
    "ca_cert": {"type": "path", "fallback": (env_fallback, ["ETCDCTL_CACERT"])},
    "client_cert": {"type": "path", "fallback": (env_fallback, ["ETCDCTL_CERT"])},
    "client_key": {"type": "path", "fallback": (env_fallback, ["ETCDCTL_KEY"])},
    "validate_certs": {"type": "bool", "default": True},
    "username": {"type": "str", "fallback": (user_from_environment, ["ETCDCTL_USER"])},
    "password": {
        "type": "str",
        "no_log": True,
        "fallback": (password_from_environment, ["ETCDCTL_PASSWORD", "ETCDCTL_USER"]),
    },
    "request_timeout": {"type": "float", "default": 5.0},
}

CONNECTION_TOGETHER = [["client_cert", "client_key"], ["username", "password"]]

# The refusal codes that the user knowingly overrides.
ACCEPT: dict[str, dict[str, t.Any]] = {
    "accept": {"type": "list", "elements": "str", "choices": list(ACCEPTABLE), "default": []}
}

WAIT: dict[str, dict[str, t.Any]] = {
    "wait_timeout": {"type": "float", "default": 120.0},
    "stall_timeout": {"type": "float", "default": 60.0},
}

# The least that a number may be. Ansible knows types of options and no ranges.
_AT_LEAST: dict[str, float] = {
    "request_timeout": 0.1,
    "wait_timeout": 0,
    "stall_timeout": 0,
    "min_fault_tolerance": 0,
    "threshold": 0,
    "min_size": 0,
}


def out_of_range(params: t.Mapping[str, t.Any]) -> str:
    """What is wrong with a number among the parameters; empty where nothing is."""
    for name, least in _AT_LEAST.items():
        given = params.get(name)
        if given is not None and not least <= given < float("inf"):
            return f"{name} is {given:g}: it has to be a number of at least {least:g}"
    return ""


def connection_of(params: t.Mapping[str, t.Any]) -> Connection:
    """The connection that a task's parameters describe. Raises InvalidEndpoint where no endpoint is given."""
    options = {name: params[name] for name in CONNECTION}
    options["endpoints"] = tuple(url.strip() for url in options["endpoints"] if url.strip())
    if not options["endpoints"]:
        raise InvalidEndpoint("endpoints is empty: give at least one client URL, such as http://127.0.0.1:2379")
    return Connection(**options)
