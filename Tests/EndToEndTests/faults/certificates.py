"""An authority of our own and three certificates for the store: a good one, one for another name, an expired one."""

import os
import ssl
import subprocess

from faults import clock

DAY = 86_400


class Certificates:
    def __init__(self, directory):
        self.directory = directory
        self.authority = directory / "authority.pem"
        self.run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                 "-subj", "/CN=Authority of the fault tests", "-keyout", "authority.key", "-out", "authority.pem",
                 "-addext", "keyUsage=keyCertSign,cRLSign", "-addext", "basicConstraints=critical,CA:TRUE",
                 ahead=-20 * DAY)
        self.authority.chmod(0o644)
        self.good = self.make("good", "IP:127.0.0.1,DNS:localhost")
        self.wrong_name = self.make("wrong-name", "DNS:other.example.org")
        self.expired = self.make("expired", "IP:127.0.0.1,DNS:localhost", ahead=-10 * DAY, days=1)

    def run(self, *arguments, ahead=0):
        environment = dict(os.environ)
        if ahead:
            environment.update(clock.Clock(self.directory, ahead).environment())
        subprocess.run(["openssl", *arguments], cwd=self.directory, env=environment, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def make(self, name, names, ahead=0, days=5):
        self.run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                 "-keyout", f"{name}.key", "-out", f"{name}.csr")
        (self.directory / f"{name}.ext").write_text(f"subjectAltName={names}\n")
        self.run("x509", "-req", "-in", f"{name}.csr", "-CA", "authority.pem", "-CAkey", "authority.key",
                 "-CAcreateserial", "-days", str(days), "-extfile", f"{name}.ext", "-out", f"{name}.pem", ahead=ahead)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.directory / f"{name}.pem", self.directory / f"{name}.key")
        return context
