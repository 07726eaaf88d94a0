"""Who is measured: how each is started, found, and stopped. Everything lives in one temporary directory."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

import sign_request

HERE = pathlib.Path(__file__).parent
WORKERS = 32


class Failed(Exception):
    """Something that should have run did not."""


class Process:
    """A process that is ended by its own id, and whose standard error is kept."""

    def __init__(self, name, command, directory, environment=None):
        self.name = name
        self.log = directory / f"{name}.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=directory,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **(environment or {})},
            )
        self.pid = self.process.pid

    def wait_for(self, address, seconds=20):
        """Returns when something accepts connections at `address`, a path or a port."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            family = socket.AF_INET if isinstance(address, int) else socket.AF_UNIX
            with socket.socket(family) as probe:
                try:
                    probe.connect(("127.0.0.1", address) if isinstance(address, int) else str(address))
                    return
                except OSError:
                    time.sleep(0.05)
        self.stop()
        raise Failed(f"{self.name} does not listen at {address}; it says: {self.said()}")

    def said(self):
        return self.log.read_text(errors="replace")[-1500:]

    def family(self):
        """The ids of the process and of all its descendants."""
        found, new = [], [self.pid]
        while new:
            found += new
            new = [child for parent in new for child in children(parent)]
        return found

    def stop(self, how=signal.SIGTERM, seconds=20):
        """Exit status; a process that does not end by itself is killed, with what it started."""
        if self.process.poll() is None:
            family = self.family()
            self.process.send_signal(how)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                for pid in family:
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
                self.process.wait()
        return self.process.returncode


def children(pid):
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, task.read_text().split())
        except FileNotFoundError:
            pass
    return found


def cpu_clock(pid):
    """CPU time of a process and all its threads, user and system, in seconds.

    The process's own CPU clock (clock_getcpuclockid(3)): what /proc/PID/stat counts, but in nanoseconds, not in ticks.
    """
    return time.clock_gettime(~pid << 3 | 2)


def private_environment():
    return {
        "SIGN_BUCKET": sign_request.BUCKET,
        "SIGN_KEY_ID": sign_request.KEY_ID,
        "SIGN_REGION": sign_request.REGION,
        "SIGN_SECRET": sign_request.SECRET,
    }


class Contestant:
    """One server on a unix socket."""

    name = ""
    signs = True  # its answer must be a right one
    direct = True  # speaks FastCGI in one process: callgrind, CGI and VmRSS make sense
    protocol = "fastcgi"
    stop_signal = signal.SIGTERM

    def __init__(self, directory):
        self.directory = directory
        self.socket = directory / f"{self.name}.sock"
        self.ports = {}  # "kept" and "each" → port at nginx

    def command(self):
        raise NotImplementedError

    def cgi_command(self):
        raise NotImplementedError

    def environment(self):
        return {}

    def nginx_extra(self):
        return ""

    def start(self):
        self.server = Process(self.name, self.command(), self.directory, self.environment())
        self.server.wait_for(self.socket)

    def stop(self):
        return self.server.stop(self.stop_signal)


class Countersign(Contestant):
    name = "countersign"

    def __init__(self, directory, binary):
        super().__init__(directory)
        self.binary = binary
        key = directory / "uploads.key"
        key.write_text(sign_request.SECRET + "\n")
        key.chmod(0o600)
        self.configuration = directory / "countersign.toml"
        self.configuration.write_text(
            f"""[server]
mount = "{sign_request.MOUNT}"
workers = {WORKERS}
[s3]
endpoint = "http://127.0.0.1:9"
region = "{sign_request.REGION}"
addressing = "path"
[uploads]
bucket = "{sign_request.BUCKET}"
access_key_id = "{sign_request.KEY_ID}"
secret_access_key_file = "{key}"
"""
        )

    def command(self):
        return [self.binary, "serve", "--listen", f"unix:{self.socket}", "--config", str(self.configuration)]

    def cgi_command(self):
        return [self.binary]


class Floor(Contestant):
    name = "floor"
    signs = False
    size = 0  # set before the start

    def __init__(self, directory, binary):
        super().__init__(directory)
        self.binary = binary

    def command(self):
        return [self.binary, "-l", str(self.socket), "-t", str(WORKERS), "-s", str(self.size)]

    def cgi_command(self):
        return [self.binary, "-s", str(self.size)]


class PHP(Contestant):
    name = "php-fpm"
    direct = False
    program = next(filter(shutil.which, ["php-fpm"] + [f"php-fpm8.{minor}" for minor in range(9, 0, -1)]), "php-fpm")
    processes = 16  # more than nginx keeps connections: each of those takes a process

    @classmethod
    def missing(cls):
        return "" if shutil.which(cls.program) else "php-fpm is not installed"

    def command(self):
        user = f"user = {os.environ.get('USER', 'root')}\n" if os.geteuid() == 0 else ""
        environment = "\n".join(f"env[{name}] = '{value}'" for name, value in private_environment().items())
        pool = self.directory / "php-fpm.conf"
        pool.write_text(
            f"""[global]
error_log = /dev/stderr
daemonize = no
[sign]
{user}listen = {self.socket}
listen.mode = 0660
pm = static
pm.max_children = {self.processes}
{environment}
php_admin_value[opcache.enable] = 1
"""
        )
        root = ["--allow-to-run-as-root"] if os.geteuid() == 0 else []
        return [self.program, "--nodaemonize", "--fpm-config", str(pool), *root]

    def nginx_extra(self):
        return f"fastcgi_param SCRIPT_FILENAME {HERE}/peers/sign.php;"


class UWSGI(Contestant):
    name = "uWSGI"
    direct = False
    protocol = "uwsgi"
    program = "uwsgi"
    processes = 8  # with 32 a request costs half as much again

    @classmethod
    def missing(cls):
        if not shutil.which(cls.program):
            return "uwsgi is not installed"
        asked = subprocess.run([cls.program, "--plugin", "python3", "--version"], capture_output=True, timeout=20)
        return "its plugin python3 is not installed" if b"UNABLE to load" in asked.stderr else ""

    def command(self):
        return [
            self.program,
            *("--plugin", "python3"),
            *("--socket", str(self.socket)),
            *("--wsgi-file", str(HERE / "peers/sign.py")),
            *("--processes", str(self.processes)),
            *("--listen", "100"),
            "--master",
            "--need-app",
            "--die-on-term",
            "--disable-logging",
            "--thunder-lock",  # without it idle processes wake for every connection
        ]

    def environment(self):
        return {**private_environment(), "PYTHONDONTWRITEBYTECODE": "1"}


class Nginx:
    """nginx with two ports a contestant: connections to it kept alive, and one for each request."""

    def __init__(self, directory, contestants):
        self.directory = directory
        self.contestants = contestants

    def configuration(self, ports):
        upstreams, servers = [], []
        for contestant in self.contestants:
            for way in ("kept", "each"):
                name = f"{contestant.name}-{way}"
                port = contestant.ports[way] = ports.pop()
                keep = f"keepalive {WORKERS}; keepalive_requests 1000000;" if way == "kept" else ""
                upstreams.append(f"upstream {name} {{ server unix:{contestant.socket}; {keep} }}")
                if contestant.protocol == "uwsgi":
                    passing = f"include {self.directory}/uwsgi_params; uwsgi_pass {name};"
                else:
                    passing = (
                        f"include {self.directory}/fastcgi_params; {contestant.nginx_extra()} "
                        f"fastcgi_keep_conn {'on' if way == 'kept' else 'off'}; fastcgi_pass {name};"
                    )
                servers.append(
                    f"server {{ listen 127.0.0.1:{port}; server_name localhost; "
                    f"location {sign_request.MOUNT}/ {{ {passing} }} }}"
                )
        body = "\n    ".join(upstreams + servers)
        user = f"user {os.environ.get('USER', 'root')};" if os.geteuid() == 0 else ""
        kinds = ("client_body", "fastcgi", "uwsgi", "proxy", "scgi")
        temporary = " ".join(f"{kind}_temp_path {self.directory}/{kind};" for kind in kinds)
        return f"""{user}
worker_processes 1;
daemon off;
pid {self.directory}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 512; }}
http {{
    access_log off;
    keepalive_requests 1000000;
    client_body_buffer_size 64k;
    {temporary}
    {body}
}}
"""

    def start(self):
        for protocol in ("fastcgi", "uwsgi"):
            lines = [f"{protocol}_param {name} {value};" for name, value in PARAMETERS]
            (self.directory / f"{protocol}_params").write_text("\n".join(lines) + "\n")
        for attempt in range(3):  # a free port may be taken by another before nginx has it
            configuration = self.directory / "nginx.conf"
            configuration.write_text(self.configuration(free_ports(2 * len(self.contestants))))
            command = ["nginx", "-c", str(configuration), "-p", str(self.directory), "-e", "stderr"]
            self.server = Process("nginx", command, self.directory)
            try:
                self.server.wait_for(self.contestants[-1].ports["each"])
                return
            except Failed as failure:
                if attempt == 2 or "Address already in use" not in str(failure):
                    raise

    def stop(self):
        return self.server.stop()


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


# What a snippet for nginx passes; the headers follow by themselves as HTTP_….
PARAMETERS = [
    ("QUERY_STRING", "$query_string"),
    ("REQUEST_METHOD", "$request_method"),
    ("CONTENT_TYPE", "$content_type"),
    ("CONTENT_LENGTH", "$content_length"),
    ("SCRIPT_NAME", "$fastcgi_script_name"),
    ("PATH_INFO", "$fastcgi_path_info"),
    ("REQUEST_URI", "$request_uri"),
    ("DOCUMENT_URI", "$document_uri"),
    ("DOCUMENT_ROOT", "$document_root"),
    ("SERVER_PROTOCOL", "$server_protocol"),
    ("REQUEST_SCHEME", "$scheme"),
    ("GATEWAY_INTERFACE", "CGI/1.1"),
    ("SERVER_SOFTWARE", "nginx/$nginx_version"),
    ("REMOTE_ADDR", "$remote_addr"),
    ("REMOTE_PORT", "$remote_port"),
    ("SERVER_ADDR", "$server_addr"),
    ("SERVER_PORT", "$server_port"),
    ("SERVER_NAME", "$server_name"),
    ("REDIRECT_STATUS", "200"),
    ("REMOTE_USER", sign_request.USER),
    ("HTTP_PROXY", '""'),
]
