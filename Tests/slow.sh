#!/bin/bash
# What takes too long for run.sh: restarts under load, many times; ten times the nonsense for the HTTP API; ten minutes
# of mixed load, and two of quotas over restarts (COUNTERSIGN_SOAK_SECONDS, and a fifth of it); a sweep of a million
# uploads; the package in a Debian root of its own, for which it must be root. Installs what is missing.
# The exit status is 0 only when every part passed.

set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
# shellcheck source=Tests/EndToEndTests/lib/packages.sh
. Tests/EndToEndTests/lib/packages.sh
# shellcheck source=Tests/EndToEndTests/lib/parts.sh
. Tests/EndToEndTests/lib/parts.sh
export LC_ALL=C.UTF-8

# shellcheck disable=SC2317  # called by part
end_to_end() {
    /usr/bin/python3 -m pytest -q -p no:cacheprovider --durations=5 "$@"
}

find_swift || exit
part "install" install_packages "${BUILD_PACKAGES[@]}" "${S3_PACKAGES[@]}" "${TEST_PACKAGES[@]}" \
    "${PACKAGING_PACKAGES[@]}" debootstrap
part "install what examines the API" install_api_tools
part "build release" swift build -c release --static-swift-stdlib --product countersign
COUNTERSIGN_RESTARTS=${COUNTERSIGN_RESTARTS:-60} \
    part "restart under load" end_to_end Tests/EndToEndTests/test_lifecycle.py -k restart
COUNTERSIGN_API_EXAMPLES=${COUNTERSIGN_API_EXAMPLES:-200} \
    part "HTTP API" end_to_end Tests/EndToEndTests/test_openapi.py
export COUNTERSIGN_TESTS_ARE_SLOW=1
part "mixed load" end_to_end -s Tests/EndToEndTests/slow/test_soak.py
part "quotas" end_to_end -s Tests/EndToEndTests/slow/test_soak_quotas.py
part "million uploads" end_to_end -s Tests/EndToEndTests/slow/test_million.py
part "Debian package" end_to_end Tests/EndToEndTests/slow/test_debian_package.py
all_parts
