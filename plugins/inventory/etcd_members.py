# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: etcd_members
short_description: The members of a live etcd cluster as an inventory
version_added: 0.1.0
description:
  - Asks a cluster for its members and their health, as M(quorum.etcd.etcd_cluster_info) does, and creates an inventory
    host for each member.
  - The group C(etcd) has all members, C(etcd_leader) has the leader, C(etcd_learners) has the learners, and
    C(etcd_unhealthy) has the members that are not healthy, for example members that do not answer or have never
    started. All four groups always exist. O(group) changes their names.
  - The variables of a host are the keys that M(quorum.etcd.etcd_cluster_info) returns for its member, with the prefix
    C(etcd_), such as C(etcd_id), C(etcd_role), C(etcd_version), C(etcd_healthy), C(etcd_reason) and C(etcd_raft_lag).
    C(etcd_cluster_id), C(etcd_has_quorum) and C(etcd_quorum) describe the cluster, and are the same on every host.
  - One endpoint that answers is enough. Without a quorum the list of members comes from one voter and may be stale, and
    a warning says so.
  - It only reads. It writes nothing to the cluster.
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
      - Says that the file is for this plugin.
    type: str
    required: true
    choices:
      - quorum.etcd.etcd_members
  hostname_from:
    description:
      - Where the name of a host in the inventory comes from.
      - V(name) is the member's name in the cluster. Characters that are special in a host pattern become V(_). A member
        that has not started has no name yet, so its host gets the name of the host in its peer URL.
      - V(peer_url) is the host in the member's first peer URL. V(client_url) is the host in the first client URL that
        the member advertises.
      - If several hosts would get the same name, or a host the name of a group, the member id is appended to the name,
        such as C(n1-8211f1d0f64f3269).
    type: str
    choices:
      - name
      - peer_url
      - client_url
    default: name
  ansible_host_from:
    description:
      - Where C(ansible_host), the address that Ansible connects to, comes from.
      - V(peer_url) is the host in the member's first peer URL, at which the other members reach it.
      - V(client_url) is the host in the first client URL that the member advertises. If it advertises none, it is the
        host in the peer URL.
      - With V(none), C(ansible_host) is not set. Use O(compose), another inventory, or the name of the host instead.
    type: str
    choices:
      - peer_url
      - client_url
      - none
    default: peer_url
  group:
    description:
      - Name of the group of all members. The names of the other three groups begin with it.
      - If one inventory has two clusters, use different names.
    type: str
    default: etcd
notes:
  - The name of the file must end with C(.etcd_members.yml) or C(.etcd_members.yaml).
  - The connection options may be templates. They can use lookups, and the variables from the command line (C(-e)).
  - With O(cache=true) the members and their health come from the last query. The cache has no credentials. Use
    C(--flush-cache) to query again. If you change O(endpoints), the cached answer is not used.
seealso:
  - module: quorum.etcd.etcd_cluster_info
"""

EXAMPLES = r"""
# cluster.etcd_members.yml, where one member that answers is enough
plugin: quorum.etcd.etcd_members
endpoints:
  - http://10.0.0.1:2379
  - http://10.0.0.2:2379

---
# TLS and authentication, with the password from the environment
plugin: quorum.etcd.etcd_members
endpoints:
  - https://10.0.0.1:2379
  - https://10.0.0.2:2379
ca_cert: /etc/etcd/ca.crt
username: root
password: "{{ lookup('ansible.builtin.env', 'ETCD_ROOT_PASSWORD') }}"

---
# Groups by release, a group of members that lag, and how to connect
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
# The cached members, which are at most ten minutes old
plugin: quorum.etcd.etcd_members
endpoints:
  - http://10.0.0.1:2379
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/ansible-inventory
cache_timeout: 600

---
# A second cluster, with its own names of groups and hosts
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
