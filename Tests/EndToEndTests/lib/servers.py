"""The program, and real web servers before it, each configured with the files that a site would use."""

import base64
import fcntl
import hashlib
import os
import shutil
import socket
import subprocess
from pathlib import Path

from processes import (Process, SERVER_USER, answers_on, as_server_user, free_port, give, is_root, remove,
                       temporary_directory)

REPOSITORY = Path(__file__).resolve().parents[3]
PAGES = REPOSITORY / "Tests/EndToEndTests/pages"
PASSWORD = "one ring"
USERS = ["frodo", "sam", "jürgen", "a+b", "o'neil", "DOM\\user"]


def program():
    """Where the built program is: $COUNTERSIGN, else the release build."""
    path = Path(os.environ.get("COUNTERSIGN") or REPOSITORY / ".build/release/countersign")
    if not path.is_file():
        raise RuntimeError(f"{path} is missing: swift build -c release --static-swift-stdlib --product countersign")
    return path


def operator():
    """The second program, which is looked for beside the first."""
    path = program().with_name("countersign-operator")
    if not path.is_file():
        raise RuntimeError(
            f"{path} is missing: swift build -c release --static-swift-stdlib --product countersign-operator")
    return path


def write_users(path):
    digest = base64.b64encode(hashlib.sha1(PASSWORD.encode()).digest()).decode()
    path.write_text("".join(f"{user}:{{SHA}}{digest}\n" for user in USERS))
    return path


class Countersign:
    """One running program on a unix socket, with a configuration of its own."""

    def __init__(self, s3, expires_after=300, max_size="5MiB", virtual=False):
        self.directory = temporary_directory()
        self.program = self.directory / "countersign"
        shutil.copy2(program(), self.program)  # the servers' user may not be able to read the build
        self.socket = self.directory / "socket"
        self.config = self.directory / "countersign.toml"
        secrets = {"uploads": s3["uploader_secret"], "storage": s3["keeper_secret"], "seal": "s" * 64}
        for name, secret in secrets.items():
            path = self.directory / f"{name}.secret"
            path.write_text(secret + "\n")
            path.chmod(0o600)
            give(path)
        endpoint = f"http://localhost:{s3['port']}" if virtual else s3["url"]
        self.config.write_text(f"""\
[server]
mount = "/upload"
secret_file = "{self.directory}/seal.secret"

[identity]
prefix_cookie = "upload_prefix"

[s3]
endpoint = "{endpoint}"
region = "{s3["region"]}"
addressing = "{"virtual" if virtual else "path"}"

[uploads]
bucket = "{s3["uploads"]}"
access_key_id = "{s3["uploader_key"]}"
secret_access_key_file = "{self.directory}/uploads.secret"

[storage]
bucket = "{s3["storage"]}"
access_key_id = "{s3["keeper_key"]}"
secret_access_key_file = "{self.directory}/storage.secret"

[rules]
max_size = "{max_size}"
expires_after = {expires_after}

[profiles.small]
max_size = "1KiB"
""")
        self.process = None

    def start(self):
        self.process = Process(
            as_server_user([str(self.program), "serve", "--listen", f"unix:{self.socket}",
                            "--config", str(self.config)]),
            self.directory / "log", environment={"PATH": "/usr/bin:/bin"})
        self.process.wait_until(self.answers, "the program's socket")
        return self

    def answers(self):
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(self.socket))
            except OSError:
                return False
            return True

    def log(self):
        return self.process.text() if self.process else ""

    def stop(self):
        try:
            return self.process.stop() if self.process else None
        finally:
            remove(self.directory)


class Site:
    """What a client sees of one way to run the program: a URL that asks for a login, and one that does not."""

    def __init__(self, name, url, open_url, **more):
        self.name, self.url, self.open_url = name, url, open_url
        self.more = more

    def __repr__(self):
        return self.name


def write_pages(root):
    """The uploader's page and Debian's Fine Uploader, as a site would serve them."""
    root.mkdir()
    for page in PAGES.iterdir():
        shutil.copy(page, root)
    shutil.copy(fine_uploader(), root / "fine-uploader.js")


def fine_uploader():
    """The real one, from Debian's package, unpacked once into the build directory."""
    target = REPOSITORY / ".build/fine-uploader"
    target.mkdir(parents=True, exist_ok=True)
    with (target / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several runs of tests go side by side
        if not list(target.glob("*.deb")):
            subprocess.run(["apt-get", "download", "-qq", "ruby-rails-assets-fine-uploader"], cwd=target, check=True,
                           stderr=subprocess.DEVNULL)
        if not (target / "usr").is_dir():
            subprocess.run(["dpkg", "-x", *map(str, target.glob("*.deb")), str(target)], check=True)
    return next(target.glob("usr/share/**/s3.fine-uploader.js"))


# --- nginx -----------------------------------------------------------------------------------------------------------

NGINX = """\
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/nginx-error.log info;
{user}
worker_processes 1;
events {{ worker_connections 256; }}
http {{
    access_log {directory}/nginx-access.log;
    client_body_temp_path {directory}/t1;
    proxy_temp_path {directory}/t2;
    fastcgi_temp_path {directory}/t3;
    uwsgi_temp_path {directory}/t4;
    scgi_temp_path {directory}/t5;
    types {{ text/html html; text/javascript js; }}
    root {directory}/www;
    charset utf-8;
    underscores_in_headers on;  # the worst a site can do
    include {directory}/countersign-upstream.conf;
{servers}
}}
"""

NGINX_BASIC = """\
    server {{
        listen 127.0.0.1:{basic};
        auth_basic "Uploads";
        auth_basic_user_file {directory}/users;
        location ^~ /upload/ {{
            set $countersign_user $remote_user;
            include {directory}/countersign.conf;
        }}
        location ^~ /small/ {{
            set $countersign_user $remote_user;
            fastcgi_param COUNTERSIGN_PROFILE small;
            include {directory}/countersign.conf;
        }}
        location /own/ {{
            auth_request /upload/prefix;
            auth_request_set $countersign_cookie $upstream_http_set_cookie;
            add_header Set-Cookie $countersign_cookie;
            alias {directory}/www/;
        }}
    }}
"""

NGINX_OPEN = """\
    server {{
        listen 127.0.0.1:{open};
        location ^~ /upload/ {{
            set $countersign_user "";
            include {directory}/countersign.conf;
        }}
    }}
"""

NGINX_AUTH_REQUEST = """\
    server {{
        listen 127.0.0.1:{auth_request};
        location ^~ /upload/ {{
            auth_request /who;
            auth_request_set $countersign_user $upstream_http_x_user;
            include {directory}/countersign.conf;
        }}
        location = /who {{
            internal;
            proxy_pass http://127.0.0.1:{who};
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
        }}
    }}
    server {{
        listen 127.0.0.1:{who};
        location / {{
            if ($http_x_session = "") {{ return 401; }}
            add_header X-User $http_x_session;
            return 204;
        }}
    }}
"""


class Nginx:
    PORTS = ("basic", "open", "auth_request", "who")

    def __init__(self, listener, servers=NGINX_BASIC + NGINX_OPEN + NGINX_AUTH_REQUEST, changes=()):
        self.directory = temporary_directory()
        self.ports = {name: free_port() for name in self.PORTS}
        write_pages(self.directory / "www")
        write_users(self.directory / "users")
        for name in ("countersign.conf", "countersign-upstream.conf"):
            text = (REPOSITORY / "nginx" / name).read_text()
            for old, new in [("/run/countersign/countersign.sock", str(listener)), *changes]:
                text = text.replace(old, new)
            (self.directory / name).write_text(text)
        self.conf = self.directory / "nginx.conf"
        self.conf.write_text(NGINX.format(
            directory=self.directory, user=f"user {SERVER_USER};" if is_root() else "",
            servers=servers.format(directory=self.directory, **self.ports)))
        self.command = ["/usr/sbin/nginx", "-p", str(self.directory), "-c", str(self.conf),
                        "-e", str(self.directory / "nginx-error.log")]
        self.process = None

    def check(self):
        """nginx -t: whether it likes the configuration, and what it says."""
        result = subprocess.run([*self.command, "-t"], capture_output=True, text=True)
        return result.returncode == 0, result.stderr

    def start(self):
        self.process = Process(self.command, self.directory / "nginx.out")
        used = [port for port in self.ports.values() if f":{port};" in self.conf.read_text()]
        self.process.wait_until(lambda: all(map(answers_on, used)), "nginx")
        return self

    def url(self, name):
        return f"http://127.0.0.1:{self.ports[name]}"

    def error_log(self):
        return (self.directory / "nginx-error.log").read_text(errors="replace")

    def access_log(self):
        return (self.directory / "nginx-access.log").read_text(errors="replace")

    def sites(self):
        return [Site("nginx", self.url("basic"), self.url("open"), auth_request=self.url("auth_request"))]

    def stop(self):
        try:
            if self.process:
                self.process.stop()
        finally:
            remove(self.directory)


# --- Apache ----------------------------------------------------------------------------------------------------------

APACHE_MODULES = ("mpm_event authn_core authn_file authz_core authz_user auth_basic alias dir mime env headers "
                  "setenvif proxy proxy_fcgi fcgid cgid")

APACHE = """\
ServerRoot {directory}
ServerName 127.0.0.1
PidFile {directory}/apache.pid
ErrorLog {directory}/apache-error.log
LogLevel info
{modules}
{user}
Mutex file:{directory} default
ScriptSock {directory}/cgisock
FcgidIPCDir {directory}
FcgidProcessTableFile {directory}/fcgid_shm
TypesConfig /etc/mime.types
AddDefaultCharset utf-8
DirectoryIndex index.html
StartServers 1
<Directory />
    Require all denied
</Directory>
<Directory {directory}/www>
    Require all granted
</Directory>
DocumentRoot {directory}/www
Define COUNTERSIGN_PROGRAM {program}
Define COUNTERSIGN_CONFIG {config}
Define COUNTERSIGN_SOCKET {socket}
{hosts}
"""

APACHE_HOST = """\
Listen 127.0.0.1:{port}
<VirtualHost 127.0.0.1:{port}>
{login}
    Define COUNTERSIGN_MOUNT /upload
    Include {directory}/countersign-{way}.conf
    <Location "/small">
        SetEnv COUNTERSIGN_PROFILE small
    </Location>
    Define COUNTERSIGN_MOUNT /small
    Include {directory}/countersign-{way}.conf
</VirtualHost>
"""

APACHE_LOGIN = """\
    <Location "/">
        AuthType Basic
        AuthName "Uploads"
        AuthUserFile {directory}/users
        Require valid-user
    </Location>
"""


class Apache:
    WAYS = ("proxy_fcgi", "fcgid", "cgi")

    def __init__(self, countersign, listener=None, ways=WAYS, program=None, host=APACHE_HOST):
        self.directory = temporary_directory()
        self.ways = ways
        self.ports = {(way, login): free_port() for way in ways for login in (True, False)}
        write_pages(self.directory / "www")
        write_users(self.directory / "users")
        for way in ways:
            name = f"countersign-{way}.conf"
            shutil.copy(REPOSITORY / "apache" / name, self.directory / name)
        hosts = "".join(host.format(port=port, way=way, directory=self.directory,
                                    login=APACHE_LOGIN.format(directory=self.directory) if login else "")
                        for (way, login), port in self.ports.items())
        modules = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so"
                            for name in APACHE_MODULES.split())
        conf = self.directory / "apache.conf"
        conf.write_text(APACHE.format(
            directory=self.directory, modules=modules, hosts=hosts,
            user=f"User {SERVER_USER}\nGroup {SERVER_USER}" if is_root() else "",
            program=program or countersign.program, config=countersign.config, socket=listener or countersign.socket))
        self.command = ["/usr/sbin/apache2", "-d", str(self.directory), "-f", str(conf), "-DFOREGROUND"]
        self.process = None

    def start(self):
        self.process = Process(self.command, self.directory / "apache.out")
        self.process.wait_until(lambda: all(map(answers_on, self.ports.values())), "Apache")
        return self

    def url(self, way, login=True):
        return f"http://127.0.0.1:{self.ports[way, login]}"

    def error_log(self):
        return (self.directory / "apache-error.log").read_text(errors="replace")

    def sites(self):
        return [Site(f"apache-{way}", self.url(way), self.url(way, False)) for way in self.ways]

    def stop(self):
        try:
            if self.process:
                self.process.stop()
        finally:
            remove(self.directory)
