"""Makes Ceph's gateway heed `x-amz-copy-source-if-match`, which it knows only under a name of its own.

RGW 16 reads `x-amz-copy-if-match`. The header is added to what passes through, where it is in no signature's list, so
the gateway verifies the client's signature as ever and now also the condition.
"""

import http.client

from faults.wire import Answer, Fault, Server

HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding", "content-length", "date")


class Front(Server):
    def __init__(self, port):
        self.behind = port
        self.copies = []
        super().__init__()

    def exchange(self, connection, request):
        headers = [(name, value) for name, value in request.headers if name.lower() != "connection"]
        condition = request.header("x-amz-copy-source-if-match")
        if condition is not None:
            headers.append(("x-amz-copy-if-match", condition))
        if request.header("x-amz-copy-source") is not None:
            self.copies.append(request)
        behind = http.client.HTTPConnection("127.0.0.1", self.behind, timeout=30)
        try:
            behind.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
            for name, value in headers:
                behind.putheader(name, value.encode("latin-1"))
            behind.endheaders(request.body)
            given = behind.getresponse()
            body = given.read()
        finally:
            behind.close()
        kept = [(name, value) for name, value in given.getheaders() if name.lower() not in HOP_BY_HOP]
        if request.method == "HEAD":
            kept.append(("Content-Length", given.getheader("content-length", "0")))
        self.deliver(connection, request, Answer(given.status, kept, body), Fault())
