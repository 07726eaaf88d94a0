"""Makes the golden ticket of TicketTests.swift with another implementation of everything: Debian's python3-cryptography."""

import base64
import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def derived(secret, info):
    extracted = hmac.digest(b"countersign ticket v1", secret, hashlib.sha256)
    return hmac.digest(extracted, info + b"\x01", hashlib.sha256)


def number(value):
    output = b""
    while value >= 0x80:
        output += bytes([value & 0x7F | 0x80])
        value >>= 7
    return output + bytes([value])


def text(value):
    return number(len(value.encode())) + value.encode()


body = b"".join(map(text, ["2~abc.DEF_ghi", "uploads", "frodo/5c/ring.txt", "frodo/", "default", "Der Eine Ring ○.txt"]))
body += number(100) + number(5 << 30) + b"\0\0\0"
head = b"\x01" + derived(b"secret", b"key id")[:4]
nonce = bytes(range(12))
sealed = AESGCM(derived(b"secret", b"seal")).encrypt(nonce, body, b"countersign ticket: multipart upload\n" + head)
print(base64.urlsafe_b64encode(head + nonce + sealed).rstrip(b"=").decode())
