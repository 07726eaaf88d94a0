# shellcheck shell=bash
# Sourced: runs the parts of a test one after the other, and says at the end which of them passed.

BEGAN=$SECONDS
FAILED=()
TIMES=()

# part NAME COMMAND...
part() {
    local name=$1 began=$SECONDS verdict=passed
    shift
    printf '\n=== %s\n' "$name"
    "$@" || {
        verdict="FAILED ($?)"
        FAILED+=("$name")
    }
    TIMES+=("$(printf '%5d s  %-28s %s' $((SECONDS - began)) "$name" "$verdict")")
    printf '=== %s: %s after %d s\n' "$name" "$verdict" $((SECONDS - began))
}

# all_parts: the summary; fails where a part did.
all_parts() {
    printf '\n=== all\n'
    printf '%s\n' "${TIMES[@]}"
    printf '%5d s  in all\n' $((SECONDS - BEGAN))
    if [ ${#FAILED[@]} -gt 0 ]; then
        printf 'FAILED: %s\n' "${FAILED[@]}"
        return 1
    fi
    echo "everything passed"
}
