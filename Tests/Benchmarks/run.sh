#!/bin/bash
# Measures what one sign request costs: ours, a C floor on libfcgi, PHP under php-fpm, Python under uWSGI.
# README.md beside this file says what the table means.
set -euo pipefail

PATH=$PATH:/usr/sbin:/sbin  # where Debian keeps nginx and php-fpm
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)

usage() {
    cat <<'EOF'
usage: run.sh [--smoke] [--peers-only] [--install] [--json FILE]

  --smoke        a very short run of each part: does everything work?
  --peers-only   without our own program
  --install      install what is missing from Debian's packages first (needs root)
  --json FILE    also write every measured value there

COUNTERSIGN is the program to measure, by default .build/release/countersign of this repository.
EOF
}

smoke=() ours=yes install=no json=()
while (($#)); do
    case $1 in
        --smoke) smoke=(--smoke) ;;
        --peers-only) ours=no ;;
        --install) install=yes ;;
        --json)
            [[ $# -ge 2 ]] || { usage >&2; exit 2; }
            json=(--json "$2")
            shift
            ;;
        --help | -h) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
    esac
    shift
done

if [[ $install == yes ]]; then
    apt-get update -q >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends binutils gcc libc6-dev libfcgi-dev nginx-light \
        php-fpm python3 uwsgi-core uwsgi-plugin-python3 valgrind >&2
fi

for tool in gcc nginx objcopy python3; do
    command -v "$tool" >/dev/null || { echo "benchmarks: $tool is missing; --install installs it" >&2; exit 1; }
done

countersign=()
if [[ $ours == yes ]]; then
    program=${COUNTERSIGN:-$root/.build/release/countersign}
    program=$(realpath -m "$program")
    if [[ ! -x $program ]]; then
        echo "benchmarks: no program at $program; 'swift build -c release' makes it, --peers-only does without" >&2
        exit 1
    fi
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/countersign-benchmarks.XXXXXX")
measuring=
trap 'rm -rf "$work"' EXIT
trap 'kill "$measuring" 2>/dev/null || true' TERM INT
mkdir "$work/tools" "$work/run"
gcc -std=c11 -Wall -Wextra -Werror -O2 -o "$work/tools/floor" "$here/floor.c" -lfcgi -lpthread
gcc -std=c11 -Wall -Wextra -Werror -O2 -o "$work/tools/launch" "$here/launch.c"
if [[ $ours == yes ]]; then
    # valgrind cannot read the debug information of the static Swift library, and gives up; nothing else differs.
    objcopy --strip-debug "$program" "$work/tools/countersign"
    countersign=(--countersign "$work/tools/countersign")
fi

PYTHONDONTWRITEBYTECODE=1 python3 "$here/measure.py" --tools "$work/tools" --directory "$work/run" \
    "${smoke[@]}" "${countersign[@]}" "${json[@]}" &
measuring=$!
status=0
wait "$measuring" || status=$?
if kill -0 "$measuring" 2>/dev/null; then  # a signal ended the wait, not the measuring
    wait "$measuring" || status=$?
fi
exit "$status"
