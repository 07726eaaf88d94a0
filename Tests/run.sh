#!/bin/bash
# Everything, on a fresh Debian 12 machine with Swift: installs what is missing, checks the style, builds, and runs the
# unit tests (also under the address and thread sanitizers), the end-to-end tests and a short benchmark.
# The exit status is 0 only when every part passed. Each part ends with its own runner's last lines and its seconds.

set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
# shellcheck source=Tests/EndToEndTests/lib/packages.sh
. Tests/EndToEndTests/lib/packages.sh
# shellcheck source=Tests/EndToEndTests/lib/parts.sh
. Tests/EndToEndTests/lib/parts.sh
export LC_ALL=C.UTF-8

# Builds and runs the unit tests as they are (plain) or under a sanitizer. Two builds at once need two scratch paths.
unit_tests() {
    local kind=(--scratch-path ".build/$1")
    local -x COUNTERSIGN_UNIT_TESTS=yes
    if [ "$1" != plain ]; then
        kind+=(--sanitize="$1")
        local -x COUNTERSIGN_TESTS_ARE_SLOWED=1 SWIFT_BACKTRACE=enable=no
        local -x LSAN_OPTIONS=suppressions=.build/known-leaks TSAN_OPTIONS=suppressions=.build/known-races
    fi
    # SwiftPM looks for tests in the index, never in that of the system's modules. XCTest's own leaks would fail the
    # address sanitizer.
    swift build --build-tests -Xswiftc -index-ignore-system-modules "${kind[@]}" &&
        swift test --skip-build --disable-xctest "${kind[@]}"
}

# lane WHAT...: these builds and tests, one after the other. Shows the verdict of each, and its log where it failed.
lane() {
    local what began verdict status=0
    for what in "$@"; do
        began=$SECONDS verdict=passed
        case $what in
        programs) swift build -c release --static-swift-stdlib ;;
        *) unit_tests "$what" ;;
        esac >".build/$what.log" 2>&1 || {
            status=$?
            verdict="FAILED ($status)"
            cat ".build/$what.log"
        }
        printf '%5d s  %-10s %s: %s\n' $((SECONDS - began)) "$what" "$verdict" \
            "$(grep -E '^Build complete|Test run with' ".build/$what.log" | tail -n 1)"
    done
    return "$status"
}

# Side by side: tests wait more than they work, and much of a build takes one processor only.
# shellcheck disable=SC2317  # called by part
build_and_unit_tests() {
    mkdir -p .build
    # The constant scripts of the fault tests hang on enums whose pointers carry tag bits, which the leak checker cannot
    # follow. Foundation's Process keeps a callback of the one program that a test runs.
    printf 'leak:%s\n' S3ClientTests05FaultC0 Foundation7Process >.build/known-leaks
    # What Swift's own Mutex guards looks unguarded: the thread sanitizer does not see its futex. The last is how the
    # closures of withLock are mangled: an inout that is sent.
    printf 'race:%s\n' RefreshingCredentials FileCredentials S3ClientTests07RefreshC0 UploadService9InspectorC \
        'zYu*fU' >.build/known-races
    local status=0
    lane plain thread &
    lane programs address || status=$?
    wait $! || status=$?
    return "$status"
}

# shellcheck disable=SC2317  # called by part
benchmark() {
    COUNTERSIGN=$PWD/.build/release/countersign Tests/Benchmarks/run.sh --smoke
}

# Each line is a run beside that of all other files: these wait more than they work.
WAITING=(
    "test_fcgi_streams test_renewal"
    "test_openapi test_outbox test_credentials test_lifecycle test_completion_faults"
)

# shellcheck disable=SC2317  # called by part
end_to_end() {
    local line files first ignored=() runs=() run status=0
    for line in "${WAITING[@]}"; do
        read -ra files <<<"$line"
        files=("${files[@]/#/Tests/EndToEndTests/}")
        files=("${files[@]/%/.py}")
        ignored+=("${files[@]/#/--ignore=}")
        first=$((24000 + 4000 * ${#runs[@]}))
        TEST_PORTS=$first-$((first + 3999)) pytest "${files[@]}" >".build/waiting-${#runs[@]}.log" 2>&1 &
        runs+=($!)
    done
    TEST_PORTS=20000-23999 pytest Tests/EndToEndTests "${ignored[@]}" || status=$?
    for run in "${runs[@]}"; do
        wait "$run" || status=$?
    done
    cat .build/waiting-?.log
    return "$status"
}

# shellcheck disable=SC2317  # called by part
pytest() {
    /usr/bin/python3 -m pytest -q -p no:cacheprovider --durations=5 "$@"
}

find_swift || exit
part "install" install_packages "${BUILD_PACKAGES[@]}" "${S3_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
part "install what examines the API" install_api_tools
part "style" swift format lint --strict --recursive Package.swift Sources Tests
part "scripts" shellcheck -x nginx/demo.sh apache/demo.sh Tests/run.sh Tests/slow.sh .ci/run Tests/EndToEndTests/lib/*.sh \
    Tests/Benchmarks/run.sh
part "builds and unit tests" build_and_unit_tests
part "end to end" end_to_end
if [ -x Tests/Benchmarks/run.sh ]; then
    part "benchmark" benchmark
fi

all_parts
