# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Settings of etcd as the variables that a certain release reads.

etcd takes every flag from an environment variable as well, and only warns of a variable that it does not know
(pkg/flags/flag.go verifyEnv): a setting under the name of another release would be off, and nobody would notice. So
each setting is given under the name that the release knows. Which settings have no such name, and are refused before
anything is written, `settings` says.
"""

from __future__ import annotations

import typing as t

from . import flags
from .flags import BECAME_FEATURE, FEATURE_GATES, FEATURES, FLAGS, flag_name
from .versions import Version

_TRUE = frozenset(["1", "t", "T", "TRUE", "true", "True"])


def environment_of(settings: t.Mapping[t.Any, t.Any], release: str = "") -> dict[str, str]:
    """The variables of these settings, as `release` knows them; under the given names if it is not known, or older
    than 3.4.

    A setting that is null is left out. Of two that mean the same, the later one counts.
    """
    return {"ETCD_" + name.upper().replace("-", "_"): text for name, text in settings_for(settings, release).items()}


def settings_for(settings: t.Mapping[t.Any, t.Any], release: str = "") -> dict[str, str]:
    """The settings as text, by the names that `release` knows.

    Left out is what it has under no name: a flag that it lacks, and a feature that it lacks and that is to be off.
    """
    version = flags.vocabulary_of(release)
    if version is None:
        return _by_name(settings, flag_name)
    features = features_of(settings)
    others = {
        key: value
        for key, value in settings.items()
        if flag_name(key) not in BECAME_FEATURE and flag_name(key) != FEATURE_GATES
    }
    named = ((_known_as(name, version), text) for name, text in _by_name(others, _newest_name).items())
    return {**{name: text for name, text in named if name}, **_switches(features, version)}


def _newest_name(key: t.Any) -> str:
    return flags.newest_name(flag_name(key))


def _known_as(name: str, version: Version) -> str:
    """What no release of the table knows may be the flag of a newer one."""
    return flags.name_for(name, version) if name in FLAGS else name


def _by_name(settings: t.Mapping[t.Any, t.Any], name_of: t.Callable[[t.Any], str]) -> dict[str, str]:
    named: dict[str, str] = {}
    for key, value in settings.items():
        named.pop(name_of(key), None)
        if value is not None:
            named[name_of(key)] = text_of(value)
    return named


def text_of(value: t.Any) -> str:
    """A setting as etcd reads it: a list with commas, a truth value in lower case."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(map(text_of, value))
    return str(value)


# Features


def features_of(settings: t.Mapping[t.Any, t.Any]) -> dict[str, str]:
    """Which features are switched, by `feature-gates` or by the flags that were there before it, and to what."""
    switched: dict[str, str] = {}
    for key, value in settings.items():
        name = flag_name(key)
        given = {BECAME_FEATURE[name]: value} if name in BECAME_FEATURE else {}
        if name == FEATURE_GATES and value is not None:
            given = dict(gates_in(text_of(value)))
        for feature, switch in given.items():
            switched.pop(feature, None)
            if switch is not None:
                switched[feature] = text_of(switch)
    return switched


def gates_in(text: str) -> tuple[tuple[str, str], ...]:
    """The features in a value of `feature-gates`, each with what it is switched to; empty if that is missing
    (pkg/featuregate/feature_gate.go Set).
    """
    parts = (part.partition("=") for part in text.split(",") if part.strip())
    return tuple((name.strip(), value.strip()) for name, _equals, value in parts)


def is_on(switch: str) -> bool:
    return switch in _TRUE


def feature_flag(feature: str, version: Version) -> str:
    """The flag that switches a feature in this release; empty if the release does not have the feature."""
    known = FEATURES.get(feature)
    if known is None or version[:2] >= known.since:
        return FEATURE_GATES if FLAGS[FEATURE_GATES].is_known_to(version) else ""
    return known.former_flag if known.former_flag and FLAGS[known.former_flag].is_known_to(version) else ""


def _switches(features: t.Mapping[str, str], version: Version) -> dict[str, str]:
    by_flag = [(feature_flag(feature, version), feature, switch) for feature, switch in features.items()]
    gates = ",".join(f"{feature}={switch}" for flag, feature, switch in by_flag if flag == FEATURE_GATES)
    former = {flag: switch for flag, _feature, switch in by_flag if flag not in (FEATURE_GATES, "")}
    return {**former, **({FEATURE_GATES: gates} if gates else {})}
