"""What is printed for nginx and Apache passes these servers' own test, in the place that it is written for."""

import re
import shutil
import subprocess

import servers
from documents import blocks_of
from processes import remove, temporary_directory

OF_HTTP = {"upstream", "server", "map", "limit_req_zone", "limit_conn_zone", "log_format", "proxy_cache_path"}


def first_word(text):
    return next(line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")).split()[0]


def accepted_by_nginx(text):
    """Whether nginx takes a piece of configuration, and what it says."""
    snippet = (servers.REPOSITORY / "nginx/countersign.conf").read_text()
    directory = temporary_directory()
    try:
        (directory / "snippets").mkdir()
        for name in ("countersign.conf", "snippets/countersign.conf"):
            (directory / name).write_text(snippet)
        for name in ("www.example.org.crt", "www.example.org.key"):
            (directory / name).write_text("")
        servers.write_users(directory / "users")
        text = re.sub(r"(?<= )/etc/nginx/", f"{directory}/", text)
        upstream = (servers.REPOSITORY / "nginx/countersign-upstream.conf").read_text()
        if re.search(r"^\s*upstream countersign \{", text, re.M):
            upstream = re.sub(r"^upstream countersign \{.*?^\}\n", "", upstream, flags=re.M | re.S)
        word = first_word(text)
        # What only a whole site has: a place that says who is asking, a zone that counts.
        around = "location = /who { return 204; }"
        if word in OF_HTTP:
            http, server = text, around
        elif word == "location":
            http, server = "", f"{text}\n" + ("" if "location = /who" in text else around)
        else:
            http, server = "", f"{around}\nlocation / {{\n{text}\n}}"
        zone = "" if "limit_req_zone" in text else "limit_req_zone $binary_remote_addr zone=uploads:1m rate=5r/s;"
        (directory / "nginx.conf").write_text(
            f"pid {directory}/pid; error_log {directory}/log; events {{}} http {{ access_log off;\n{upstream}\n{zone}\n"
            f"{http}\nserver {{ listen 127.0.0.1:1;\n{server}\n}}\n}}\n")
        result = subprocess.run(["/usr/sbin/nginx", "-t", "-p", directory, "-c", directory / "nginx.conf",
                                 "-e", directory / "log"], capture_output=True, text=True, timeout=30)
        return result.returncode == 0, result.stderr
    finally:
        remove(directory)


@blocks_of("nginx")
def test_nginx(block):
    accepted, said = accepted_by_nginx(block.text)
    assert accepted, said


def test_nginx_notices_what_is_wrong():
    assert not accepted_by_nginx("location /upload/ {\n    include countersign.conf;\n}\n")[0], "no $countersign_user"
    assert not accepted_by_nginx("limit_req zone=nowhere;\n")[0]
    assert not accepted_by_nginx("upstream countersign {\n    servers unix:/a;\n}\n")[0]


def accepted_by_apache(text):
    directory = temporary_directory()
    try:
        for path in (servers.REPOSITORY / "apache").glob("*.conf"):
            shutil.copy(path, directory)
        servers.write_users(directory / "users")
        text = re.sub(r"(?<= )(countersign-\w+\.conf)", rf"{directory}/\1", text).replace(
            "/etc/apache2/users", f"{directory}/users").replace(
            "conf-available/countersign.conf", f"{directory}/countersign-proxy_fcgi.conf")
        modules = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so"
                            for name in servers.APACHE_MODULES.split())
        (directory / "apache.conf").write_text(
            f"ServerName localhost\nPidFile {directory}/pid\nErrorLog {directory}/log\n{modules}\n"
            f"Listen 127.0.0.1:1\n<VirtualHost *:1>\n{text}\n</VirtualHost>\n")
        result = subprocess.run(["/usr/sbin/apache2", "-t", "-d", directory, "-f", directory / "apache.conf"],
                                capture_output=True, text=True, timeout=30)
        return result.returncode == 0, result.stderr
    finally:
        remove(directory)


@blocks_of("apache")
def test_apache(block):
    accepted, said = accepted_by_apache(block.text)
    assert accepted, said


def test_apache_notices_what_is_wrong():
    assert not accepted_by_apache("<Location /upload>\n    Requires valid-user\n</Location>\n")[0]
