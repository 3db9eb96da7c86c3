# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""etcd_ca_info: from its parameters to its return values."""

from __future__ import annotations

import os
import typing as t

from .._operations.file_facts import text_of

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def read_ca_certificates(module: AnsibleModule) -> None:
    """Exits with the certificates of those names that exist, or fails where one cannot be read."""
    folder, names = module.params["path"], module.params["names"]
    try:
        found = {name: text_of(os.path.join(folder, name + ".crt")) for name in names}
    except OSError as error:
        module.fail_json(
            msg="%s cannot be read: %s. Run this as a user who may read it." % (error.filename, error.strerror)
        )
    module.exit_json(changed=False, certificates={name: text for name, text in found.items() if text is not None})
