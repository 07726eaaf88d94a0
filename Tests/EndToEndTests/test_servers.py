"""What each web server lets through, and what it says itself, with the files of nginx/ and apache/."""

import json
import socket
import threading

import pytest
import requests

import servers
from conftest import SITES
from uploads import FINE_UPLOADER, login, new_key, policy, prefix, sign


def assert_error(response, status):
    """The one error body, with a real status."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"].startswith("application/json")
    body = response.json()
    assert body["invalid"] is True and body["success"] is False
    assert body["error"] and body["error"] == body["message"] and body["code"]
    return body


# --- who is who ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("headers", [
    {},
    login("frodo"),
    {"Remote-User": "frodo"},
    {"Remote_User": "frodo"},
    {"REMOTE_USER": "frodo", "X-Remote-User": "frodo", "X-Forwarded-User": "frodo", "Auth-User": "frodo"},
    {"Cookie": "REMOTE_USER=frodo; upload_prefix=frodo%2F"},
], ids=["nothing", "basic", "remote-user", "underscore", "others", "cookie"])
def test_nobody_is_logged_in_where_nothing_asks(site, s3, headers):
    response = sign(site.open_url, policy(s3, new_key()), user=None, headers={**FINE_UPLOADER, **headers})
    assert assert_error(response, 403)["error"] == "Log in before uploading"
    assert "WWW-Authenticate" not in response.headers


@pytest.mark.parametrize("headers", [
    {"Remote-User": "sam"}, {"Remote_User": "sam"}, {"REMOTE_USER": "sam"}, {"X-User": "sam"},
], ids=lambda headers: next(iter(headers)))
def test_a_header_makes_no_other_user(site, s3, headers):
    response = sign(site.url, policy(s3, new_key("sam")), headers={**FINE_UPLOADER, **headers})
    assert assert_error(response, 403)["error"] == "Key should start with 'frodo/'"
    assert sign(site.url, policy(s3, new_key()), headers={**FINE_UPLOADER, **headers}).status_code == 200


@pytest.mark.parametrize("user", servers.USERS)
def test_users_cannot_reach_each_others_prefix(site, s3, user):
    other = "sam" if user == "frodo" else "frodo"
    assert sign(site.url, policy(s3, new_key(user)), user=user).status_code == 200
    assert_error(sign(site.url, policy(s3, new_key(other)), user=user), 403)
    assert_error(sign(site.url, policy(s3, prefix(user)[:-1] + "_hijack/x"), user=user), 403)


def test_a_login_by_auth_request(sites, s3):
    site = sites["nginx"].more["auth_request"]
    assert_error(sign(site, policy(s3, new_key()), user=None), 401)
    assert_error(sign(site, policy(s3, new_key()), user="frodo"), 401)
    forged = sign(site, policy(s3, new_key()), user=None, headers={**FINE_UPLOADER, "X-User": "frodo"})
    assert_error(forged, 401)
    session = {**FINE_UPLOADER, "X-Session": "frodo"}
    assert sign(site, policy(s3, new_key()), user=None, headers=session).status_code == 200
    assert_error(sign(site, policy(s3, new_key("sam")), user=None, headers=session), 403)
    preflight = requests.options(site + "/upload/sign", headers={"Origin": site}, timeout=30)
    assert preflight.status_code in (200, 204)


def test_nginx_refuses_a_site_that_says_nowhere_who_is_logged_in(countersign):
    server = "server {{ listen 127.0.0.1:{open}; location ^~ /upload/ {{ include {directory}/countersign.conf; }} }}"
    forgetful = servers.Nginx(countersign.socket, servers=server)
    try:
        accepted, said = forgetful.check()
        assert not accepted
        assert 'unknown "countersign_user" variable' in said
    finally:
        forgetful.stop()


# --- what needs no login ---------------------------------------------------------------------------------------------

@pytest.mark.parametrize("path", ["sign", "sign?v4=true", "prefix", "empty_html", "health"])
def test_a_preflight_passes_without_login(site, path):
    for origin in (site.url, "https://elsewhere.example"):
        response = requests.options(f"{site.url}/upload/{path}", timeout=30, headers={
            "Origin": origin, "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type"})
        assert response.status_code in (200, 204)
        assert "WWW-Authenticate" not in response.headers
        assert response.headers.get("Access-Control-Allow-Origin") in (None, site.url)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("query", ["", "?bucket=uploads&key=frodo%2Fa+b.txt&etag=%22e%22"])
def test_the_empty_page(site, method, query):
    for headers in ({}, login("frodo")):
        response = requests.request(method, site.url + "/upload/empty_html" + query, headers=headers, timeout=30)
        assert response.status_code == 200
        assert response.content == b""
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"
        assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert "frame-ancestors 'self'" in response.headers["Content-Security-Policy"]
        assert "Set-Cookie" not in response.headers


def test_health(site):
    response = requests.get(site.url + "/upload/health", timeout=30)
    assert response.status_code == 200


# --- GET prefix ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("user", servers.USERS)
def test_prefix_says_all_that_a_page_needs(site, s3, user):
    response = requests.get(site.url + "/upload/prefix", headers=login(user), timeout=30)
    assert response.status_code == 200
    said = response.json()
    assert said["prefix"] == prefix(user)
    assert (said["bucket"], said["accessKey"], said["region"]) == (s3["uploads"], s3["uploader_key"], s3["region"])
    assert said["endpoint"] == f"{s3['url']}/{s3['uploads']}"
    assert said["acl"] == "private"
    assert said["signatureVersions"] == [2, 4]
    assert said["maxSize"] == 5 * 1024 * 1024
    assert s3["uploader_secret"] not in response.text
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" not in cookie and "SameSite=Lax" in cookie


def test_prefix_without_login(site):
    response = requests.get(site.open_url + "/upload/prefix", timeout=30)
    assert_error(response, 403)


def test_pages_of_the_site_get_the_cookie(sites):
    site = sites["nginx"]
    response = requests.get(site.url + "/own/index.html", headers=login("jürgen"), timeout=30)
    assert response.status_code == 200
    assert "upload_prefix=j%25C3%25BCrgen%2F" in response.headers["Set-Cookie"]


def test_a_location_may_have_rules_of_its_own(site, s3):
    small = [["content-length-range", "0", "1000"]]
    assert sign(site.url, policy(s3, new_key(), change=lambda c: c[:-1] + small), mount="/small").status_code == 200
    refused = assert_error(sign(site.url, policy(s3, new_key()), mount="/small"), 400)
    assert "conditions.content-length-range" in refused["errors"]
    chosen = {**FINE_UPLOADER, "Countersign-Profile": "small", "Countersign_Profile": "small"}
    assert sign(site.url, policy(s3, new_key()), headers=chosen).status_code == 200
    preflight = requests.options(site.url + "/small/sign", headers={"Origin": site.url}, timeout=30)
    assert preflight.status_code in (200, 204)
    assert requests.get(site.url + "/small/empty_html", timeout=30).status_code == 200


# --- what does not reach the program, and what must --------------------------------------------------------------------

def test_a_wrong_password_is_told_in_json(site, s3):
    for headers in (FINE_UPLOADER, {**FINE_UPLOADER, "Authorization": "Basic ZnJvZG86d3Jvbmc="}):
        response = sign(site.url, policy(s3, new_key()), user=None, headers=headers)
        assert_error(response, 401)
        assert response.headers["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize("size", [70_000, 2_000_000])
def test_too_large_a_body(site, size):
    assert_error(sign(site.url, b" " * size), 413)


def test_a_body_sent_in_chunks(site, s3):
    body = json.dumps(policy(s3, new_key())).encode()
    response = requests.post(site.url + "/upload/sign?v4=true", data=iter([body[:50], body[50:]]),
                             headers={**FINE_UPLOADER, **login("frodo")}, timeout=30)
    assert response.status_code == 200, response.text


def test_a_cut_body_is_not_acted_on(site):
    host, port = site.url.split("//")[1].split(":")
    with socket.create_connection((host, int(port)), timeout=30) as client:
        head = [f"POST /upload/sign HTTP/1.1\r\nHost: {host}:{port}", "Content-Length: 500", "Connection: close",
                "Content-Type: application/json", f"Authorization: {login('frodo')['Authorization']}"]
        client.sendall("\r\n".join(head).encode() + b"\r\n\r\n{\"conditions\":[]}")
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := client.recv(4096):
            answer += piece
    assert b"signature" not in answer
    assert not answer or answer.split()[1][:1] in (b"4", b"5")


def test_wrong_methods_and_types(site, s3):
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        response = requests.request(method, site.url + "/upload/sign", headers=login("frodo"), timeout=30)
        assert_error(response, 405)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert_error(sign(site.url, policy(s3, new_key()), headers=form), 415)
    assert_error(sign(site.url, policy(s3, new_key()), headers={"Content-Type": "text/plain"}), 415)
    tunnelled = requests.post(site.url + "/upload/sign", data="_method=DELETE&key=frodo%2Fx",
                              headers={**form, **login("frodo")}, timeout=30)
    assert_error(tunnelled, 415)
    assert_error(sign(site.url, "{", user="frodo"), 400)


def test_unknown_paths(site):
    response = requests.get(site.url + "/upload/nowhere", headers=login("frodo"), timeout=30)
    assert_error(response, 404)


@pytest.fixture(scope="module", params=["/", "/a.b/c"])
def elsewhere(request, s3):
    """All web servers with another mount, each a pair of its URLs with a login and without one."""
    mount = request.param
    program = servers.Countersign(s3)
    program.config.write_text(program.config.read_text().replace('mount = "/upload"', f'mount = "{mount}"'))
    text = (servers.NGINX_BASIC.split("        location ^~ /small/")[0] + "    }}\n" + servers.NGINX_OPEN).replace(
        "location ^~ /upload/", f"location ^~ {mount.rstrip('/')}/")
    nginx = servers.Nginx(program.socket, servers=text)
    apache = servers.Apache(program, host=servers.APACHE_HOST.split("    <Location")[0].replace("/upload", mount)
                            + "</VirtualHost>\n")
    try:
        program.start()
        yield mount.rstrip("/"), {site.name: site for site in nginx.start().sites() + apache.start().sites()}
    finally:
        nginx.stop()
        apache.stop()
        program.stop()


@pytest.mark.parametrize("name", SITES)
def test_any_mount(elsewhere, s3, name):
    mount, site = elsewhere[0], elsewhere[1][name]
    signed = sign(site.url, policy(s3, new_key()), mount=mount)
    assert signed.status_code == 200, signed.text
    url, open_url = site.url + mount, site.open_url + mount
    assert requests.get(url + "/prefix", headers=login("frodo"), timeout=30).json()["prefix"] == "frodo/"
    assert_error(requests.get(url + "/s3/multipart/x/1?key=frodo%2Fx", headers=login("frodo"), timeout=30), 404)
    assert_error(requests.get(url + "/nowhere", headers=login("frodo"), timeout=30), 404)
    for open_page in ("/health", "/empty_html?a=b"):
        assert requests.get(url + open_page, timeout=30).status_code == 200
    assert requests.options(url + "/s3/multipart/x/1", timeout=30).status_code == 204
    assert_error(requests.get(url + "/prefix", timeout=30), 401)
    assert_error(requests.get(open_url + "/prefix", headers=login("frodo"), timeout=30), 403)
    if mount:
        assert requests.get(site.url + "/aXb/c/health", timeout=30).status_code in (401, 404)


@pytest.mark.parametrize("query", [
    "v4", "check", "--help", "serve+--listen+unix:{path}", "--listen+unix:{path}+--config+/dev/null", "sweep+--delete",
    "%2d%2dlisten+unix:{path}", "%ff", "sign+--user+sam+-",
], ids=lambda query: query.split("{")[0])
def test_a_query_is_no_command_line(site, tmp_path_factory, query):
    """Apache hands a CGI program the words of a query without `=` as its arguments: RFC 3875, section 4.4."""
    door = tmp_path_factory.mktemp("door")
    door.chmod(0o777)
    query = query.format(path=door / "socket")
    response = requests.get(f"{site.open_url}/upload/health?{query}", timeout=60)
    assert response.status_code == 200 and response.json() == {"status": "ok"}
    response = requests.get(f"{site.url}/upload/prefix?{query}", headers=login("frodo"), timeout=60)
    assert response.status_code == 200 and response.json()["prefix"] == "frodo/"
    assert not list(door.iterdir())


@pytest.mark.parametrize("headers", [
    {"Origin": "https://elsewhere.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
], ids=lambda headers: " ".join(*headers.items()))
def test_other_sites_pages_may_not_ask(site, s3, headers):
    assert_error(sign(site.url, policy(s3, new_key()), headers={**FINE_UPLOADER, **headers}), 403)


def test_a_clients_proxy_header_changes_nothing(site, s3):
    response = sign(site.url, policy(s3, new_key()), headers={**FINE_UPLOADER, "Proxy": "http://127.0.0.1:9"})
    assert response.status_code == 200


def test_many_at_once(site, s3):
    """Every answer belongs to its own request, over kept-alive connections to the program."""
    failures = []

    def client(number):
        user = servers.USERS[number % len(servers.USERS)]
        for _ in range(5):
            key = new_key(user)
            response = sign(site.url, policy(s3, key), user=user)
            if response.status_code != 200 or {"key": key} not in response.json()["policy_decoded"]["conditions"]:
                failures.append((response.status_code, response.text))

    clients = [threading.Thread(target=client, args=(number,)) for number in range(8)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    assert not failures


# --- when the program is not there -------------------------------------------------------------------------------------

def test_nginx_says_in_json_that_the_program_is_down(s3, countersign):
    server = servers.Nginx(countersign.directory / "no-such-socket")
    try:
        server.start()
        assert_error(sign(server.url("basic"), policy(s3, new_key())), 502)
        assert_error(requests.get(server.url("basic") + "/upload/empty_html", timeout=30), 502)
        assert_error(requests.options(server.url("basic") + "/upload/sign", timeout=30), 502)
    finally:
        server.stop()


@pytest.mark.parametrize("server_type", [servers.Nginx, lambda c: servers.Apache(c, ways=["proxy_fcgi"])],
                         ids=["nginx", "apache"])
def test_a_restart_of_the_program_is_not_noticed(s3, server_type):
    """The web server still holds kept-alive connections to the process before."""
    program = servers.Countersign(s3).start()
    server = server_type(program if server_type is not servers.Nginx else program.socket)
    try:
        url = server.start().sites()[0].url
        for _ in range(3):
            for _ in range(3):
                assert sign(url, policy(s3, new_key())).status_code == 200
            assert program.process.stop() == 0
            program.start()
    finally:
        server.stop()
        program.stop()


def test_nginx_says_in_json_that_the_program_is_too_slow(s3, countersign):
    path = servers.give(servers.temporary_directory()) / "slow"
    with socket.socket(socket.AF_UNIX) as slow:
        slow.bind(str(path))
        slow.listen()
        servers.give(path)
        server = servers.Nginx(path, changes=[("fastcgi_read_timeout      60s", "fastcgi_read_timeout 1s")])
        try:
            server.start()
            assert_error(sign(server.url("basic"), policy(s3, new_key())), 504)
        finally:
            server.stop()
            servers.remove(path.parent)


def test_apache_says_in_json_that_the_program_is_down(s3, countersign):
    nowhere = countersign.directory / "no-such-socket"
    server = servers.Apache(countersign, listener=nowhere, ways=["proxy_fcgi"])
    try:
        server.start()
        assert_error(sign(server.url("proxy_fcgi"), policy(s3, new_key())), 503)
    finally:
        server.stop()


@pytest.mark.parametrize("way", ["fcgid", "cgi"])
def test_apache_says_in_json_that_the_program_does_not_run(s3, countersign, way):
    directory = servers.temporary_directory()
    broken = directory / "countersign"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    server = servers.Apache(countersign, ways=[way], program=broken)
    try:
        server.start()
        response = sign(server.url(way), policy(s3, new_key()))
        assert_error(response, response.status_code)
        assert response.status_code in (500, 502, 503)
    finally:
        server.stop()
        servers.remove(directory)
