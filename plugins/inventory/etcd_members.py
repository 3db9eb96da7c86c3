# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: etcd_members
short_description: The members of a live etcd cluster as an inventory
version_added: 0.1.0
description:
  - Asks a cluster who its members are and how they fare, as M(quorum.etcd.etcd_cluster_info) does, and makes a host of
    each.
  - The group C(etcd) holds all members, C(etcd_leader) the one that leads, C(etcd_learners) those without a vote,
    and C(etcd_unhealthy) those that cannot be counted on, such as a member that does not answer or has never started.
    All four always exist. O(group) names them differently.
  - Each host has the keys that M(quorum.etcd.etcd_cluster_info) returns of a member as variables with C(etcd_) in front
    of their names, such as C(etcd_id), C(etcd_role), C(etcd_version), C(etcd_healthy), C(etcd_reason) and
    C(etcd_raft_lag). C(etcd_cluster_id), C(etcd_has_quorum) and C(etcd_quorum) say of every host what is true of the
    cluster.
  - One endpoint that answers is enough. Without a quorum the members are those that a voter knows of, perhaps no longer
    all of them, and a warning says so.
  - It only looks. Nothing is written to the cluster.
author:
  - The quorum.etcd founders (@quorum-etcd)
extends_documentation_fragment:
  - constructed
  - inventory_cache
  - quorum.etcd._connection.plugins
  - quorum.etcd._connection
options:
  plugin:
    description:
      - Marks a file as one for this plugin.
    type: str
    required: true
    choices:
      - quorum.etcd.etcd_members
  hostname_from:
    description:
      - What a member is called in the inventory.
      - V(name) is its own name in the cluster, with V(_) for characters that mean something in a host pattern.
        A member that has not started has no name yet, so it is called by the host of its peer URL.
      - V(peer_url) and V(client_url) are the host of its first peer URL and of the first client URL that it advertises.
      - Members that would have one name, and a member that is called like a group, keep apart by their id, such as
        C(n1-8211f1d0f64f3269).
    type: str
    choices:
      - name
      - peer_url
      - client_url
    default: name
  ansible_host_from:
    description:
      - Where C(ansible_host), the address that Ansible connects to, comes from.
      - V(peer_url) is the host of the member's first peer URL, which the other members reach.
      - V(client_url) is the host of the first client URL that it advertises, and that of the peer URL where it
        advertises none.
      - V(none) leaves C(ansible_host) to O(compose), to another inventory, or to the name of the host.
    type: str
    choices:
      - peer_url
      - client_url
      - none
    default: peer_url
  group:
    description:
      - Name of the group of all members, and the beginning of the names of the other three.
      - Two clusters in one inventory need two.
    type: str
    default: etcd
notes:
  - The file has to be named C(*.etcd_members.yml) or C(*.etcd_members.yaml).
  - The connection options may be templates, which know lookups and the variables given on the command line with C(-e).
  - With O(cache=true) members are as they were when they were last asked, their health included. Credentials are not
    kept in the cache. Use C(--flush-cache) to ask again. What was kept for other O(endpoints) is not used.
seealso:
  - module: quorum.etcd.etcd_cluster_info
"""

EXAMPLES = r"""
# cluster.etcd_members.yml: one member that answers is enough
plugin: quorum.etcd.etcd_members
endpoints:
  - http://10.0.0.1:2379
  - http://10.0.0.2:2379

---
# TLS and authentication, the password from where it is safe
plugin: quorum.etcd.etcd_members
endpoints:
  - https://10.0.0.1:2379
  - https://10.0.0.2:2379
ca_cert: /etc/etcd/ca.crt
username: root
password: "{{ lookup('ansible.builtin.env', 'ETCD_ROOT_PASSWORD') }}"

---
# Groups by release, those that lag, and how to connect
plugin: quorum.etcd.etcd_members
endpoints:
  - http://10.0.0.1:2379
strict: true
keyed_groups:
  - prefix: etcd_version
    key: etcd_version
    default_value: unknown
groups:
  etcd_lagging: (etcd_raft_lag or 0) > 1000
  etcd_unstarted: not etcd_started
compose:
  ansible_user: "'core'"
  etcdctl_endpoint: etcd_client_urls | first | default(none)

---
# The members as they were at most ten minutes ago
plugin: quorum.etcd.etcd_members
endpoints:
  - http://10.0.0.1:2379
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/ansible-inventory
cache_timeout: 600

---
# A second cluster beside the first, told apart from it
plugin: quorum.etcd.etcd_members
endpoints:
  - http://10.1.0.1:2379
group: events_etcd
hostname_from: peer_url
"""

import os
import re
import typing as t

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.quorum.etcd.plugins.module_utils._membership.inventory import InventoryHost, Naming, hosts_of
from ansible_collections.quorum.etcd.plugins.module_utils._module.arguments import CONNECTION
from ansible_collections.quorum.etcd.plugins.module_utils._module.etcd_members import (
    NoInventory,
    connection_options,
    describe_members,
    doubts_about,
)

try:
    from ansible.template import trust_as_template
except ImportError:  # before 2.19 a text is trusted unless it says otherwise

    def trust_as_template(value: str) -> str:
        return value


ENDINGS = (".etcd_members.yml", ".etcd_members.yaml")
# What a template, or an expression that does something, cannot do without.
_CODE = re.compile(r"[{}()|]")


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):  # type: ignore[misc]
    NAME = "quorum.etcd.etcd_members"

    def verify_file(self, path: str) -> bool:
        return super().verify_file(path) and path.endswith(ENDINGS)

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        self.templar.available_variables = self._vars
        config = self._read_config_data(path)
        self._refuse_unknown(config)
        naming = self._naming()
        try:
            connection = connection_options(self._given(config))
            cluster = self._cluster(path, connection, cache)
        except NoInventory as problem:
            raise AnsibleParserError(str(problem)) from None
        for doubt in doubts_about(cluster):
            self.display.warning(f"{path}: {doubt}")
        for group in naming.groups:
            self.inventory.add_group(group)
        for host in hosts_of(cluster, naming):
            self._add(host)

    def set_options(
        self, task_keys: t.Any = None, var_options: t.Any = None, direct: dict[str, t.Any] | None = None
    ) -> None:
        # Before Ansible gives each its type: a template has none, and one that makes a list would be split at its
        # commas.
        super().set_options(
            task_keys=task_keys, var_options=var_options, direct=direct and {**direct, **self._filled_in(direct)}
        )

    def _filled_in(self, config: dict[str, t.Any]) -> dict[str, t.Any]:
        """The connection options of the file, templates filled in."""
        return {name: self._rendered(name, config[name]) for name in CONNECTION if name in config}

    def _rendered(self, name: str, value: t.Any) -> t.Any:
        try:
            rendered = self.templar.template(value)
        except AnsibleError as error:
            raise AnsibleParserError(f"the template in {name} cannot be filled in: {error}") from None
        if name == "password" and isinstance(rendered, (dict, list)):
            raise AnsibleParserError("password has to be a text")  # Ansible's own error would print it
        return rendered

    def _refuse_unknown(self, config: dict[str, t.Any]) -> None:
        """A misspelt option would leave its default in force, and with `endpoints` another cluster be listed."""
        unknown = sorted(set(config) - set(self.option_definitions))
        if unknown:
            known = ", ".join(sorted(self.option_definitions))
            raise AnsibleParserError(f"there is no option {' or '.join(unknown)}: the options are {known}")

    def _given(self, config: dict[str, t.Any]) -> dict[str, t.Any]:
        """The connection options of the file and of ansible.cfg. Those of the environment are left to the argument
        specification, which knows that a user may come with a password there."""
        return {
            name: self.get_option(name)
            for name, rule in CONNECTION.items()
            if name in config or not _is_in_environment(rule)
        }

    def _naming(self) -> Naming:
        group = self.get_option("group")
        if not group or self._sanitize_group_name(group) != group:
            raise AnsibleParserError(
                f"group is {group!r}: a group's name has letters, digits and underscores, and does not begin with "
                "a digit"
            )
        return Naming(self.get_option("hostname_from"), self.get_option("ansible_host_from"), group)

    def _cluster(self, path: str, connection: dict[str, t.Any], cache: bool) -> dict[str, t.Any]:
        """The cluster from the cache where that is asked for and has it, else from the cluster itself."""
        if not self.get_option("cache"):
            return describe_members(connection)
        key = self.get_cache_key(path)
        endpoints = connection["endpoints"]
        kept = self._cache.get(key) if cache else None
        if kept and kept["endpoints"] == endpoints:
            return kept["cluster"]
        cluster = describe_members(connection)
        self._cache[key] = {"endpoints": endpoints, "cluster": cluster}
        return cluster

    def _add(self, host: InventoryHost) -> None:
        for group in host.groups:
            self.inventory.add_host(host.name, group=group)
        variables = _harmless(host.variables)
        self._set(host.name, variables)
        strict = self.get_option("strict")
        composed = self.get_option("compose")
        self._set_composite_vars(composed, variables, host.name, strict)
        self._set(
            host.name,
            {
                name: _harmless(value)
                for name, value in self.inventory.get_host(host.name).vars.items()
                if name in composed
            },
        )
        self._add_host_to_composed_groups(self.get_option("groups"), variables, host.name, strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host.name, strict)

    def _set(self, host: str, variables: dict[str, t.Any]) -> None:
        for name, value in variables.items():
            self.inventory.set_variable(host, name, value)


def _is_in_environment(rule: dict[str, t.Any]) -> bool:
    return any(variable in os.environ for variable in rule.get("fallback", (None, ()))[1])


def _harmless(value: t.Any) -> t.Any:
    """A value that Ansible will never run: whoever may name a member may not run code on the controller.

    Text that cannot be code is trusted, since Ansible writes any other as a dictionary (`__ansible_unsafe`) into
    `ansible-inventory --list`.
    """
    if isinstance(value, str):
        return wrap_var(value) if _CODE.search(value) else trust_as_template(value)
    if isinstance(value, list):
        return [_harmless(part) for part in value]
    if isinstance(value, dict):
        return {key: _harmless(part) for key, part in value.items()}
    return value
