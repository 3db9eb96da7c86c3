# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""etcd_certificate_check: from its parameters to its return values."""

from __future__ import annotations

import time
import typing as t

from .._membership.certificate_problems import Use
from .._membership.refusal import UNUSABLE_CERTIFICATE, Refusal
from .._operations.certificate_files import find_problems
from .._operations.exceptions import Refused
from .results import Result


def check_certificates(params: t.Mapping[str, t.Any]) -> Result:
    """Says that the certificates can be used. Raises Refused with everything that is wrong."""
    uses = [
        Use(
            certificate=one["certificate"],
            key=one["key"],
            ca_cert=one["ca_cert"],
            names=tuple(one["names"]),
            usages=tuple(one["usages"]),
            is_anonymous=one["anonymous"],
        )
        for one in params["certificates"]
    ]
    problems = find_problems(uses, time.time())
    if problems:
        raise Refused(
            Refusal(UNUSABLE_CERTIFICATE, "; ".join(problems), "Nothing uses these files yet. Correct them first.")
        )
    return {"changed": False}
