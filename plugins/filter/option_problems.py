# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: option_problems
short_description: What is wrong with variables of the role etcd_cluster
version_added: 0.1.0
author:
  - The quorum.etcd founders (@quorum-etcd)
description:
  - Checks variables of the role P(quorum.etcd.etcd_cluster#role), each by itself and beside the others, before any host
    is touched.
  - It knows the flags of etcd 3.4 to 3.7, and refuses settings that no release knows or that would override the role.
  - With O(release), it warns of settings that this release deprecates.
options:
  _input:
    description:
      - Variables of the role by name. Variables that are not given are not checked.
    type: dict
    required: true
  release:
    description:
      - The release of etcd that is to read C(etcd_cluster_settings), such as V(3.5.30). It has to know every flag,
        under this name or another one. If it is empty, a flag is accepted if any release knows it.
    type: str
    default: ''
  secrets:
    description:
      - Secret variables of the role by name. They must not occur in what the role reads from results, where Ansible
        replaces them with asterisks. They are never shown.
    type: dict
    default: {}
seealso:
  - plugin: quorum.etcd.settings_as_environment
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show what is wrong with the settings
  ansible.builtin.debug:
    msg: "{{ {'etcd_cluster_settings': {'quota-backend-byte': 1}} | quorum.etcd.option_problems('3.5.30') }}"
"""

RETURN = r"""
_value:
  description: One sentence or more for each problem. The list is empty if there is none.
  type: list
  elements: str
  sample:
    - etcd_cluster_settings sets quota-backend-byte, which is not a flag of etcd 3.5.30. Did you mean
      quota-backend-bytes?
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display


def option_problems(
    options: t.Any, release: str | None = "", secrets: t.Mapping[str, t.Any] | None = None
) -> list[str]:
    """See DOCUMENTATION. Raises AnsibleFilterError for what is no dictionary."""
    # Imported here, since each worker of Ansible that needs one filter of a collection loads all of them.
    from ansible_collections.quorum.etcd.plugins.module_utils._membership import role_options, settings

    if not isinstance(options, t.Mapping):
        raise AnsibleFilterError(f"option_problems needs a dictionary of variables, not {options!r}")
    given = options.get(settings.SETTINGS)
    for deprecation in settings.deprecations(given, str(release or "")) if isinstance(given, t.Mapping) else ():
        Display().warning(deprecation)
    return [*role_options.problems(options, str(release or "")), *role_options.secret_problems(secrets or {}, options)]


class FilterModule:
    """Ansible's way of finding the filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"option_problems": option_problems}
