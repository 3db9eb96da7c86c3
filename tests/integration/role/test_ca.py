# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Private CAs in real runs: where they are, who may read them, what they are encrypted with, what is said if they
cannot sign.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import ssl
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ansible_playbook import COLLECTIONS
from tests.integration.role.ca_runs import Controller

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        "CI" not in os.environ and os.geteuid() != 0, reason="needs root, who owns the files that the role writes"
    ),
]
PASSPHRASE = "correct horse battery"


@pytest.fixture
def controller(tmp_path):
    return Controller(tmp_path)


@pytest.fixture(scope="session")
def after_a_first_run(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of a controller on which CAs and certificates were created: made once, for all workers."""
    own = tmp_path_factory.getbasetemp()
    folder = (own if worker_id == "master" else own.parent) / "after-a-first-run"
    with open(f"{folder}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            making = own / "first-run"
            making.mkdir()
            first = Controller(making).run()
            assert first.ok, first.failures
            making.rename(folder)
    return folder


@pytest.fixture
def later(tmp_path: Path, after_a_first_run: Path) -> Controller:
    """A controller that has CAs, and has issued the certificates of its host."""
    folder = tmp_path / "later"
    shutil.copytree(after_a_first_run, folder, symlinks=True)
    return Controller(folder)


def mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def opens(folder: Path, name: str, passphrase: str = "") -> bool:
    """Whether the key fits its certificate, as OpenSSL sees it."""
    files = folder / f"{name}.crt", folder / f"{name}.key"
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(*files, password=passphrase)
    except (OSError, ssl.SSLError):
        return False
    return True


def encrypt(key: Path) -> None:
    command = ["openssl", "pkcs8", "-topk8", "-in", str(key), "-out", f"{key}.new", "-passout", "stdin"]
    subprocess.run(command, input=PASSPHRASE, text=True, check=True)
    Path(f"{key}.new").rename(key)


def is_issued(controller: Controller) -> bool:
    command = ["openssl", "verify", "-CAfile", str(controller.pki / "ca.crt"), str(controller.pki / "server.crt")]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0 and opens(controller.pki, "server")


def leave_out(controller: Controller) -> None:
    """Has the next run issue the certificate of the server again."""
    (controller.pki / "server.crt").unlink()


def test_cas_are_created_for_their_owner_alone_and_a_run_that_was_killed_is_finished(controller):
    controller.variables["etcd_cluster_ca_passphrase"] = PASSPHRASE
    killed = controller.run(killed_at="Create the requests of the CAs")
    key = (controller.ca / "ca.key").read_bytes()
    assert killed.ok
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in key
    assert not list(controller.ca.glob("*.crt"))

    run = controller.run()
    assert run.ok, run.failures
    assert is_issued(controller)
    assert (controller.ca / "ca.key").read_bytes() == key
    assert [mode(path) for path in (controller.ca, *controller.ca.glob("*.key"))] == ["0o700", "0o600", "0o600"]


def test_a_passphrase_encrypts_keys_that_are_there_and_every_run_then_needs_it(later):
    leave_out(later)
    later.ca.chmod(0o755)
    # As if a run had been killed after one of two.
    encrypt(later.ca / "ca.key")

    run = later.run(etcd_cluster_ca_passphrase=PASSPHRASE)
    assert run.ok, run.failures
    assert PASSPHRASE not in str(run.ended)
    assert is_issued(later)
    assert mode(later.ca) == "0o700"
    for name in ("ca", "peer-ca"):
        assert b"BEGIN ENCRYPTED PRIVATE KEY" in (later.ca / f"{name}.key").read_bytes()
        assert opens(later.ca, name, PASSPHRASE)
        assert mode(later.ca / f"{name}.key") == "0o600"

    leave_out(later)
    for passphrase, said in (("", "ca.key is encrypted"), ("another passphrase", "is not the passphrase of")):
        before = contents(later.folder)
        [failure] = later.run(etcd_cluster_ca_passphrase=passphrase).failures
        assert f"{later.ca}/ca.key" in failure
        assert said in failure
        assert {name for name, text in contents(later.folder).items() if before.get(name) != text} <= {"inventory.yml"}


def test_keys_that_are_encrypted_with_ansible_vault_sign_and_are_decrypted_in_no_file(later):
    leave_out(later)
    password = later.folder / "vault-password"
    password.write_text("sesame\n")
    vault = [Path(sys.executable).with_name("ansible-vault"), "encrypt", "--vault-password-file", password]
    subprocess.run([*vault, *later.ca.glob("*.key")], check=True, capture_output=True)
    before = contents(later.ca)

    [failure] = later.run().failures
    assert f"{later.ca}/ca.key is encrypted with ansible-vault" in failure
    assert not is_issued(later)
    run = later.run("", "--vault-password-file", str(password))
    assert run.ok, run.failures
    assert is_issued(later)
    assert contents(later.ca) == before


def test_a_controller_without_the_collection_is_told_before_anything_is_changed(later):
    """The collection is hidden by an empty one of its name, in a place that Ansible searches first."""
    later.ca.chmod(0o755)
    hidden = later.folder / "collections" / "ansible_collections"
    (hidden / "community" / "crypto").mkdir(parents=True)
    (hidden / "community" / "crypto" / "galaxy.yml").write_text("namespace: community\nname: crypto\nversion: 1.0.0\n")
    later.environment["ANSIBLE_COLLECTIONS_PATH"] = f"{later.folder / 'collections'}:{COLLECTIONS}"
    nothing_to_sign = later.run()
    assert nothing_to_sign.changed == ["Take permissions on the CAs away from other users"], nothing_to_sign.failures

    leave_out(later)
    before = contents(later.pki)
    [failure] = later.run().failures
    assert "ansible-galaxy collection install community.crypto" in failure
    assert contents(later.pki) == before


def test_a_controller_without_the_package_is_told_before_anything_is_changed(controller):
    """The package is hidden by one that cannot be imported, as if its libraries were those of another system."""
    hidden = controller.folder / "packages" / "cryptography"
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").write_text("raise ImportError('hidden')\n")
    controller.environment["PYTHONPATH"] = str(hidden.parent)
    [failure] = controller.run().failures
    assert "lacks the Python package cryptography" in failure
    assert not controller.ca.exists()


@pytest.mark.parametrize(
    ("sources", "reason"),
    [(["n1,"], "the inventory is not in a file"), (["a", "b"], "the hosts of the group come from inventories in ")],
)
def test_where_the_inventory_is_in_no_one_place_a_directory_has_to_be_named(controller, sources, reason):
    for number, folder in enumerate(source for source in sources if "," not in source):
        (controller.folder / folder).mkdir()
        (controller.folder / folder / "hosts").write_text(f"n{number}\n")
    given = [source if "," in source else str(controller.folder / source) for source in sources]
    inventories = [word for source in given for word in ("-i", source)]
    variables = [word for name, value in controller.facts().items() for word in ("-e", f"{name}={value}")]
    run = controller.run("quorum.etcd.plan", *inventories, "-e", "etcd_cluster_group=all", *variables)
    assert "Set etcd_cluster_ca_dir to a directory on localhost that survives" in run.failures[0]
    assert reason in run.failures[0]
    assert all(source in run.failures[0] for source in given if "," not in source)


def test_cas_of_running_members_are_found_where_they_were_and_no_others_are_created(later):
    [failure] = later.run(etcd_cluster_ca_dir=str(later.folder / "elsewhere")).failures
    assert "ca_lost" in failure
    assert f"It is in {later.ca}." in failure
    assert not (later.folder / "elsewhere").exists()
