"""FastCGI streams from a seeded generator: well-formed ones cut, padded and mixed in every way, and broken ones.

A well-formed stream must be answered as it deserves. A broken one must end in a 4xx or a closed connection, never in a
signature. FastCGI 1.0, sections 3 to 5, https://fastcgi-archives.github.io/FastCGI_Specification.html
"""

import random
import struct

import pytest

from test_fcgi_streams import SECRET, program, standard_output, status_of  # noqa: F401  program is a fixture

BEGIN, ABORT, PARAMS, STDIN, GET_VALUES = 1, 2, 4, 5, 9
BODY = b'{"conditions":[{"acl":"private"},{"bucket":"uploads"},{"key":"frodo/a.jpg"}]}'
SEEDS = range(30)


class Stream:
    """The records of one request, as a list to be changed before it is joined."""

    def __init__(self, chance):
        self.chance = chance

    def record(self, kind, content=b"", request=1, version=1):
        padding = self.chance.randbytes(self.chance.choice([0, 0, 0, 1, 8, 255]))
        return struct.pack(">BBHHBB", version, kind, request, len(content), len(padding), 0) + content + padding

    def begin(self, request=1, role=1, flags=0):
        return self.record(BEGIN, struct.pack(">HB5x", role, flags), request)

    def cut(self, kind, data, request=1):
        records = []
        while data:
            size = self.chance.choice([1, 2, 3, 7, 64, 65535])
            records.append(self.record(kind, data[:size], request))
            data = data[size:]
        return records + [self.record(kind, b"", request)]

    def length(self, text):
        """In one byte, or in four where it need not."""
        wide = len(text) > 127 or self.chance.random() < 0.2
        return struct.pack(">I", len(text) | 1 << 31) if wide else bytes([len(text)])

    def pairs(self, *pairs):
        return b"".join(self.length(name) + self.length(value) + name + value for name, value in pairs)

    def parameters(self, length=len(BODY), user=b"frodo"):
        return [(b"REQUEST_METHOD", b"POST"), (b"SCRIPT_NAME", b"/upload/sign"), (b"REQUEST_URI", b"/upload/sign"),
                (b"CONTENT_TYPE", b"application/json"), (b"CONTENT_LENGTH", str(length).encode()),
                (b"REMOTE_USER", user), (b"HTTP_HOST", b"app.example.org"), (b"HTTP_SEC_FETCH_SITE", b"same-origin")]

    def request(self, request=1, flags=0, more=(), tail=b"", **parameters):
        params = self.pairs(*self.parameters(**parameters), *more) + tail
        return [self.begin(request, flags=flags), *self.cut(PARAMS, params, request),
                *self.cut(STDIN, BODY, request)]

    def with_extra(self, *extra, first=1, count=3):
        """The request with some of these records at any place behind the first ones and before the last."""
        records = self.request()
        for _ in range(count):
            records.insert(self.chance.randint(first, len(records) - 1), self.chance.choice(extra))
        return records


def whole(stream):
    """Name, records, and the statuses of all answers."""
    chance = stream.chance
    management = (stream.record(GET_VALUES, stream.pairs((b"FCGI_MPXS_CONNS", b"")), 0), stream.record(77, b"x", 0))
    foreign = (stream.record(PARAMS, stream.pairs((b"REMOTE_USER", b"sam")), 2), stream.record(STDIN, b"x", 65535),
               stream.record(ABORT, b"", 2), stream.record(200, b"x", 3))
    many = [(b"X%d" % number, bytes(chance.randint(0, 200))) for number in range(chance.choice([100, 128, 140]))]
    named = [(name, b"y" * len(value)) for name, value in many]
    count = chance.randint(2, 8)
    yield "any id", stream.request(chance.choice([2, 256, 65535])), [200]
    yield "management inside", stream.with_extra(*management, first=0), [200]
    yield "foreign inside", stream.with_extra(*foreign), [200]
    yield "pipelined", [each for _ in range(count) for each in stream.request(flags=1)], [200] * count
    yield "behind the end", stream.request() + [chance.choice([b"GET / HTTP/1.1", bytes(99)])], [200]
    yield "many parameters", stream.request(more=named), [200]
    yield "the same twice", stream.request(more=[chance.choice(stream.parameters())]), [200]
    yield "contradicted", stream.request(more=[(chance.choice(stream.parameters())[0], b"other")]), [400]
    yield "no name", stream.request(more=[(b"", b"x")]), [400]
    yield "two names in one", stream.request(more=[(b"REMOTE_USER=sam", b"")]), [400]
    yield "NUL", stream.request(more=[(b"A\0", b"x")]), [400]
    yield "wrong length", stream.request(length=len(BODY) + chance.choice([-1, 1])), [400]
    yield "no number", stream.request(length=chance.choice(["+77", "77 ", "0x4d", "77.0", "-77", "7" * 40])), [400]


def broken(stream):
    """Name and records of what no request can be made of."""
    chance = stream.chance
    good = stream.request()
    place = chance.randint(1, len(good) - 1)
    params, stdin = ([each for each in good if each[1] == kind] for kind in (PARAMS, STDIN))
    joined = b"".join(good)
    length = chance.choice([b"\xff" * 8, b"\x7f", b"\x80\0\0", b"\xc0\0\0\0\xc0\0\0\0", b"\x05\x00abc", b"\x80\0\0\xff\x01a"])
    yield "cut", [joined[:chance.randint(1, len(joined) - 1)]]
    yield "aborted", good[:place] + [stream.record(ABORT)] + good[place:]
    yield "begun twice", good[:place] + [stream.begin()] + good[place:]
    yield "role", [stream.begin(role=chance.choice([0, 2, 3, 257])), *good[1:]]
    yield "short begin", [stream.record(BEGIN, b"\0\1\0"), *good[1:]]
    yield "version", good[:place] + [bytes([chance.choice([0, 2, 255])]) + good[place][1:]] + good[place + 1:]
    yield "lengths of pairs", stream.request(tail=length)
    yield "standard input first", [good[0], *stdin, *params]
    yield "parameters late", [*good[:-1], params[0], good[-1]]
    yield "no end of parameters", [good[0], *params[:-1], *stdin]
    yield "no end of input", good[:-1]
    yield "streams of another", [good[0], *stream.cut(PARAMS, stream.pairs(*stream.parameters()), 2),
                                 *stream.cut(STDIN, BODY, 2)]
    yield "records at random", [stream.begin(flags=1)] + [
        stream.record(chance.choice([1, 2, 3, 4, 5, 6, 8, 9, 11]), chance.randbytes(chance.choice([0, 1, 8, 40])),
                      chance.choice([0, 1, 1, 2])) for _ in range(20)]


def answered(program, records):  # noqa: F811
    """The statuses of what came back; the stream is always ended, so that nothing need wait for a deadline."""
    data = program.exchange(b"".join(records), "half-closed")
    assert program.process.poll() is None, "it died: " + program.output()
    assert SECRET.encode() not in data
    ended, cut = standard_output(data)
    assert not cut, "an answer was cut"
    return [status_of(text) for text in ended]


@pytest.mark.parametrize("seed", SEEDS)
def test_whole(program, seed):  # noqa: F811
    chance = random.Random(seed)
    for name, records, statuses in whole(Stream(chance)):
        assert answered(program, records) == statuses, name


@pytest.mark.parametrize("seed", SEEDS)
def test_broken(program, seed):  # noqa: F811
    chance = random.Random(seed)
    for name, records in broken(Stream(chance)):
        assert all(400 <= status < 500 for status in answered(program, records)), name
    assert program.is_answering()
