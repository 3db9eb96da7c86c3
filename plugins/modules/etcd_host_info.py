#!/usr/bin/python
# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: etcd_host_info
short_description: Gather the etcd state of a host, which is its data directory, service and program
version_added: 0.1.0
description:
  - Says to which member the data in a data directory belongs. It reads the beginning of the write-ahead log. It works
    whether etcd runs or not, and needs no etcd program.
  - On request, says what the snapshots and the write-ahead log hold that another release of etcd does not start with.
  - Says whether the service runs, and which settings a restart would change for its process.
  - Pass RV(host) to M(quorum.etcd.etcd_cluster_plan) in O(quorum.etcd.etcd_cluster_plan#module:hosts).
author:
  - The quorum.etcd founders (@quorum-etcd)
extends_documentation_fragment:
  - quorum.etcd._attributes
  - quorum.etcd._attributes.info_module
options:
  name:
    description:
      - Name of the host's member.
    type: str
    required: true
  peer_urls:
    description:
      - Peer URLs of the host's member.
    type: list
    elements: str
    required: true
  client_urls:
    description:
      - Client URLs that the member advertises.
    type: list
    elements: str
    default: []
  data_dir:
    description:
      - The data directory (C(--data-dir)).
    type: path
    required: true
  wal_dir:
    description:
      - The directory of the write-ahead log (C(--wal-dir)), if it is not below the data directory.
    type: path
  service:
    description:
      - Name of the systemd unit that runs etcd.
    type: str
    default: etcd
  program:
    description:
      - The etcd program, as a path, or as a name to find in the usual directories.
    type: str
    default: etcd
  system_user:
    description:
      - The user that etcd runs as. RV(system.user) says whether it exists.
    type: str
  system_group:
    description:
      - The group that etcd runs as. RV(system.group) says whether it exists.
    type: str
  packages:
    description:
      - Packages of the distribution, as M(ansible.builtin.apt) takes them. RV(system.not_held) says which of them the
        package manager may upgrade by itself.
    type: list
    elements: str
    default: []
  first_start_file:
    description:
      - The file with the C(ETCD_INITIAL_*) variables for the member's first start. The service deletes it when the
        member is ready.
    type: path
  settings_file:
    description:
      - The file with the variables of the service. RV(host.past.data_dir) is the data directory that it names.
    type: path
  member_files:
    description:
      - Files that only a host has that was configured as a member, such as its settings, its unit and its certificates.
    type: list
    elements: path
    default: []
  unfinished_file:
    description:
      - A file that exists while the host is being configured, until its member is ready.
    type: path
  environment:
    description:
      - The variables with which the service should run. RV(host.outdated) compares them with the variables of the
        running process.
    type: dict
    default: {}
  settings:
    description:
      - Further settings with which the service should run, by the names of etcd's flags. They are compared as the
        variables that O(program) reads, see P(quorum.etcd.settings_as_environment#filter).
    type: dict
    default: {}
  files:
    description:
      - Files whose checksums to return.
    type: list
    elements: path
    default: []
  read:
    description:
      - Files whose contents to return, such as certificates. The contents are shown, so do not use this for keys.
    type: list
    elements: path
    default: []
  certificates:
    description:
      - Certificates to check. The result says which of them must be renewed.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description:
          - The certificate, in PEM form.
        type: path
        required: true
      names:
        description:
          - Host names and addresses for which the certificate must be valid.
        type: list
        elements: str
        default: []
      renew_before_days:
        description:
          - A certificate that expires within this number of days is due.
        type: float
        default: 30
      key:
        description:
          - The file of the certificate's key. A certificate that does not belong to this key is due.
        type: path
      ca:
        description:
          - The certificate of a CA, in PEM form. A certificate that another CA has signed is due.
        type: str
      given:
        description:
          - The certificate that you provide for this host, in PEM form. Any other certificate is due. Of the options
            above, only O(certificates[].key) is then used.
        type: str
      given_key:
        description:
          - The SHA-256 checksum of the key of O(certificates[].given). A certificate with any other key is due.
        type: str
  raft_files:
    description:
      - Whether to read the snapshots and the write-ahead log for RV(host.raft_files). A full segment of the log, which
        is 64 MB, takes about a second, or up to three seconds when its entries are very small.
    type: bool
    default: false
  expiry_files:
    description:
      - Files of certificates and CA bundles. RV(expiring) names the certificates in them that expire.
    type: list
    elements: path
    default: []
  expires_within_days:
    description:
      - The number of days for RV(expiring).
    type: float
    default: 30
seealso:
  - module: quorum.etcd.etcd_cluster_plan
"""

EXAMPLES = r"""
- name: Gather this host's etcd state
  quorum.etcd.etcd_host_info:
    name: n1
    peer_urls:
      - https://10.0.0.1:2380
    data_dir: /var/lib/etcd/default
  register: found

- name: Stop if this is not a new host
  ansible.builtin.assert:
    that: found.host.data_dir.state in ['absent', 'empty']
"""

RETURN = r"""
host:
  description: The host, in the form that M(quorum.etcd.etcd_cluster_plan) takes.
  type: dict
  returned: success
  sample:
    name: n1
    peer_urls: [https://10.0.0.1:2380]
    client_urls: [https://10.0.0.1:2379]
    data_dir:
      path: /var/lib/etcd
      wal_dir: /var/lib/etcd/member/wal
      state: data
      member_id: 8211f1d0f64f3269
      cluster_id: 8a8f1b6a3b2a5d1c
      reason: null
    running: true
    outdated: []
    first_start: null
    raft_files: null
    release: 3.6.16
  contains:
    name:
      description: The option O(name).
      type: str
      returned: always
      sample: n1
    peer_urls:
      description: The option O(peer_urls).
      type: list
      elements: str
      returned: always
      sample: [https://10.0.0.1:2380]
    client_urls:
      description: The option O(client_urls).
      type: list
      elements: str
      returned: always
      sample: [https://10.0.0.1:2379]
    data_dir:
      description: The content of the data directory.
      type: dict
      returned: always
      sample:
        path: /var/lib/etcd
        wal_dir: /var/lib/etcd/member/wal
        state: data
        member_id: 8211f1d0f64f3269
        cluster_id: 8a8f1b6a3b2a5d1c
        reason: null
      contains:
        path:
          description: The option O(data_dir).
          type: str
          returned: always
          sample: /var/lib/etcd
        wal_dir:
          description: The directory of the write-ahead log. It is the option O(wal_dir), or C(member/wal) in the data
            directory.
          type: str
          returned: always
          sample: /var/lib/etcd/member/wal
        state:
          description:
            - One of V(absent), V(empty), V(data), V(incomplete) and V(unreadable). A failed first start leaves an empty
              data directory.
            - A database without its write-ahead log is incomplete, and so is a log in O(wal_dir) without its database.
          type: str
          returned: always
          sample: data
        member_id:
          description: Id of the member to which the data belongs, in hexadecimal. Null when there is no data.
          type: str
          returned: always
          sample: 8211f1d0f64f3269
        cluster_id:
          description: Id of the cluster to which the data belongs, in hexadecimal. Null when there is no data.
          type: str
          returned: always
          sample: 8a8f1b6a3b2a5d1c
        reason:
          description: Why the data directory is incomplete or unreadable. Null when it is neither.
          type: str
          returned: always
          sample: null
    running:
      description: Whether the service has a process.
      type: bool
      returned: always
      sample: true
    outdated:
      description:
        - Names of the variables that a restart would change for the process. V(etcd) means that the program was
          replaced after the start of the process.
        - The variables of the first start are never in this list.
      type: list
      elements: str
      returned: always
      sample: []
    release:
      description: The etcd release of O(program). Null if there is no such program.
      type: str
      returned: always
      sample: 3.6.16
    first_start:
      description: The settings of the member's first start. Null after the member has been ready, and before these
        settings exist.
      type: dict
      returned: always
      sample: null
      contains:
        initial_cluster:
          description: The value of C(ETCD_INITIAL_CLUSTER).
          type: str
          returned: always
          sample: n1=https://10.0.0.1:2380
        state:
          description: The value of C(ETCD_INITIAL_CLUSTER_STATE).
          type: str
          returned: always
          sample: new
    past:
      description: What shows that the host was configured as a member before.
      type: dict
      returned: always
      sample:
        files: [/etc/etcd/etcd.env]
        data_dir: /var/lib/etcd
        process_data_dir: /var/lib/etcd
        holds_data: true
        wal_dir: /var/lib/etcd/member/wal
        process_wal_dir: /var/lib/etcd/member/wal
        holds_log: true
        unfinished: false
      contains:
        files:
          description: The files in O(member_files) that exist.
          type: list
          elements: str
          returned: always
          sample: [/etc/etcd/etcd.env]
        data_dir:
          description: The data directory that O(settings_file) names. Null when it names none.
          type: str
          returned: always
          sample: /var/lib/etcd
        process_data_dir:
          description: The data directory with which the running process was started. Null when that is not known.
          type: str
          returned: always
          sample: /var/lib/etcd
        holds_data:
          description: Whether there is anything in RV(host.past.data_dir).
          type: bool
          returned: always
          sample: true
        wal_dir:
          description: The directory of the write-ahead log by the variables in O(settings_file), which is C(member/wal)
            in the data directory if they name none. Null when that is not known.
          type: str
          returned: always
          sample: /var/lib/etcd/member/wal
        process_wal_dir:
          description: The directory of the write-ahead log with which the running process was started. Null when that
            is not known.
          type: str
          returned: always
          sample: /var/lib/etcd/member/wal
        holds_log:
          description: Whether there is a write-ahead log in RV(host.past.wal_dir).
          type: bool
          returned: always
          sample: true
        unfinished:
          description: Whether O(unfinished_file) exists.
          type: bool
          returned: always
          sample: false
    raft_files:
      description: What the snapshots and the write-ahead log hold. Null unless O(raft_files=true).
      type: dict
      returned: always
      sample:
        snapshot_index: 0
        last_v2_request_index: 4
        last_v2_read_index: 0
        v2_keys: []
        last_index: 9
        reason: null
      contains:
        snapshot_index:
          description: Index of the newest snapshot that etcd would start from. V(0) when there is none.
          type: int
          returned: always
          sample: 0
        last_v2_request_index:
          description:
            - Index of the last entry after that snapshot that etcd 3.7 cannot read. V(0) when there is none.
            - Etcd up to 3.5 writes such entries at every start of a member. Etcd 3.6 reads them, and etcd 3.7 panics.
          type: int
          returned: always
          sample: 4
        last_v2_read_index:
          description:
            - Index of the last entry after that snapshot with a read of etcd's version 2. V(0) when there is none.
            - Etcd 3.4 writes one for each answer at C(/health), etcd 3.5 only with C(enable-v2). Etcd 3.6 panics at it.
          type: int
          returned: always
          sample: 0
        v2_keys:
          description:
            - The first five keys of etcd's version 2, in the snapshot or in the log, with which etcd 3.6 does not
              start.
            - For a request without a key it is the method of the request.
          type: list
          elements: str
          returned: always
          sample: []
        last_index:
          description: Index of the last entry of the log.
          type: int
          returned: always
          sample: 9
        reason:
          description: Why the files cannot be read. Null when they can.
          type: str
          returned: always
          sample: null
service:
  description: The systemd unit.
  type: dict
  returned: success
  sample:
    known: true
    enabled: true
    state: active
    need_daemon_reload: false
    sandboxing: true
    marks: {}
  contains:
    known:
      description: Whether systemd has loaded such a unit.
      type: bool
      returned: always
      sample: true
    enabled:
      description: Whether the unit starts at boot.
      type: bool
      returned: always
      sample: true
    state:
      description: The unit's state in systemd's words.
      type: str
      returned: always
      sample: active
    need_daemon_reload:
      description: Whether the files of the unit have changed since systemd read them.
      type: bool
      returned: always
      sample: false
    sandboxing:
      description: Whether systemd can filter the system calls of a service. It cannot in a container without
        privileges.
      type: bool
      returned: always
      sample: true
    marks:
      description: The variables of the process whose names begin with C(QUORUM_ETCD_). They tell the role with which
        unit and which CA bundles the process was started.
      type: dict
      returned: always
      sample: {}
system:
  description: Accounts and packages of the host.
  type: dict
  returned: success
  sample: {user: true, group: true, not_held: [etcd-server]}
  contains:
    user:
      description: Whether O(system_user) exists.
      type: bool
      returned: always
      sample: true
    group:
      description: Whether O(system_group) exists.
      type: bool
      returned: always
      sample: true
    not_held:
      description: Those of O(packages) that are installed with C(dpkg) and are not on hold. Always empty on hosts
        without C(dpkg).
      type: list
      elements: str
      returned: always
      sample: [etcd-server]
version:
  description: Release of the etcd program. Null when there is no program.
  type: str
  returned: success
  sample: 3.5.16
files:
  description: The SHA-256 checksums of O(files), by path. Null for a file that does not exist.
  type: dict
  returned: success
  sample: {/etc/etcd/pki/ca.crt: null}
contents:
  description: The contents of the files in O(read), by path. Null for a file that does not exist.
  type: dict
  returned: success
  sample: {/etc/etcd/pki/ca.crt: null}
certificates:
  description: The certificates in O(certificates), in the same order.
  type: list
  elements: dict
  returned: success
  sample:
    - path: /etc/etcd/pki/server.crt
      due: it expires in 12 days
      given: null
      usable: true
  contains:
    path:
      description: The certificate.
      type: str
      returned: always
      sample: /etc/etcd/pki/server.crt
    due:
      description: Why the certificate must be renewed. Null when it is not due.
      type: str
      returned: always
      sample: it expires in 12 days
    given:
      description: The option O(certificates[].given).
      type: str
      returned: always
      sample: null
    usable:
      description: Whether the certificate exists, can be read and belongs to its key.
      type: bool
      returned: always
      sample: true
expiring:
  description: The certificates in O(expiry_files) that expire within O(expires_within_days).
  type: list
  elements: dict
  returned: success
  sample: [{path: /etc/etcd/pki/ca.crt, ca: true, common_name: orders ca, days: 12}]
  contains:
    path:
      description: The file.
      type: str
      returned: always
      sample: /etc/etcd/pki/ca.crt
    ca:
      description: Whether the certificate is that of a CA.
      type: bool
      returned: always
      sample: true
    common_name:
      description: The common name in the certificate. Empty when it has none.
      type: str
      returned: always
      sample: orders ca
    days:
      description: Whole days until it expires. Negative when it has expired.
      type: int
      returned: always
      sample: 12
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.quorum.etcd.plugins.module_utils._module.etcd_host_info import (
    CERTIFICATES,
    describe_host,
    runner_of,
)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "peer_urls": {"type": "list", "elements": "str", "required": True},
            "client_urls": {"type": "list", "elements": "str", "default": []},
            "data_dir": {"type": "path", "required": True},
            "wal_dir": {"type": "path"},
            "service": {"type": "str", "default": "etcd"},
            "program": {"type": "str", "default": "etcd"},
            "system_user": {"type": "str"},
            "system_group": {"type": "str"},
            "packages": {"type": "list", "elements": "str", "default": []},
            "first_start_file": {"type": "path"},
            "settings_file": {"type": "path"},
            "member_files": {"type": "list", "elements": "path", "default": []},
            "unfinished_file": {"type": "path"},
            "environment": {"type": "dict", "default": {}},
            "settings": {"type": "dict", "default": {}},
            "files": {"type": "list", "elements": "path", "default": []},
            "read": {"type": "list", "elements": "path", "default": []},
            "certificates": {"type": "list", "elements": "dict", "default": [], "options": CERTIFICATES},
            "raft_files": {"type": "bool", "default": False},
            "expiry_files": {"type": "list", "elements": "path", "default": []},
            "expires_within_days": {"type": "float", "default": 30.0},
        },
        supports_check_mode=True,
    )
    module.exit_json(**describe_host(module.params, runner_of(module)))


if __name__ == "__main__":
    main()
