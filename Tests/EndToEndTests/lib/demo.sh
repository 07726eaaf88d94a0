# shellcheck shell=bash
# Sourced by nginx/demo.sh and apache/demo.sh: all of a demo but the web server.
#
# A demo defines start_server, which configures and starts the server on 127.0.0.1:$PORT with $WORK/www as its pages,
# $WORK/users as its users and $WORK/socket as the program's socket, then calls run_demo.

set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
END_TO_END=$ROOT/Tests/EndToEndTests
# shellcheck source=Tests/EndToEndTests/lib/packages.sh
. "$END_TO_END/lib/packages.sh"

PASSWORD="one ring"
WORK=
PIDS=()

step() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
show() { sed 's/^/    /'; }

# start NAME COMMAND...: in the background, as the server's user when we are root; stopped at the end by its id.
start() {
    local name=$1
    shift
    setsid "$@" </dev/null >"$WORK/$name.log" 2>&1 &
    PIDS+=($!)
}

as_server_user() {
    if [ "$(id -u)" = 0 ]; then
        echo setpriv --reuid=www-data --regid=www-data --clear-groups
    fi
}

# wait_for WHAT COMMAND...: until it succeeds, at most 20 seconds
wait_for() {
    local what=$1
    shift
    for _ in $(seq 200); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done
    echo "waited in vain for $what; the logs:" >&2
    tail -n 20 "$WORK"/*.log >&2 || true
    return 1
}

listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

free_port() {
    local port
    for _ in $(seq 100); do
        port=$((20000 + RANDOM % 12000))
        listening "$port" || { echo "$port"; return; }
    done
    return 1
}

stop_all() {
    local status=$? pid
    trap - EXIT INT TERM
    for pid in ${PIDS[@]+"${PIDS[@]}"}; do
        kill "$pid" 2>/dev/null || true
    done
    for pid in ${PIDS[@]+"${PIDS[@]}"}; do
        wait "$pid" 2>/dev/null || true
    done
    if [ -n "$WORK" ]; then
        "$END_TO_END/s3/gateway.py" down "$WORK/s3" || true
        rm -rf "$WORK"
    fi
    exit "$status"
}

start_s3() {
    step "A real S3: Ceph's RADOS Gateway, with the buckets uploads and storage"
    # buckets take the page's origin into their CORS rules, so that its scripts may upload
    "$END_TO_END/s3/gateway.py" up "$WORK/s3" --origin "http://127.0.0.1:$PORT" --origin "http://localhost:$PORT"
    # shellcheck source=/dev/null
    . "$WORK/s3/s3.sh"
}

start_countersign() {
    step "Countersign, with this configuration"
    cp "$ROOT/.build/release/countersign" "$ROOT/.build/release/countersign-operator" "$WORK/"
    printf '%s\n' "$S3_UPLOADER_SECRET" >"$WORK/uploads.key"
    printf '%s\n' "$S3_KEEPER_SECRET" >"$WORK/storage.key"
    head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$WORK/secret"
    cat >"$WORK/countersign.toml" <<TOML
[server]
mount = "/upload"
secret_file = "$WORK/secret"

[identity]
prefix_cookie = "upload_prefix"

[s3]
endpoint = "$S3_URL"
region = "$S3_REGION"
addressing = "path"

[uploads]
bucket = "$S3_UPLOADS"
access_key_id = "$S3_UPLOADER_KEY"
secret_access_key_file = "$WORK/uploads.key"

[storage]
bucket = "$S3_STORAGE"
access_key_id = "$S3_KEEPER_KEY"
secret_access_key_file = "$WORK/storage.key"

[rules]
max_size = "100MiB"
TOML
    chmod 600 "$WORK"/*.key "$WORK/secret"
    [ "$(id -u)" != 0 ] || chown -R www-data: "$WORK"/{uploads.key,storage.key,secret,countersign.toml} "$WORK"
    show <"$WORK/countersign.toml"
    # shellcheck disable=SC2046
    start countersign $(as_server_user) "$WORK/countersign" serve --listen "unix:$WORK/socket" \
        --config "$WORK/countersign.toml"
    wait_for "Countersign's socket" test -S "$WORK/socket"
}

write_pages() {
    mkdir "$WORK/www"
    cp "$END_TO_END/pages/index.html" "$WORK/www/"
    local packages=$ROOT/.build/fine-uploader
    if ! compgen -G "$packages/*.deb" >/dev/null; then
        mkdir -p "$packages"
        (cd "$packages" && apt-get download -qq ruby-rails-assets-fine-uploader 2>/dev/null)
    fi
    dpkg -x "$packages"/*.deb "$packages"
    find "$packages/usr" -name s3.fine-uploader.js -exec cp {} "$WORK/www/fine-uploader.js" \;
    local digest
    digest=$(printf %s "$PASSWORD" | openssl sha1 -binary | base64)
    printf '%s:{SHA}%s\n' frodo "$digest" sam "$digest" >"$WORK/users"
}

sample_upload() {
    local site=http://127.0.0.1:$PORT uuid key date day
    date=$(date -u +%Y%m%dT%H%M%SZ)
    day=${date%%T*}
    uuid=$(cat /proc/sys/kernel/random/uuid)
    key=frodo/$uuid.txt
    printf 'Speak, friend, and enter.\n' >"$WORK/note.txt"

    step "frodo asks for leave: POST $site/upload/sign?v4=true"
    cat >"$WORK/policy.json" <<JSON
{"expiration": "$(date -u -d '+5 minutes' +%Y-%m-%dT%H:%M:%S.000Z)",
 "conditions": [{"acl": "private"}, {"bucket": "$S3_UPLOADS"}, {"Content-Type": "text/plain"},
  {"success_action_status": "200"}, {"x-amz-algorithm": "AWS4-HMAC-SHA256"}, {"key": "$key"},
  {"x-amz-credential": "$S3_UPLOADER_KEY/$day/$S3_REGION/s3/aws4_request"}, {"x-amz-date": "$date"},
  {"x-amz-meta-qqfilename": "note.txt"}, ["content-length-range", "0", "1000000"]]}
JSON
    show <"$WORK/policy.json"

    step "Countersign checked it, wrote it anew, and signed it"
    curl -sS --fail-with-body -u "frodo:$PASSWORD" -H 'Content-Type: application/json' \
        --data-binary @"$WORK/policy.json" -o "$WORK/answer.json" "$site/upload/sign?v4=true" || {
        show <"$WORK/answer.json"
        return 1
    }
    sed 's/,"\(signature\|policy_decoded\)"/,\n "\1"/g; s/\("policy":".\{60\}\)[^"]*"/\1…"/' "$WORK/answer.json" | show
    echo
    answer() { /usr/bin/python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$WORK/answer.json" "$1"; }

    step "The file goes straight to S3, with the same fields: POST $S3_URL/$S3_UPLOADS"
    curl -sS -D - -o "$WORK/s3-answer" \
        -F acl=private -F Content-Type=text/plain -F success_action_status=200 \
        -F x-amz-algorithm=AWS4-HMAC-SHA256 -F "key=$key" \
        -F "x-amz-credential=$S3_UPLOADER_KEY/$day/$S3_REGION/s3/aws4_request" -F "x-amz-date=$date" \
        -F x-amz-meta-qqfilename=note.txt -F "policy=$(answer policy)" -F "x-amz-signature=$(answer signature)" \
        -F "file=@$WORK/note.txt;type=text/plain" "$S3_URL/$S3_UPLOADS" | tr -d '\r' | show
    show <"$WORK/s3-answer"

    step "frodo says that it is there: POST $site/upload/file_uploaded"
    curl -sS --fail-with-body -u "frodo:$PASSWORD" -H 'Accept: application/json' \
        --data-urlencode "key=$key" --data-urlencode "bucket=$S3_UPLOADS" \
        --data-urlencode "uuid=$uuid" --data-urlencode name=note.txt \
        -o "$WORK/answer.json" "$site/upload/file_uploaded" || true
    sed 's/,"/,\n "/g' "$WORK/answer.json" | show
    echo
    # browsers of iframes can read no other status than 200: the answer itself tells
    [ "$(answer success)" = True ] || return 1
    key=$(answer key)

    step "Countersign checked it and copied it: in the bucket $S3_STORAGE, and byte for byte what was sent"
    /usr/bin/python3 - "$END_TO_END/s3" "$S3_URL" "$S3_STORAGE" "$key" "$WORK/stored" <<'PYTHON' | show
import sys
sys.path.insert(0, sys.argv[1])
import gateway
url, bucket, key, target = sys.argv[2:]
s3 = gateway.client(url)
for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
    print(f"{entry['Size']:6} bytes  {bucket}/{entry['Key']}")
s3.download_file(bucket, key, target)
PYTHON
    cmp "$WORK/note.txt" "$WORK/stored"
    echo "    $S3_STORAGE/$key: the same ✓"

    step "sam may not write to frodo's prefix"
    local status
    status=$(curl -sS -u "sam:$PASSWORD" -H 'Content-Type: application/json' --data-binary @"$WORK/policy.json" \
        -o "$WORK/refusal" -w '%{http_code}' "$site/upload/sign?v4=true")
    show <"$WORK/refusal"
    echo
    [ "$status" = 403 ]
}

# run_demo SERVER PACKAGES... -- ARGUMENTS: the whole demo
run_demo() {
    local server=$1 once="" packages=()
    shift
    while [ $# -gt 0 ] && [ "$1" != -- ]; do packages+=("$1"); shift; done
    shift
    case ${1:-} in
    --once) once=yes ;;
    "") ;;
    *)
        echo "usage: demo.sh [--once]   --once: end after the sample upload; the exit status tells" >&2
        exit 2
        ;;
    esac
    install_packages "${BUILD_PACKAGES[@]}" "${S3_PACKAGES[@]}" openssl curl "${packages[@]}"
    find_swift
    step "Building Countersign (a few minutes the first time)"
    local product
    for product in countersign countersign-operator; do
        (cd "$ROOT" && swift build -c release --static-swift-stdlib --product "$product")
    done

    trap stop_all EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    # short, because the path of a unix socket holds 107 bytes at most
    WORK=$(mktemp -d /tmp/countersign-demo.XXXXXX)
    chmod 755 "$WORK"
    PORT=$(free_port)
    start_s3
    start_countersign
    write_pages
    step "$server on 127.0.0.1:$PORT, users frodo and sam, password \"$PASSWORD\""
    start_server
    wait_for "$server" listening "$PORT"
    sample_upload
    step "Done: a file is stored in S3, and no byte of it went through the site"
    [ -z "$once" ] || return 0

    cat <<TEXT

Now with a browser on this machine, a page with Fine Uploader:

    http://127.0.0.1:$PORT/        log in as frodo, password "$PASSWORD"

And in another terminal, what is right and wrong with all this:

    $WORK/countersign doctor --config $WORK/countersign.toml --origin http://127.0.0.1:$PORT \\
        --url http://127.0.0.1:$PORT/upload --user frodo --password "$PASSWORD"

Ctrl-C ends it and removes everything.
TEXT
    wait "${PIDS[0]}"
}
