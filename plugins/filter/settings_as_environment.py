# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: settings_as_environment
short_description: Turn etcd's settings into the environment variables that etcd reads
version_added: 0.1.0
author:
  - The quorum.etcd founders (@quorum-etcd)
description:
  - etcd reads every command line flag also from an environment variable, for example C(--snapshot-count) from
    E(ETCD_SNAPSHOT_COUNT).
options:
  _input:
    description:
      - Settings by the name of their flag, without the leading dashes. You can write underscores instead of dashes.
      - Lists become comma-separated texts, and booleans become V(true) or V(false). Settings that are null are left
        out.
      - If two settings have the same variable, the later one counts.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the variables
  ansible.builtin.debug:
    msg: "{{ {'snapshot-count': 10000, 'pre-vote': true} | quorum.etcd.settings_as_environment }}"
    # ETCD_SNAPSHOT_COUNT is '10000', and ETCD_PRE_VOTE is 'true'
"""

RETURN = r"""
_value:
  description: The variables, all values as text.
  type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError


def settings_as_environment(settings: t.Any) -> dict[str, str]:
    """See DOCUMENTATION. Raises AnsibleFilterError for what is no dictionary of plain values."""
    if not isinstance(settings, t.Mapping):
        raise AnsibleFilterError(f"settings_as_environment needs a dictionary of settings, not {settings!r}")
    variables: dict[str, str] = {}
    for name, value in settings.items():
        variable = "ETCD_" + str(name).strip("-").upper().replace("-", "_")
        variables.pop(variable, None)
        if value is not None:
            variables[variable] = _text(name, value)
    return variables


def _text(name: str, value: t.Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(_text(name, one) for one in value)
    text = str(value)
    if isinstance(value, t.Mapping) or "\n" in text:
        raise AnsibleFilterError(f"the setting {name} must be a plain value in one line, not {value!r}")
    return text


class FilterModule:
    """Ansible's way of finding the filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"settings_as_environment": settings_as_environment}
