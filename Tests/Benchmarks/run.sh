#!/bin/bash
# Measures what Countersign costs: a sign request, a completion, the URL of a part; each beside the least it can cost.
# README.md beside this file says what the tables mean.
set -euo pipefail

PATH=$PATH:/usr/sbin:/sbin  # where Debian keeps nginx and php-fpm
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
python=/usr/bin/python3  # Debian's, which has Debian's boto3

usage() {
    cat <<'END'
usage: run.sh [--smoke] [--peers-only] [--install] [--json FILE] [SUBJECT…]

  SUBJECT        sign, complete, parts; all of them if none is named
  --smoke        a very short run of each part: does everything work?
  --peers-only   sign without our own program
  --install      install what is missing from Debian's packages first (needs root)
  --json FILE    also write every measured value there, with more than one subject as FILE.SUBJECT

COUNTERSIGN is the program to measure, by default .build/release/countersign of this repository; PART_URLS likewise
.build/release/PartURLs.
END
}

smoke=() ours=yes install=no json='' subjects=()
while (($#)); do
    case $1 in
        --smoke) smoke=(--smoke) ;;
        --peers-only) ours=no ;;
        --install) install=yes ;;
        --json)
            [[ $# -ge 2 ]] || { usage >&2; exit 2; }
            json=$2
            shift
            ;;
        --help | -h) usage; exit 0 ;;
        sign | complete | parts) subjects+=("$1") ;;
        *) usage >&2; exit 2 ;;
    esac
    shift
done
if [[ ${#subjects[@]} == 0 ]]; then
    subjects=(sign)
    [[ $ours == no ]] || subjects+=(complete parts)
fi

if [[ $install == yes ]]; then
    apt-get update -q >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends awscli binutils ceph-mon ceph-osd gcc \
        libc6-dev libfcgi-dev libssl-dev nginx-light php-fpm python3 python3-boto3 radosgw uwsgi-core \
        uwsgi-plugin-python3 valgrind >&2
fi

for tool in gcc nginx objcopy "$python"; do
    command -v "$tool" >/dev/null || { echo "benchmarks: $tool is missing; --install installs it" >&2; exit 1; }
done

# The path of a program that must have been built.
built() {
    local program
    program=$(realpath -m "$1")
    [[ -x $program ]] && { echo "$program"; return; }
    echo "benchmarks: no program at $program; 'swift build -c release --static-swift-stdlib --product ${1##*/}' makes it" >&2
    return 1
}

work=$(mktemp -d "${TMPDIR:-/tmp}/countersign-benchmarks.XXXXXX")
measuring=
trap 'rm -rf "$work"' EXIT
trap 'kill "$measuring" 2>/dev/null || true' TERM INT
mkdir "$work/tools"
compile() {
    gcc -std=c11 -Wall -Wextra -Werror -O2 -o "$work/tools/$1" "$here/$1.c" "${@:2}"
}
compile floor -lfcgi -lpthread
compile launch
compile replay
compile part_floor -lcrypto
# valgrind cannot read the debug information of the static Swift library, and gives up; nothing else differs.
countersign=()
if [[ $ours == yes ]]; then
    program=$(built "${COUNTERSIGN:-$root/.build/release/countersign}")
    objcopy --strip-debug "$program" "$work/tools/countersign"
    countersign=(--countersign "$work/tools/countersign")
fi

# measure SUBJECT ARGUMENT…: runs its script, and stops it when we are to stop.
measure() {
    local status=0 values=()
    mkdir "$work/$1"
    if [[ -n $json ]]; then
        values=(--json "$json")
        [[ ${#subjects[@]} == 1 ]] || values=(--json "$json.$1")
    fi
    PYTHONDONTWRITEBYTECODE=1 "$python" "$here/$1.py" --tools "$work/tools" --directory "$work/$1" \
        "${smoke[@]}" "${values[@]}" "${@:2}" &
    measuring=$!
    wait "$measuring" || status=$?
    if kill -0 "$measuring" 2>/dev/null; then  # a signal ended the wait, not the measuring
        wait "$measuring" || status=$?
    fi
    return "$status"
}

for subject in "${subjects[@]}"; do
    [[ $subject == "${subjects[0]}" ]] || echo
    if [[ $subject != sign && $ours == no ]]; then
        echo "$subject: not without our own program"
        continue
    fi
    if [[ $subject != sign ]] && ! "$python" -c 'import boto3' 2>/dev/null; then
        echo "$subject: skipped, python3-boto3 is not installed"
        continue
    fi
    case $subject in
        sign) measure sign "${countersign[@]}" ;;
        complete)
            if ! command -v radosgw >/dev/null; then
                echo "complete: skipped, radosgw is not installed"
                continue
            fi
            measure complete "${countersign[@]}"
            ;;
        parts)
            program=$(built "${PART_URLS:-$root/.build/release/PartURLs}")
            objcopy --strip-debug "$program" "$work/tools/PartURLs"
            measure parts "${countersign[@]}" --part-urls "$work/tools/PartURLs"
            ;;
    esac
done
