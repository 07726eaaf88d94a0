#!/usr/bin/env python3
"""What the site does with the receipt that a page posts with its own form; needs PyJWT (Debian: python3-jwt)."""

import sys

import jwt


def stored_upload(receipt, secret, user):
    """The claims of a receipt that is ours and this user's; raises jwt.InvalidTokenError otherwise."""
    claims = jwt.decode(
        receipt,
        secret,
        algorithms=["HS256"],  # never what the receipt says
        issuer="countersign",
        options={"require": ["iss", "iat", "key", "bucket", "user"]},
    )
    if claims["user"] != user:
        raise jwt.InvalidTokenError("somebody else's upload")
    return claims


if __name__ == "__main__":
    with open(sys.argv[1], encoding="ascii") as file:
        print(stored_upload(sys.stdin.read().strip(), file.read().rstrip("\r\n"), sys.argv[2])["key"])
