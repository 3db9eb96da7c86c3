# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of a Molecule scenario: made in the cluster state that it starts from, kept until it destroys them.

A scenario names its hosts as platforms (`etcd1`, `etcd2`, ...) and says in `driver.options.cluster` what they are to
be at first, in the words of :class:`tests.testbed.Cluster`:

    driver:
      options:
        cluster: {size: 3, dead: 1, tls: true}     # the platforms beyond these members are idle hosts, nothing
          registered
        kind: systemd                              # hosts with an init system, reached over SSH; then no cluster is
          made
        capabilities: [SYS_ADMIN]                  # what the hosts may do beyond what a container may
        version: "3.4"                             # of etcd; ETCD_LAB_VERSION otherwise, or the newest here
        releases: [3.4.23, 3.5.16]                 # of etcd, that the scenario itself brings to its hosts
        has_etcd: false                            # hosts without any etcd, on which the scenario installs it
        writer: true                               # 25 keys a second, from before converge until verify asks for the
          report

What the playbooks need to know is written into the scenario's inventory, as `lab.yml`.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import os
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .. import releases, writing
from ..backend import Backend, BackendUnavailable
from ..cluster import Cluster
from ..images import recipe
from ..state import State
from . import ssh
from .backend import NAME, DockerBackend, Place
from .host import PYTHON, ContainerHost
from .ownership import LAB, lab_labels, project_folder, remove_labelled
from .preflight import engine_for_labs

STATE_OPTIONS = frozenset(field.name for field in dataclasses.fields(State)) | {"flags"}
OPTIONS = frozenset({"capabilities", "cluster", "has_etcd", "kind", "releases", "version", "writer"})
DATA_PREFIX = "before/"
DATA_KEYS = 10


class WrongScenario(BackendUnavailable):
    """A scenario asks for what cannot be; the text says in one line what, and what is possible."""


@dataclass(frozen=True)
class Scenario:
    """What Molecule tells of the scenario that it runs."""

    name: str
    directory: Path
    """Molecule's folder of this scenario and user, where it keeps inventory and state."""
    hosts: tuple[str, ...]
    cluster: Mapping[str, Any]
    kind: str
    version: str | None
    has_writer: bool = False
    capabilities: tuple[str, ...] = ()
    has_etcd: bool = True

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> Scenario:
        """The scenario of the `molecule` command that runs this program."""
        try:
            molecule = yaml.safe_load(Path(variables["MOLECULE_FILE"]).read_text())
            name, directory = variables["MOLECULE_SCENARIO_NAME"], Path(variables["MOLECULE_EPHEMERAL_DIRECTORY"])
        except KeyError as missing:
            raise WrongScenario(
                f"{missing.args[0]} is not set; this is called by the create and destroy playbooks of Molecule"
            ) from None
        options = molecule["driver"].get("options") or {}
        return cls(
            name=name,
            directory=directory,
            hosts=tuple(platform["name"] for platform in molecule["platforms"]),
            cluster=options.get("cluster") or {},
            kind=options.get("kind", "node"),
            version=options.get("version") or variables.get(releases.CHOICE_FOR_SCENARIOS) or None,
            has_writer=bool(options.get("writer")),
            capabilities=tuple(options.get("capabilities") or ()),
            has_etcd=options.get("has_etcd", True),
        ).checked(options)

    def checked(self, options: Mapping[str, Any]) -> Scenario:
        for unknown in sorted(options.keys() - OPTIONS - {"managed"}):
            raise WrongScenario(f"driver.options.{unknown} is unknown; there are: {', '.join(sorted(OPTIONS))}")
        for unknown in sorted(self.cluster.keys() - STATE_OPTIONS):
            raise WrongScenario(
                f"driver.options.cluster.{unknown} is unknown; there are: {', '.join(sorted(STATE_OPTIONS))}"
            )
        if self.kind == "systemd" and self.cluster:
            raise WrongScenario(
                "driver.options.kind is systemd: the scenario's role makes the cluster; leave "
                "driver.options.cluster out"
            )
        if self.cluster and not self.has_etcd:
            raise WrongScenario("driver.options.has_etcd is false: leave driver.options.cluster out")
        if self.cluster and self.hosts != tuple(f"etcd{number}" for number in range(1, len(self.hosts) + 1)):
            raise WrongScenario(
                f"platforms are named etcd1, etcd2 and so on, in this order; found {', '.join(self.hosts)}"
            )
        return self

    @property
    def lab(self) -> str:
        """What its containers are found by."""
        return _lab_of(self.directory)

    @property
    def files(self) -> Path:
        """Certificates, mounted into the containers at this same path."""
        return _files_in(self.directory)

    @property
    def inventory(self) -> Path:
        return _inventory_in(self.directory)


def _lab_of(directory: Path) -> str:
    """Two projects, or two users' Molecule folders, are two labs."""
    return f"{project_folder()}|{directory}"


def _files_in(directory: Path) -> Path:
    return directory / "lab"


def _inventory_in(directory: Path) -> Path:
    return directory / "inventory" / "lab.yml"


def create(scenario: Scenario) -> None:
    """Makes the hosts and the cluster, and writes the inventory.

    Whatever an earlier run of the scenario left goes first.
    """
    engine = engine_for_labs([recipe.image_name(scenario.kind)])
    remove_labelled(engine.client, LAB, scenario.lab)
    writing.end(scenario.files)
    ssh.close(scenario.files)
    shutil.rmtree(scenario.files, ignore_errors=True)
    scenario.files.mkdir(parents=True, mode=0o700)
    place = Place(
        prefix=f"{NAME}-{scenario.name}-{uuid.uuid4().hex[:6]}",
        directory=scenario.files,
        labels=lab_labels(scenario.lab),
        kind=scenario.kind,
        outlives_run=True,
        capabilities=scenario.capabilities,
        has_etcd=scenario.has_etcd,
    )
    backends: list[DockerBackend] = []

    def make_backend(version: str | None, *, partitionable: bool) -> Backend:
        del partitionable  # A lab's hosts can always be cut off, by the scenario's own tasks.
        backends.append(DockerBackend(version, partitionable=True, place=place))
        return backends[0]

    try:
        if scenario.cluster:
            cluster = Cluster(
                **{"timing": "default", **scenario.cluster}, version=scenario.version, backend=make_backend
            )
            cluster.start()
            described = finish(scenario, cluster, backends[0])
        else:
            make_backend(scenario.version, partitionable=True)
            described = make_plain_hosts(scenario, backends[0])
    except BaseException:
        ssh.close(scenario.files)
        for backend in backends:
            backend.close()
        raise
    scenario.inventory.parent.mkdir(parents=True, exist_ok=True)
    scenario.inventory.write_text(yaml.safe_dump(described, sort_keys=False))
    if scenario.has_writer:
        writing.start(scenario.files, described["all"]["vars"]["etcd_connection"])


def destroy(scenario: Scenario) -> None:
    """Removes what the scenario made, found by label; other scenarios and checkouts keep theirs."""
    remove(scenario.directory)


def remove(directory: Path) -> None:
    """Removes what was made for the scenario, or the scenarios, that have this folder of Molecule's."""
    writing.end(_files_in(directory))
    ssh.close(_files_in(directory))
    remove_labelled(engine_for_labs([]).client, LAB, _lab_of(directory))
    shutil.rmtree(_files_in(directory), ignore_errors=True)
    _inventory_in(directory).unlink(missing_ok=True)


def finish(scenario: Scenario, cluster: Cluster, backend: DockerBackend) -> dict[str, Any]:
    """Adds the idle hosts, notes on each host what its etcd starts with, and describes the lab."""
    idle = len(scenario.hosts) - len(cluster.members)
    if idle < 0:
        raise WrongScenario(
            f"the cluster has {len(cluster.members)} members, and only {len(scenario.hosts)} platforms are named"
        )
    cluster.spares(idle)
    with concurrent.futures.ThreadPoolExecutor(len(cluster.members)) as pool:
        noted = [
            pool.submit(
                backend.hosts[member.name].note_environment, cluster.environment_of(member, backend.hosts[member.name])
            )
            for member in cluster.members
        ]
    for each in noted:
        each.result()
    details = {
        member.name: {
            "etcd_peer_url": member.peer_url,
            "etcd_client_url": member.client_url,
            "etcd_wanted": {"name": member.name, "peer_urls": [member.peer_url]},
        }
        for member in cluster.members
    }
    shared = {
        "etcd_connection": cluster.connection,
        "etcdctl_environment": etcdctl_environment(cluster.connection),
        "etcd_data": write_data(cluster),
    }
    return inventory(backend, details, shared)


def write_data(cluster: Cluster) -> dict[str, str]:
    """Keys that are there before the scenario begins, and must be there when it ends; none where nothing can be
    written.
    """
    state = cluster.state
    if state.size - state.killed <= state.voters // 2:
        return {}
    data = {f"{DATA_PREFIX}{number}": f"written before the scenario, {number}" for number in range(DATA_KEYS)}
    for key, value in data.items():
        cluster.put(key, value)
    return data


def etcdctl_environment(connection: Mapping[str, Any]) -> dict[str, str]:
    """What etcdctl needs on any of the hosts, to reach the members that were there when the scenario began."""
    variables = {"ETCDCTL_ENDPOINTS": ",".join(connection["endpoints"])}
    for option, variable in {"ca_cert": "CACERT", "client_cert": "CERT", "client_key": "KEY"}.items():
        if option in connection:
            variables[f"ETCDCTL_{variable}"] = connection[option]
    if "username" in connection:
        variables["ETCDCTL_USER"] = f"{connection['username']}:{connection['password']}"
    return variables


def make_plain_hosts(scenario: Scenario, backend: DockerBackend) -> dict[str, Any]:
    """Hosts on which the scenario itself makes the cluster."""
    hosts = [backend.host(name) for name in scenario.hosts]
    with concurrent.futures.ThreadPoolExecutor(len(hosts)) as pool:
        list(pool.map(ContainerHost.wait_up, hosts))
    described = inventory(backend, {name: {} for name in scenario.hosts}, {})
    if scenario.kind == "systemd" and ssh.is_here() and not backend.publishes_ports:
        # Of each host, since Molecule says of each host how it would reach it.
        over_ssh = ssh.open_to(hosts, scenario.files)
        for host in hosts:
            described["all"]["hosts"][host.name] |= {**over_ssh, "ansible_host": host.address}
    return described


def inventory(
    backend: DockerBackend, details: Mapping[str, Mapping[str, Any]], shared: Mapping[str, Any]
) -> dict[str, Any]:
    """An Ansible inventory. Every value is literal: testinfra does not evaluate templates."""
    hosts = {}
    for name, host in backend.hosts.items():
        connection = {
            "ansible_connection": "community.docker.docker",
            "ansible_host": host.container_name,
            "ansible_python_interpreter": PYTHON,
            # The default without its `~`, which Ansible would ask the host for before each file that it brings there.
            "ansible_remote_tmp": "/root/.ansible/tmp",
        }
        hosts[name] = {**connection, "etcd_address": host.address, **details[name]}
        if os.environ.get("DOCKER_HOST"):
            hosts[name]["ansible_docker_extra_args"] = f"-H={os.environ['DOCKER_HOST']}"
    return {"all": {"hosts": hosts, "vars": dict(shared)}}
