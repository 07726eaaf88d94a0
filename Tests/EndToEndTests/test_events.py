"""Storage events: a real store tells the running program what was uploaded, whatever has become of the browser."""

import base64
import contextlib
import hashlib
import hmac
import json
import time
import uuid
from urllib.parse import quote_plus

import boto3
import pytest
import requests
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

import gateway
import hooked
import latecomers
import servers
from latecomers import TOKEN
from processes import free_port, wait_until
from uploads import login, prefix

SECRET = "events-secret-of-tests-000000000000000000"
EVENTS = '\n[events]\ntoken_file = "{token}"\n'


class Site:
    """The program behind nginx and Apache, and a store that may tell it what is uploaded."""

    def __init__(self, s3):
        self.s3, self.client = latecomers.buckets(s3, "events")
        self.program = latecomers.configured(self.s3, EVENTS)
        secret = self.program.directory / "events.secret"
        secret.write_text(SECRET + "\n")
        secret.chmod(0o600)
        servers.give(secret)
        self.program.config.write_text(self.program.config.read_text() + f'secret_file = "{secret}"\n')
        access, key = gateway.USERS["keeper"]
        self.sns = boto3.client("sns", endpoint_url=s3["url"], region_name=s3["region"], aws_access_key_id=access,
                                aws_secret_access_key=key, config=Config(retries={"max_attempts": 1}))
        # The gateway takes a password only from who seems to have sent it encrypted.
        self.sns.meta.events.register("before-sign.sns.CreateTopic", lambda request, **_:
                                      request.headers.add_header("X-Forwarded-Proto", "https"))

    def notify(self, endpoint):
        """This topic alone: the gateway adds to what it has."""
        self.silence()
        topic = self.sns.create_topic(Name=f"t{uuid.uuid4().hex}", Attributes={"push-endpoint": endpoint})["TopicArn"]
        self.client.put_bucket_notification_configuration(
            Bucket=self.s3["uploads"], NotificationConfiguration={"TopicConfigurations": [
                {"Id": "countersign", "TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]})

    def silence(self):
        """Ceph's own way: https://docs.ceph.com/en/latest/radosgw/s3/bucketops/#delete-notification"""
        request = AWSRequest("DELETE", f"{self.s3['url']}/{self.s3['uploads']}?notification")
        S3SigV4Auth(Credentials(*gateway.USERS["keeper"]), "s3", self.s3["region"]).add_auth(request)
        answer = requests.delete(request.url, headers=dict(request.headers), timeout=30)
        assert answer.status_code < 300, answer.text

    def put(self, key, name="note%20(1).txt", data=b"content"):
        metadata = {"qqfilename": name} if name else {}
        self.client.put_object(Bucket=self.s3["uploads"], Key=key, Body=data, Metadata=metadata,
                               ContentType="text/plain")

    def stored(self, key):
        """What the storage bucket has of an upload: claims and objects."""
        claims = [claim for claim in latecomers.claims(self.client, self.s3["storage"]) if claim["upload_key"] == key]
        present = latecomers.stored(self.client, self.s3["storage"])
        return [(claim, present.count(claim["storage_key"])) for claim in claims]

    def wait_for(self, key):
        wait_until(lambda: any(claim["state"] == "accepted" for claim, _ in self.stored(key)), f"{key} to be stored")
        [(claim, count)] = self.stored(key)
        assert count == 1
        return claim

    def complete(self, url, key, user="frodo", name="note (1).txt"):
        return requests.post(url + "/upload/file_uploaded", timeout=60, headers=login(user), data={
            "key": key, "uuid": "u", "name": name, "bucket": self.s3["uploads"], "photo": "7"})


@pytest.fixture(scope="module")
def late(s3):
    site = Site(s3)
    with contextlib.ExitStack() as stack:
        stack.callback(site.program.stop)
        site.program.start()
        nginx = servers.Nginx(site.program.socket, servers=servers.NGINX_BASIC)
        stack.callback(nginx.stop)
        apache = servers.Apache(site.program)
        stack.callback(apache.stop)
        site.sites = {each.name: each for server in (nginx, apache) for each in server.start().sites()}
        site.url = site.sites["nginx"].url
        stack.callback(site.silence)
        yield site


def record(bucket, key, name="ObjectCreated:Put"):
    return {"eventName": name, "s3": {"bucket": {"name": bucket}, "object": {"key": quote_plus(key, safe="/")}}}


def send(url, document, headers=None, query=""):
    body = document if isinstance(document, (bytes, str)) else json.dumps(document)
    if headers is None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
    return requests.post(f"{url}/upload/events{query}", data=body, headers=headers, timeout=60, allow_redirects=False)


# --- the real store --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["nginx", "apache-proxy_fcgi"])
@pytest.mark.parametrize("secret", ["query", "password"])
def test_a_closed_browser_loses_nothing(late, way, secret):
    where = late.sites[way].url.removeprefix("http://") + "/upload/events"
    late.notify(f"http://{where}?token={TOKEN}" if secret == "query" else f"http://store:{TOKEN}@{where}")
    key = f"frodo/{uuid.uuid4()}.txt"
    late.put(key)
    claim = late.wait_for(key)
    assert claim["name"] == "note (1).txt" and claim["owner"] == "frodo/"

    # the browser was only slow: one object, one answer
    answer = late.complete(late.url, key)
    assert answer.status_code == 200 and answer.json()["key"] == claim["storage_key"]
    assert late.complete(late.url, key).json() == answer.json()
    assert [count for _, count in late.stored(key)] == [1]


@pytest.mark.parametrize("user, name", [("frodo", "a b+c%20d.txt"), ("jürgen", "ä ö.txt"), ("a+b", "x+y.txt"),
                                        ("DOM\\user", "100%.txt")])
def test_keys_as_the_store_spells_them(late, user, name):
    late.notify(f"{late.url.replace('http://', 'http://x:' + TOKEN + '@')}/upload/events")
    key = prefix(user) + uuid.uuid4().hex + name.replace("%", "")
    late.put(key, name=None)
    claim = late.wait_for(key)
    assert claim["owner"] == prefix(user) and claim["name"] == key.split("/")[1]


def test_an_upload_in_parts(late):
    late.notify(f"{late.url}/upload/events?token={TOKEN}")
    place = dict(Bucket=late.s3["uploads"], Key=f"frodo/{uuid.uuid4()}.txt")
    upload = late.client.create_multipart_upload(**place, ContentType="text/plain")["UploadId"]
    parts = [{"PartNumber": number, "ETag": late.client.upload_part(
        **place, UploadId=upload, PartNumber=number, Body=b"x" * 1000)["ETag"]} for number in (1, 2)]
    late.client.complete_multipart_upload(**place, UploadId=upload, MultipartUpload={"Parts": parts})
    assert late.wait_for(place["Key"])["size"] == 2000


# --- what a store may send, through every web server ------------------------------------------------------------------


@pytest.fixture(params=["nginx", "apache-proxy_fcgi", "apache-fcgid", "apache-cgi"])
def quiet(request, late):
    """A site whose store says nothing by itself."""
    late.silence()
    return late.sites[request.param]


def test_an_event_needs_no_login_but_the_token(late, quiet):
    key = f"frodo/{uuid.uuid4()}.txt"
    late.put(key)
    document = {"Records": [record(late.s3["uploads"], key)]}
    basic = "Basic " + base64.b64encode(f"x:{TOKEN}".encode()).decode()
    for headers, query in [({}, ""), (login("frodo"), ""), ({"Authorization": "Bearer wrong"}, ""), ({}, "?token=wrong"),
                           ({}, f"?token={TOKEN}x")]:
        answer = send(quiet.url, document, headers, query)
        assert (answer.status_code, answer.json()["code"]) == (401, "unknown_sender")
    assert late.stored(key) == []
    for headers, query in [({"Authorization": f"Bearer {TOKEN}"}, ""), ({"Authorization": basic}, ""),
                           ({}, f"?token={TOKEN}")]:
        answer = send(quiet.url, document, headers, query)
        assert (answer.status_code, answer.json()) == (
            200, {"success": True, "completed": 1, "refused": 0, "ignored": 0})
    assert [count for _, count in late.stored(key)] == [1]


def test_the_token_lets_nobody_do_anything_else(late, quiet):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert requests.get(quiet.url + "/upload/prefix", headers=headers, timeout=30).status_code in (401, 403)
    assert requests.get(quiet.url + "/upload/events", headers=headers, timeout=30).status_code == 405
    assert requests.delete(quiet.url + "/upload/file/events", headers=headers, timeout=30).status_code >= 400


def test_the_browser_may_be_first(late):
    late.silence()
    key = f"frodo/{uuid.uuid4()}.txt"
    late.put(key)
    first = late.complete(late.url, key).json()
    answer = send(late.url, {"Records": [record(late.s3["uploads"], key)] * 3})
    assert answer.json()["completed"] == 1
    assert late.complete(late.url, key).json() == first
    assert [count for _, count in late.stored(key)] == [1]


def test_a_batch(late):
    late.silence()
    keys = [f"sam/{uuid.uuid4()} +.txt" for _ in range(5)]
    for key in keys:
        late.put(key)
    bucket = late.s3["uploads"]
    large = f"sam/{uuid.uuid4()}.txt"
    late.put(large, data=b"x" * (5 << 20 | 1))
    event = {"source": "aws.s3", "detail-type": "Object Created",
             "detail": {"bucket": {"name": bucket}, "object": {"key": keys[4]}}}
    answer = send(late.url, [
        {"Records": [*(record(bucket, key) for key in keys[:4]), record("another", keys[0]), record(bucket, large),
                     record(bucket, keys[4], "ObjectRemoved:Delete"), record(bucket, f"sam/{uuid.uuid4()}"),
                     record(bucket, "nobody.txt")]},
        event, {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": bucket}])
    assert answer.json() == {"success": True, "completed": 5, "refused": 2, "ignored": 4}
    for key in keys:
        assert late.wait_for(key)["owner"] == "sam/"


def test_a_signature_does_as_well_as_a_token(late):
    late.silence()
    body = json.dumps({"Records": []})

    def signed(moment, text):
        message = f"msg_1.{moment}.{text}".encode()
        value = base64.b64encode(hmac.new(SECRET.encode(), message, hashlib.sha256).digest()).decode()
        return {"webhook-id": "msg_1", "webhook-timestamp": str(moment), "webhook-signature": f"v1,{value}"}

    now = int(time.time())
    assert send(late.url, body, signed(now, body)).status_code == 200
    for headers in (signed(now - 400, body), signed(now, body + " ")):
        assert send(late.url, body, headers).status_code == 401


def test_secrets_stay_out_of_the_log(late):
    send(late.url, {"Records": []})
    send(late.url, {"Records": []}, {}, f"?token={TOKEN}")
    assert TOKEN not in late.program.log() and SECRET not in late.program.log()


# --- other sites -----------------------------------------------------------------------------------------------------


def test_no_site_takes_events_unless_it_says_so(site):
    answer = send(site.url, {"Records": []})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_configured")


def test_what_cannot_be_done_now_is_asked_for_again(s3, late):
    """The site's hook is down: the store is told to come again, and then all is well."""
    late.silence()
    port = free_port()
    program = latecomers.configured(late.s3, EVENTS + f'\n[hook]\nurl = "http://127.0.0.1:{port}/"\n'
                                    'secret_file = "{token}"\n')
    key = f"frodo/{uuid.uuid4()}.txt"
    late.put(key)
    document = {"Records": [record(late.s3["uploads"], key)]}
    with contextlib.ExitStack() as stack:
        stack.callback(program.stop)
        program.start()
        nginx = servers.Nginx(program.socket, servers=servers.NGINX_BASIC)
        stack.callback(nginx.stop)
        url = nginx.start().url("basic")
        answer = send(url, document)
        assert (answer.status_code, answer.json()["code"]) == (503, "unfinished_events")
        assert int(answer.headers["Retry-After"]) > 0
        hook = hooked.Hook(port)
        stack.callback(hook.stop)
        assert send(url, document).json()["completed"] == 1
        assert send(url, document).json()["completed"] == 1
        assert hook.kinds() == ["upload.completed"]
        assert hook.events[0]["data"]["user"] == "frodo" and hook.events[0]["data"]["parameters"] == {}
