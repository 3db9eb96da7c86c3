# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: same_release
short_description: Whether a program or a member is a release of etcd, whoever built it
version_added: 0.1.0
author:
  - The quorum.etcd founders (@quorum-etcd)
description:
  - Vendors and distributions add words of their own to the version of etcd, as in C(3.5.21+vendor). This is the release
    3.5.21 nevertheless.
  - A pre-release such as C(3.6.0-rc.1) is not the release 3.6.0.
options:
  _input:
    description:
      - The version that the program or the member says. It may be null, which is no release.
    type: str
    required: true
  release:
    description:
      - The release, such as V(3.5.21).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Gather the release of the program
  quorum.etcd.etcd_host_info:
    name: n1
    peer_urls: [https://10.0.0.1:2380]
    data_dir: /var/lib/etcd
  register: found

- name: Stop if it is another release
  ansible.builtin.fail:
    msg: The program is etcd {{ found.version }}.
  when: found.version is not quorum.etcd.same_release('3.5.21')
"""

RETURN = r"""
_value:
  description: Whether it is this release.
  type: bool
"""

import typing as t


def same_release(version: str | None, release: str) -> bool:
    """See DOCUMENTATION."""
    # Imported here, since each worker of Ansible that needs a test loads it anew.
    from ansible_collections.quorum.etcd.plugins.module_utils._membership import versions

    return versions.same_release(str(version or ""), str(release))


class TestModule:
    """Ansible's way of finding the test."""

    def tests(self) -> dict[str, t.Callable[..., bool]]:
        return {"same_release": same_release}
