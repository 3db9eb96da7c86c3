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
  - Names differ between releases, and etcd only warns of a variable that it does not know. With O(release), each
    setting gets the name that this release knows. For example C(experimental-initial-corrupt-check) becomes a part of
    C(feature-gates) from etcd 3.6 on, and C(feature-gates) becomes flags of their own before.
options:
  _input:
    description:
      - Settings by the name of their flag, without the leading dashes. You can write underscores instead of dashes.
      - Lists become comma-separated texts, and booleans become V(true) or V(false). Settings that are null are left
        out.
      - If two settings mean the same, the later one counts.
    type: dict
    required: true
  release:
    description:
      - The release of etcd that is to read the variables, such as V(3.7.3). What it has under no name is left out. Use
        P(quorum.etcd.option_problems#filter) before, to learn which of the settings that is.
      - If it is empty, the settings keep their names.
    type: str
    default: ''
"""

EXAMPLES = r"""
- name: Show the variables
  ansible.builtin.debug:
    msg: "{{ {'snapshot-count': 10000, 'pre-vote': true} | quorum.etcd.settings_as_environment }}"
    # ETCD_SNAPSHOT_COUNT is '10000', and ETCD_PRE_VOTE is 'true'

- name: Show the variables for another release
  ansible.builtin.debug:
    msg: "{{ {'experimental-initial-corrupt-check': true} | quorum.etcd.settings_as_environment('3.7.3') }}"
    # ETCD_FEATURE_GATES is 'InitialCorruptCheck=true'
"""

RETURN = r"""
_value:
  description: The variables, all values as text.
  type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError


def settings_as_environment(settings: t.Any, release: str | None = "") -> dict[str, str]:
    """See DOCUMENTATION. Raises AnsibleFilterError for what is no dictionary of plain values."""
    # Imported here, since each worker of Ansible that needs one filter of a collection loads all of them.
    from ansible_collections.quorum.etcd.plugins.module_utils._membership.environment import environment_of

    if not isinstance(settings, t.Mapping):
        raise AnsibleFilterError(f"settings_as_environment needs a dictionary of settings, not {settings!r}")
    for name, value in settings.items():
        if not all(map(_is_plain, value if isinstance(value, (list, tuple)) else [value])):
            raise AnsibleFilterError(f"the setting {name} must be a plain value in one line, not {value!r}")
    return environment_of(settings, str(release or ""))


def _is_plain(value: t.Any) -> bool:
    return not isinstance(value, (t.Mapping, list, tuple)) and "\n" not in str(value)


class FilterModule:
    """Ansible's way of finding the filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"settings_as_environment": settings_as_environment}
