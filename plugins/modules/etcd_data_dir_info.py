#!/usr/bin/python
# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: etcd_data_dir_info
short_description: Read the data directory of a stopped member
version_added: 0.1.0
description:
  - Reads on a host what the data directory of a member holds. These are the members that it knows, the index up to
    which its log goes, the revision of its keys, and more. It needs no etcd and changes nothing.
  - It reads etcd's own files, of every release from 3.4 to 3.7. What it cannot read, it returns as null, and says why
    in RV(directory.damaged).
  - While an etcd runs, the answer is true of a moment. RV(directory.in_use) says so.
  - It never reads values of keys, and no hashes of passwords.
author:
  - The quorum.etcd founders (@quorum-etcd)
extends_documentation_fragment:
  - quorum.etcd._attributes
  - quorum.etcd._attributes.info_module
options:
  data_dir:
    description:
      - The data directory. The user of this task must be able to read it.
    type: path
    required: true
  wal_dir:
    description:
      - The directory of the write-ahead log, if it is not in the data directory.
    type: path
  count_keys:
    description:
      - Also counts the keys and the pages of the database. This takes some seconds for each gigabyte. It does nothing
        while an etcd runs.
    type: bool
    default: false
seealso:
  - module: quorum.etcd.etcd_host_info
"""

EXAMPLES = r"""
- name: Read what the member on each host has
  quorum.etcd.etcd_data_dir_info:
    data_dir: /var/lib/etcd
  become: true
  register: stopped

- name: Show how far each member came
  ansible.builtin.debug:
    msg: "{{ stopped.directory.last_index }} entries, of which {{ stopped.directory.known_commit }} are committed"

- name: Count the keys of a member whose log is on its own disk
  quorum.etcd.etcd_data_dir_info:
    data_dir: /var/lib/etcd
    wal_dir: /var/lib/etcd-wal
    count_keys: true
  become: true
"""

RETURN = r"""
directory:
  description: What the data directory holds. Whatever is not known is null.
  type: dict
  returned: success
  sample:
    in_use: false
    cluster_id: 8a8f1b6a3b2a5d1c
    member_id: 8211f1d0f64f3269
    term: 4
    vote: 8211f1d0f64f3269
    commit_index: 1204
    known_commit: 1205
    last_index: 1206
    last_term: 4
    snapshot_index: 1000
    torn: null
    members: &members
      - id: 8211f1d0f64f3269
        name: n1
        peer_urls: [https://10.0.0.1:2380]
        client_urls: [https://10.0.0.1:2379]
        is_learner: false
    removed: []
    members_at_last_index: *members
    stored_members: *members
    stored_removed: []
    consistent_index: 1205
    database_term: 4
    revision: 980
    compacted_revision: 500
    storage_version: 3.6.0
    cluster_version: 3.6.0
    downgrade_target: null
    auth_enabled: false
    users: []
    roles: []
    alarms: []
    database_size: 20480000
    database_in_use: null
    database_keys: null
    damaged: []
  contains:
    in_use:
      description: Whether an etcd has the database open.
      type: bool
      returned: always
      sample: false
    cluster_id:
      description: Id of the cluster, in hexadecimal.
      type: str
      returned: always
      sample: 8a8f1b6a3b2a5d1c
    member_id:
      description: Id of the member, in hexadecimal.
      type: str
      returned: always
      sample: 8211f1d0f64f3269
    term:
      description: The last term of raft that the member knows.
      type: int
      returned: always
      sample: 4
    vote:
      description: Id of the member for which it voted in this term, in hexadecimal. Null if it did not vote.
      type: str
      returned: always
      sample: 8211f1d0f64f3269
    commit_index:
      description: The index up to which the log says that its entries are committed.
      type: int
      returned: always
      sample: 1204
    known_commit:
      description:
        - The highest index that the member knows to be committed. It is RV(directory.commit_index) or
          RV(directory.consistent_index), as etcd often writes down later that an entry is committed.
      type: int
      returned: always
      sample: 1205
    last_index:
      description:
        - Index of the last entry of the log. Entries after RV(directory.known_commit) may be committed by the cluster
          all the same.
      type: int
      returned: always
      sample: 1206
    last_term:
      description: Term of the last entry of the log.
      type: int
      returned: always
      sample: 4
    snapshot_index:
      description: Index of the newest snapshot of the log. V(0) if there is none.
      type: int
      returned: always
      sample: 1000
    torn:
      description: Why the last record of the log does not count. Etcd was stopped while it wrote this record, and cuts
        it off at its next start. Null if the log ends with a whole record.
      type: str
      returned: always
      sample: null
    members:
      description:
        - The members of the cluster, as this member knows them. They are those of its newest snapshot, with the changes
          up to RV(directory.known_commit).
      type: list
      elements: dict
      returned: always
      sample: *members
      contains: &member
        id:
          description: Id of the member, in hexadecimal.
          type: str
          returned: always
          sample: 8211f1d0f64f3269
        name:
          description: Name of the member. Empty if it never started.
          type: str
          returned: always
          sample: n1
        peer_urls:
          description: The peer URLs.
          type: list
          elements: str
          returned: always
          sample: [https://10.0.0.1:2380]
        client_urls:
          description: The client URLs. Empty if the member never started.
          type: list
          elements: str
          returned: always
          sample: [https://10.0.0.1:2379]
        is_learner:
          description: Whether it is a learner.
          type: bool
          returned: always
          sample: false
    removed:
      description: Ids of the members that were removed, as this member knows them, in hexadecimal.
      type: list
      elements: str
      returned: always
      sample: []
    members_at_last_index:
      description: The members that the cluster has if every entry of the log is committed.
      type: list
      elements: dict
      returned: always
      sample: *members
      contains: *member
    stored_members:
      description:
        - The members in the database. Etcd before 3.6 writes them and does not read them. Some of its releases leave
          out changes.
      type: list
      elements: dict
      returned: always
      sample: *members
      contains: *member
    stored_removed:
      description: Ids of the removed members in the database, in hexadecimal.
      type: list
      elements: str
      returned: always
      sample: []
    consistent_index:
      description: Index of the last entry that is in the database.
      type: int
      returned: always
      sample: 1205
    database_term:
      description: Term of the last entry that is in the database. Null for etcd before 3.5.
      type: int
      returned: always
      sample: 4
    revision:
      description: The revision of the keys in the database.
      type: int
      returned: always
      sample: 980
    compacted_revision:
      description: The revision up to which the keys are compacted. V(0) if they never were.
      type: int
      returned: always
      sample: 500
    storage_version:
      description: The storage version. Null for etcd before 3.6.
      type: str
      returned: always
      sample: 3.6.0
    cluster_version:
      description: The cluster version.
      type: str
      returned: always
      sample: 3.6.0
    downgrade_target:
      description: The release to which a downgrade has been allowed. Null if none has.
      type: str
      returned: always
      sample: null
    auth_enabled:
      description: Whether authentication is on.
      type: bool
      returned: always
      sample: false
    users:
      description: Names of etcd's users.
      type: list
      elements: str
      returned: always
      sample: []
    roles:
      description: Names of etcd's roles.
      type: list
      elements: str
      returned: always
      sample: []
    alarms:
      description: The alarms, each with RV(ignore:member_id) in hexadecimal and RV(ignore:alarm).
      type: list
      elements: dict
      returned: always
      sample: []
    database_size:
      description: The size of the database in bytes.
      type: int
      returned: always
      sample: 20480000
    database_in_use:
      description: How much of the size is in use. Null unless O(count_keys=true).
      type: int
      returned: always
      sample: null
    database_keys:
      description:
        - How many keys the database has, with all revisions that are not compacted, and with etcd's own keys. The
          command C(etcdutl snapshot status) of etcd 3.5 counts the same. That of etcd 3.6 counts a key with many
          revisions once. Null unless O(count_keys=true).
      type: int
      returned: always
      sample: null
    damaged:
      description: What cannot be read, and why.
      type: list
      elements: str
      returned: always
      sample: []
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.quorum.etcd.plugins.module_utils._module.etcd_data_dir_info import describe_data_dir


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "data_dir": {"type": "path", "required": True},
            "wal_dir": {"type": "path"},
            "count_keys": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    module.exit_json(**describe_data_dir(module.params))


if __name__ == "__main__":
    main()
