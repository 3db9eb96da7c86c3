# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""etcd from a distribution's packages, up and down again, on a host with apt and a mirror of its own; and disks that
are too small for what is brought to them.

The packages do what those of distributions do: they start their service, restart it after an upgrade, have a file of
settings that was changed on the host and in the next release, and call their etcd by a version of their own.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ansible_playbook import TaskEnded, run
from tests.testbed import archives, releases
from tests.testbed.docker import lab
from tests.testbed.docker.lab import Scenario
from tests.testbed.docker.ownership import LAB

OLD, NEW = "3.6.16", "3.7.3"
TOO_LARGE = "3.7.2"
"""A release whose packages say that they need more than any disk has."""
ANOTHER = f"{NEW}0"
"""A release that fits the pattern for NEW as well."""
VARIABLES = {
    "release": "",
    "ansible_become": False,
    "etcd_cluster_address": "{{ etcd_address }}",
    "etcd_cluster_tls": False,
    "etcd_cluster_allow_plaintext": True,
    "etcd_cluster_settings": {"unsafe-no-fsync": True, "compaction-batch-limit": 2000},
    "etcd_cluster_packages": ["etcd-server{{ release }}", "etcd-client{{ release }}"],
}
BEFORE = "3.5.34+vendor"
BY_HAND = """
set -e
sed --in-place "s/$1+vendor/$2/" /usr/bin/etcd
cd /usr/lib/etcd
cp etcd etcd.new
mv etcd.new etcd
"""
"""A program says that it is a release of the minor before, and is another file than the one that runs."""
LOWER = """
etcdctl downgrade enable 3.5
timeout 30 sh -c 'until etcdctl endpoint status --write-out json | grep --quiet storageVersion...3[.]5; do :; done'
"""
"""Etcd lowers the data for that program."""
PIN = "printf 'Package: etcd-*\\nPin: version %s-1\\nPin-Priority: -1\\n' $1 > /etc/apt/preferences.d/etcd"
OWN_DEFAULTS = "# our own"
PACKAGES = r"""
set -e
programs=$1 too_large=$2 another=$3
package() {
    mkdir -p /tmp/tree/DEBIAN
    printf 'Package: %s\nVersion: %s-1\nInstalled-Size: %s\n' $1 $2 $3 > /tmp/tree/DEBIAN/control
    printf 'Architecture: all\nMaintainer: nobody\nDescription: etcd\n' >> /tmp/tree/DEBIAN/control
    dpkg-deb -Znone --build /tmp/tree /srv/mirror/$1_$2.deb > /dev/null
    rm -rf /tmp/tree
}
mkdir -p /srv/mirror
cd /srv/mirror
for release in $(ls $programs) $too_large $another; do
    size=60000; [ $release != $too_large ] || size=9000000000
    mkdir -p /tmp/tree/DEBIAN /tmp/tree/usr/bin /tmp/tree/usr/lib/etcd /tmp/tree/etc/default
    cat > /tmp/tree/usr/bin/etcd <<END
#!/bin/sh
[ "\$1" != --version ] || exec echo "etcd Version: $release+vendor"
exec /usr/lib/etcd/etcd "\$@"
END
    chmod 755 /tmp/tree/usr/bin/etcd
    [ ! -d $programs/$release ] || cp $programs/$release/etcd /tmp/tree/usr/lib/etcd/
    echo "# the defaults of $release" > /tmp/tree/etc/default/etcd
    echo /etc/default/etcd > /tmp/tree/DEBIAN/conffiles
    printf '#!/bin/sh\nsystemctl daemon-reload\ndeb-systemd-invoke restart etcd.service\n' > /tmp/tree/DEBIAN/postinst
    chmod 755 /tmp/tree/DEBIAN/postinst
    package etcd-server $release $size
    mkdir -p /tmp/tree/usr/bin
    [ ! -d $programs/$release ] || cp $programs/$release/etcdctl /tmp/tree/usr/bin/
    package etcd-client $release $size
done
for file in *.deb; do
    dpkg-deb --field $file
    printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' $file $(stat --format %s $file) $(sha256sum $file | cut -c -64)
done > Packages
# What Ansible's module needs is not in this mirror.
apt-get update
DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends python3-apt
rm -rf /etc/apt/sources.list.d/*
# Copied, as from a mirror elsewhere.
echo 'deb [trusted=yes] copy:/srv/mirror ./' > /etc/apt/sources.list
apt-get update
"""
"""What is done on the host, given a folder with the programs of each release."""


@dataclass(frozen=True)
class AptHost:
    """A host, as the user of the playbooks and as root on it."""

    folder: Path
    programs: Path
    """The programs of each release, on the host."""
    container: Any

    def root(self, command: str, *arguments: object) -> str:
        code, output = self.container.exec_run(["sh", "-c", command, "sh", *map(str, arguments)])
        assert code == 0, output.decode()
        return output.decode().strip()

    def play(self, playbook: str, *options: str, **variables: object) -> list[TaskEnded]:
        arguments = ["-i", str(self.folder / "hosts.yml"), f"quorum.etcd.{playbook}", *options]
        return run([*arguments, "--extra-vars", json.dumps(variables)], self.folder)

    def plays(self, playbook: str, *options: str, **variables: object) -> list[TaskEnded]:
        ended = self.play(playbook, *options, **variables)
        assert [task.result.get("msg") for task in ended if task.outcome not in ("ok", "skipped")] == []
        return ended

    def stops(self, playbook: str, **variables: object) -> str:
        """What a run says that fails. It has restarted nothing, and left nothing behind."""
        starts = self.starts
        failed = [task for task in self.play(playbook, **variables) if task.outcome == "failed"]
        assert failed, "it did not fail"
        assert self.starts == starts
        assert self.leftovers == ""
        return failed[-1].result["msg"]

    def stages(self, *given: Mapping[str, object]) -> list[str]:
        """What the part of the role that stages a release says to each of these variables, all of which are wrong."""
        none_found = {"etcd_cluster__found": {"version": None}}
        role = {"name": "quorum.etcd.etcd_cluster", "tasks_from": "install/stage.yml"}
        stage = {"name": "Stage", "ansible.builtin.include_role": role}
        goes_on = {"name": "Go on", "ansible.builtin.meta": "noop"}
        tasks: list[dict[str, object]] = [
            {"name": "Try", "block": [stage], "vars": {**none_found, **one}, "rescue": [goes_on]} for one in given
        ]
        (self.folder / "stage.yml").write_text(
            yaml.safe_dump([{"name": "Stage", "hosts": "etcd", "gather_facts": False, "tasks": tasks}])
        )
        ended = run(["-i", str(self.folder / "hosts.yml"), str(self.folder / "stage.yml")], self.folder)
        assert self.leftovers == ""
        return [task.result["msg"] for task in ended if task.outcome == "failed" and " Stop, since " in f" {task.name}"]

    @property
    def leftovers(self) -> str:
        return self.root("find /usr /opt -name '.quorum-etcd*'")

    @property
    def starts(self) -> int:
        """How often etcd was started until now."""
        return int(self.root("journalctl --unit etcd --output cat | grep --count '^Starting '"))

    @property
    def version(self) -> str:
        return self.root("etcdctl endpoint status --write-out fields | sed -n 's/^\"Version\" : //p'").strip('"')


@pytest.fixture
def host(engine, tmp_path: Path) -> Iterator[AptHost]:
    scenario = Scenario(
        "packages",
        tmp_path / "lab",
        ("etcd1",),
        cluster={},
        kind="systemd",
        version=NEW,
        capabilities=("SYS_ADMIN",),
        has_etcd=False,
    )
    try:
        lab.create(scenario)
        inventory = yaml.safe_load(scenario.inventory.read_text())
        inventory["etcd"] = {"hosts": {"etcd1": {}}, "vars": VARIABLES}
        (tmp_path / "hosts.yml").write_text(yaml.safe_dump(inventory))
        programs = scenario.files / "programs"
        for version in (OLD, NEW):
            (programs / version).mkdir(parents=True)
            for program in releases.find(version).programs:
                shutil.copy(program, programs / version)
        (container,) = engine.containers.list(filters={"label": f"{LAB}={scenario.lab}"})
        yield AptHost(tmp_path, programs, container)
    finally:
        lab.destroy(scenario)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_packages_go_up_and_down_and_what_cannot_be_staged_stops_before_any_restart(host):
    host.root(PACKAGES, host.programs, TOO_LARGE, ANOTHER)
    host.plays("deploy", release=f"={OLD}*")
    assert host.root("etcdctl put before upgrade") == "OK"
    host.root(f"echo '{OWN_DEFAULTS}' >> /etc/default/etcd")

    refuses_packages(host)
    refuses_an_archive_without_room(host)
    goes_up_and_down(host)
    restarts_a_program_that_was_replaced_by_hand(host)


def refuses_packages(host: AptHost) -> None:
    words = host.stops("upgrade", release=f"={NEW}*", etcd_cluster_upgrade_to=NEW)
    assert f"is etcd {ANOTHER}+vendor, and etcd {NEW} was requested" in words
    unknown, too_large = host.stages({"release": "=3.7.9*"}, {"release": f"={TOO_LARGE}*"})
    assert "Version '3.7.9*' for 'etcd-server' was not found" in unknown
    assert "/usr/bin has too little room for the release: unpacked it needs 16.76 TB, and" in too_large
    host.root(PIN, NEW)
    (pinned,) = host.stages({"release": f"={NEW}-*"})
    assert f"no available installation candidate for etcd-server={NEW}-* (Most likely a pin of apt forbids" in pinned
    host.root("rm /etc/apt/preferences.d/etcd")


def refuses_an_archive_without_room(host: AptHost) -> None:
    archive = archives.pack(host.folder, NEW)
    host.root("mkdir /opt/some && mount -t tmpfs -o size=50m etcd /opt/some")
    host.root("mkdir /opt/less && mount -t tmpfs -o size=5m etcd /opt/less")
    variables = {
        "etcd_cluster_install_from": "archive",
        "etcd_cluster_archive": str(archive),
        "etcd_cluster_archive_checksum": archive.with_name(f"{archive.name}.checksum").read_text(),
    }
    some, less = host.stages(*({**variables, "etcd_cluster_program_dir": f"/opt/{one}"} for one in ("some", "less")))
    assert "etcd1 cannot stage the release, and no member was restarted: /opt/some has too little room" in some
    needed, free = map(float, re.findall(r"([0-9.]+) MB", some))
    assert 49 - archive.stat().st_size / 2**20 < free < needed
    assert "No space left on device" in less
    assert re.search(r"[(]5[.]00 MB are free in /opt/less, and the archive alone has [0-9.]+ MB[.][)]$", less)


def goes_up_and_down(host: AptHost) -> None:
    starts = host.starts
    for playbook, release in (("upgrade", NEW), ("downgrade", OLD)):
        host.plays(playbook, release=f"={release}-*", **{f"etcd_cluster_{playbook}_to": release})
        starts += 1
        # By the run alone, and not by the packages.
        assert (host.version, host.starts) == (release, starts)
        assert host.root("etcdctl get before --print-value-only") == "upgrade"
        assert host.root("apt-mark showhold").split() == ["etcd-client", "etcd-server"]
        assert OWN_DEFAULTS in host.root("cat /etc/default/etcd")
        assert host.leftovers == ""


def restarts_a_program_that_was_replaced_by_hand(host: AptHost) -> None:
    host.root(BY_HAND, OLD, BEFORE)
    words = host.stops("restart", etcd_cluster_install_from="present")
    assert f"its program is etcd {BEFORE}, and the data of the cluster need etcd 3.6" in words
    host.root(LOWER)
    ended = host.plays("restart", "--check", "--diff", etcd_cluster_install_from="present")
    (written,) = (task.result["diff"] for task in ended if task.name.endswith(f"Write the settings for etcd {BEFORE}"))
    assert 'ETCD_EXPERIMENTAL_COMPACTION_BATCH_LIMIT="2000"' in str(written)
