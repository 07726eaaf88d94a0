"""The Debian package in a clean Debian root: installed, used behind nginx with a real S3, upgraded, removed, purged."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import requests

import servers
from processes import Process, answers_on, free_port, wait_until
from uploads import fields, new_key, policy, send, sign

MIRROR = os.environ.get("DEBIAN_MIRROR", "http://deb.debian.org/debian")
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="making a Debian root needs root")


def run(*command, **options):
    """The command's output; its failure shows what it said."""
    done = subprocess.run([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    assert done.returncode == 0, f"{command}: {done.stdout[-4000:]}"
    return done.stdout


class Root:
    """A Debian of its own under a folder; its network is this machine's, its processes are ours to stop."""

    def __init__(self, path):
        self.path = path

    def file(self, path):
        return self.path / path.lstrip("/")

    def run(self, *command, **options):
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
        return run("chroot", self.path, *command, env=environment, **options)

    def status(self, *command):
        return subprocess.run(["chroot", str(self.path), *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True)

    def mode(self, path):
        return self.run("stat", "-c", "%a %U %G", path).strip()


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The package, built from a clone as the README says; or the one that $COUNTERSIGN_PACKAGE names."""
    if os.environ.get("COUNTERSIGN_PACKAGE"):
        return Path(os.environ["COUNTERSIGN_PACKAGE"])
    folder = tmp_path_factory.mktemp("package")
    run("git", "clone", "--quiet", "--no-hardlinks", servers.REPOSITORY, folder / "countersign")
    run(folder / "countersign/debian/build", "--tarball")
    (built,) = folder.glob("countersign_*.deb")
    return built


@pytest.fixture(scope="module")
def newer(package, tmp_path_factory):
    """The same package under a later version."""
    folder = tmp_path_factory.mktemp("newer") / "root"
    run("dpkg-deb", "-R", package, folder)
    control = folder / "DEBIAN/control"
    control.write_text(re.sub(r"^Version: .*$", "Version: 99.0", control.read_text(), flags=re.M))
    built = folder.parent / "countersign_99.0.deb"
    run("dpkg-deb", "-b", folder, built)
    return built


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    path = tmp_path_factory.mktemp("debian") / "root"
    run("debootstrap", "--variant=minbase", "bookworm", path, MIRROR)
    root = Root(path)
    root.file("/usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")
    root.file("/usr/sbin/policy-rc.d").chmod(0o755)
    shutil.copy("/etc/resolv.conf", root.file("/etc/resolv.conf"))
    # Swift finds a program's arguments there.
    run("mount", "-t", "proc", "proc", root.file("/proc"))
    try:
        root.run("apt-get", "install", "-y", "-q", "--no-install-recommends", "nginx-light")
        yield root
    finally:
        run("umount", root.file("/proc"))


def test_lintian_finds_no_error(package):
    done = subprocess.run(["lintian", "--fail-on", "error", str(package)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_service_is_shut_in():
    unit = servers.REPOSITORY / "debian/countersign.service"
    shown = run("systemd-analyze", "security", "--offline=true", unit)
    level = float(re.search(r"exposure level.*: ([\d.]+)", shown)[1])
    assert level <= 1.8, shown


def test_the_tarball_runs(package, tmp_path):
    (tarball,) = package.parent.glob("countersign_*.tar.gz")
    run("tar", "-xzf", tarball, "-C", tmp_path)
    (program,) = tmp_path.glob("*/usr/bin/countersign")
    assert "countersign" in run(program, "--version")
    assert "doctor" in run(program, "help")


def test_a_life_in_debian(root, package, newer, s3, store, tmp_path):
    shutil.copy(package, root.file("/root/countersign.deb"))
    root.run("apt-get", "install", "-y", "-q", "--no-install-recommends", "/root/countersign.deb")
    assert root.mode("/etc/countersign") == "750 root countersign"
    assert root.mode("/etc/countersign/countersign.toml") == "640 root countersign"
    assert root.mode("/etc/countersign/secret") == "640 root countersign"
    secret = root.file("/etc/countersign/secret").read_text()
    assert len(secret.strip()) >= 40

    # As it comes, the configuration says what is missing, each on a line of its own.
    fresh = root.status("countersign", "check")
    assert fresh.returncode == 78 and "s3.endpoint" in fresh.stdout and "uploads.bucket" in fresh.stdout

    text = root.file("/etc/countersign/countersign.toml").read_text()
    for key, value in [("endpoint", s3["url"]), ("region", s3["region"]), ("bucket", s3["uploads"]),
                       ("access_key_id", s3["uploader_key"])]:
        text, count = re.subn(rf'^{key} = ""', f'{key} = "{value}"', text, flags=re.M)
        assert count == 1, key
    text = text.replace('# addressing = "virtual"', 'addressing = "path"')
    root.file("/etc/countersign/countersign.toml").write_text(text)
    root.file("/etc/countersign/uploads.key").write_text(s3["uploader_secret"] + "\n")
    root.run("chown", "root:countersign", "/etc/countersign/uploads.key")
    root.run("chmod", "0640", "/etc/countersign/uploads.key")
    assert "is fine" in root.run("countersign", "check")

    port = free_port()
    servers.write_users(root.file("/etc/nginx/users"))
    root.file("/etc/nginx/sites-enabled/default").unlink()
    root.file("/etc/nginx/conf.d/site.conf").write_text(f"""\
server {{
    listen 127.0.0.1:{port};
    location ^~ /upload/ {{
        auth_basic "Uploads";
        auth_basic_user_file /etc/nginx/users;
        set $countersign_user $remote_user;
        include snippets/countersign.conf;
    }}
}}
""")
    root.run("nginx", "-t")
    url = f"http://127.0.0.1:{port}"
    service = Service(root, tmp_path)
    nginx = Process(["chroot", str(root.path), "nginx", "-g", "daemon off;"], tmp_path / "nginx.log")
    try:
        nginx.wait_until(lambda: answers_on(port), "nginx")
        service.start()
        assert requests.get(url + "/upload/health", timeout=5).status_code == 200
        assert requests.get(url + "/upload/prefix", timeout=5).status_code == 401
        upload(url, s3, store)

        # The upgrade keeps what its owner wrote, and the secret.
        shutil.copy(newer, root.file("/root/newer.deb"))
        root.run("apt-get", "install", "-y", "-q", "--no-install-recommends", "/root/newer.deb")
        assert "99.0" in root.run("dpkg-query", "-W", "-f", "${Version}", "countersign")
        assert root.file("/etc/countersign/countersign.toml").read_text() == text
        assert root.file("/etc/countersign/secret").read_text() == secret
        assert root.mode("/etc/countersign/countersign.toml") == "640 root countersign"
        assert service.stop() == 0
        service.start()
        upload(url, s3, store)
    finally:
        service.stop()
        nginx.stop()

    root.run("apt-get", "remove", "-y", "-q", "countersign")
    assert not root.file("/usr/bin/countersign").exists()
    assert root.file("/etc/countersign/countersign.toml").exists(), "removal keeps the configuration"
    root.file("/etc/countersign/uploads.key").unlink()
    root.run("apt-get", "purge", "-y", "-q", "countersign")
    assert not root.file("/etc/countersign").exists()
    assert not list(root.path.glob("etc/nginx/**/countersign*"))


def upload(url, s3, store):
    key = new_key()
    document = policy(s3, key)
    signed = sign(url, document)
    assert signed.status_code == 200, signed.text
    assert send(s3, fields(s3, document, signed.json()), b"kept").status_code == 200
    assert store.get(key)[0] == b"kept"


class Service:
    """What systemd would do: the socket of countersign.socket, passed to the program as countersign.service's user."""

    def __init__(self, root, folder):
        self.root = root
        self.log = folder / "countersign.log"
        self.socket = root.file("/run/countersign/countersign.sock")
        self.process = None

    def start(self):
        self.socket.parent.mkdir(exist_ok=True)
        self.socket.unlink(missing_ok=True)
        self.process = Process([
            "systemd-socket-activate", f"--listen={self.socket}",
            "chroot", "--userspec=countersign:countersign", str(self.root.path), "/usr/bin/countersign", "serve"],
            self.log)
        self.process.wait_until(self.socket.exists, "the socket")
        self.root.run("chown", "root:www-data", "/run/countersign/countersign.sock")
        self.root.run("chmod", "0660", "/run/countersign/countersign.sock")

    def stop(self):
        return self.process.stop() if self.process else 0
