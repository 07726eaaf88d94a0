# shellcheck shell=bash
# Sourced: what a fresh Debian machine lacks, and where Swift is.
# shellcheck disable=SC2034  # the lists are for whoever sources this

BUILD_PACKAGES=(libfcgi-dev libssl-dev libcurl4-openssl-dev libtomlplusplus-dev)
S3_PACKAGES=(radosgw ceph-mon ceph-osd python3-boto3)
TEST_PACKAGES=(nginx-light apache2 libapache2-mod-fcgid curl chromium chromium-driver spawn-fcgi
    python3-pytest python3-requests python3-selenium python3-jwt php-cli jq libmagic1 valgrind binutils gcc shellcheck
    systemd prometheus python3-prometheus-client python3-venv python3-yaml python3-jsonschema)
PACKAGING_PACKAGES=(dpkg-dev debhelper fakeroot scdoc lintian)

# install_packages NAME...: those that are missing, from Debian; quick when none is.
install_packages() {
    local name missing=() as_root=()
    for name in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "Installing from Debian: ${missing[*]}"
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    # nginx and Apache must not start on port 80 only because they were installed for us
    local policy=/usr/sbin/policy-rc.d ours=
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
        "${as_root[@]}" chmod 755 "$policy"
        ours=yes
    fi
    local status=0
    {
        "${as_root[@]}" apt-get update -qq &&
            "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
                apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    } || status=$?
    [ -z "$ours" ] || "${as_root[@]}" rm -f "$policy"
    return "$status"
}

# install_api_tools: what examines docs/openapi.yaml, from PyPI, into .build/venv; quick when it is there.
install_api_tools() {
    local here root list
    here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd) || return
    root=$(cd "$here/../../.." && pwd) || return
    list=$here/api-requirements.txt
    cmp -s "$list" "$root/.build/venv/installed.txt" && return
    echo "Installing from PyPI: openapi-spec-validator, schemathesis and what they need"
    rm -rf "$root/.build/venv"
    mkdir -p "$root/.build"
    /usr/bin/python3 -m venv "$root/.build/venv" &&
        "$root/.build/venv/bin/pip" install -q --disable-pip-version-check --no-deps --only-binary :all: -r "$list" &&
        cp "$list" "$root/.build/venv/installed.txt"
}

# find_swift: puts the Swift toolchain on PATH.
find_swift() {
    command -v swift >/dev/null && return
    if [ -x /opt/swift/usr/bin/swift ]; then
        PATH=$PATH:/opt/swift/usr/bin
        return
    fi
    echo "Swift is not here. Put its toolchain on PATH or into /opt/swift: https://www.swift.org/install/linux/" >&2
    return 1
}
