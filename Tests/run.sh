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

# Builds the unit tests of one kind while those of the kind before run: these wait more than they work.
# shellcheck disable=SC2317  # called by part
unit_tests() {
    mkdir -p .build
    # The constant scripts of the fault tests hang on enums whose pointers carry tag bits, which the leak checker cannot
    # follow. Foundation's Process keeps a callback of the one program that a test runs.
    printf 'leak:%s\n' S3ClientTests05FaultC0 Foundation7Process >.build/known-leaks
    # What Swift's own Mutex guards looks unguarded: the thread sanitizer does not see its futex. The last is how the
    # closures of withLock are mangled: an inout that is sent.
    printf 'race:%s\n' RefreshingCredentials FileCredentials S3ClientTests07RefreshC0 UploadService9InspectorC \
        'zYu*fU' >.build/known-races
    local status=0 plain address kind
    local -x COUNTERSIGN_UNIT_TESTS=yes
    swift build --build-tests || return
    swift test --skip-build --disable-xctest >.build/plain.log 2>&1 &
    plain=$!
    sanitized build address --build-tests || status=$?
    wait "$plain" || status=$?
    sanitized test address --skip-build --disable-xctest >.build/address.log 2>&1 &
    address=$!
    sanitized build thread --build-tests || status=$?
    wait "$address" || status=$?
    sanitized test thread --skip-build --disable-xctest >.build/thread.log 2>&1 || status=$?
    for kind in plain address thread; do
        printf '\n--- unit tests, %s\n' "$kind"
        if [ "$status" = 0 ]; then tail -n 1 ".build/$kind.log"; else cat ".build/$kind.log"; fi
    done
    return "$status"
}

# A scratch path of its own keeps the other builds; XCTest's own leaks would fail the address sanitizer.
# shellcheck disable=SC2317  # called by unit_tests
sanitized() {
    LSAN_OPTIONS=suppressions=.build/known-leaks TSAN_OPTIONS=suppressions=.build/known-races \
        SWIFT_BACKTRACE=enable=no COUNTERSIGN_TESTS_ARE_SLOWED=1 \
        swift "$1" --sanitize="$2" --scratch-path ".build/$2" "${@:3}"
}

# shellcheck disable=SC2317  # called by part
benchmark() {
    COUNTERSIGN=$PWD/.build/release/countersign Tests/Benchmarks/run.sh --smoke
}

# Two runs side by side: these files wait more than they work, and leave the processor to the others.
WAITING=(test_fcgi_streams test_completion_faults test_outbox test_credentials test_renewal test_lifecycle test_openapi)

# shellcheck disable=SC2317  # called by part
end_to_end() {
    local waiting=("${WAITING[@]/#/Tests/EndToEndTests/}") ignored=("${WAITING[@]/#/--ignore=Tests/EndToEndTests/}") status=0
    pytest "${waiting[@]/%/.py}" >.build/waiting.log 2>&1 &
    pytest Tests/EndToEndTests "${ignored[@]/%/.py}" || status=$?
    wait $! || status=$?
    cat .build/waiting.log
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
part "build release" swift build -c release --static-swift-stdlib --product countersign
part "build for benchmarks" swift build -c release --static-swift-stdlib --product PartURLs
part "build operator" swift build -c release --static-swift-stdlib --product countersign-operator
part "unit tests" unit_tests
part "end to end" end_to_end
if [ -x Tests/Benchmarks/run.sh ]; then
    part "benchmark" benchmark
fi

all_parts
