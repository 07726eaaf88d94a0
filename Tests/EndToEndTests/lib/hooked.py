"""A whole site with a hook of its own, from the pages to a real S3."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import gateway
import servers
from processes import give

PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


class Listener(ThreadingHTTPServer):
    request_queue_size = 128  # of those who complete at once, none may have to knock again


class Hook:
    """The site's own server: refuses what is named so, narrows what is named so, takes the rest."""

    def __init__(self, port=0):
        self.events = events = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                events.append(event)
                status, members = Hook.verdict(event["type"], json.dumps(event["data"]))
                body = json.dumps(members).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = Listener(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @staticmethod
    def verdict(kind, data):
        if kind == "upload.signing":
            if "over-quota" in data:
                return 422, {"error": "Your 10 photos are used up"}
            return 200, {"maxSize": 2000} if "narrow" in data else {}
        if kind == "upload.completed" and "orc.txt" in data:
            return 422, {"error": "No orcs in this album"}
        return 200, {"message": "Stored as photo 7", "thumbnailUrl": PIXEL} if kind == "upload.completed" else {}

    def kinds(self):
        return [event["type"] for event in self.events]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Installation:
    """The program with a hook and deletion, behind nginx and Apache."""

    def __init__(self, s3, authorize=False, rules="", ways=servers.Apache.WAYS):
        self.hook = Hook()
        self.program = servers.Countersign(s3)
        secret = self.program.directory / "hook.key"
        secret.write_text("a-secret-of-24-bytes-or-more\n")
        secret.chmod(0o600)
        give(secret)
        text = self.program.config.read_text().replace("[rules]\n", f"[rules]\ndelete = true\n{rules}\n")
        self.program.config.write_text(f"""{text}
[hook]
url = "{self.hook.url}"
secret_file = "{secret}"
authorize = {str(authorize).lower()}
""")
        self.running = []
        try:
            self.program.start()
            self.running.append(servers.Nginx(self.program.socket, servers=servers.NGINX_BASIC))
            self.running.append(servers.Apache(self.program, ways=ways))
            self.sites = {site.name: site for server in self.running for site in server.start().sites()}
        except BaseException:
            self.stop()
            raise

    def stop(self):
        with contextlib.ExitStack() as stack:
            stack.callback(self.hook.stop)
            stack.callback(self.program.stop)
            for server in self.running:
                stack.callback(server.stop)


def installed(s3, **more):
    """A running one, whose pages S3 lets upload."""
    installation = Installation(s3, **more)
    client = gateway.client(s3["url"])
    try:
        gateway.allow_origins(client, [*_origins_before(client), *(site.url for site in installation.sites.values())])
        yield installation
    finally:
        installation.stop()


def _origins_before(client):
    try:
        rules = client.get_bucket_cors(Bucket="uploads")["CORSRules"]
    except client.exceptions.ClientError:
        return []  # none yet
    return [origin for rule in rules for origin in rule["AllowedOrigins"]]
