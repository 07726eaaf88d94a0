#!/bin/bash
# Countersign runs this when an upload is complete: [hook] command = ["/usr/local/bin/on-upload"], the event on stdin.
# Exit 0 takes the upload (a JSON object on stdout is passed on to the page), exit 1 refuses it for good.
# Any other status means: ask again later. So what merely fails must not end with 1, which is what `set -e` would do.
set -o pipefail
trap 'exit 75' ERR # for later; sysexits.h calls it a temporary failure
set -E

directory=${1:-/var/lib/uploads}
event=$(cat)
name=$(jq -enr 'input.data.name' <<<"$event") # jq takes no input at all for fine, `input` does not

case ${name,,} in
    *.exe)
        printf '{"error": "Programs are not welcome here"}\n'
        exit 1
        ;;
esac

# The same upload may be told of more than once, always with this id: the second time writes the same file.
jq -e .data <<<"$event" >"$directory/$COUNTERSIGN_WEBHOOK_ID.tmp"
mv "$directory/$COUNTERSIGN_WEBHOOK_ID.tmp" "$directory/$COUNTERSIGN_WEBHOOK_ID.json"
jq -cn --arg id "$COUNTERSIGN_WEBHOOK_ID" '{photo: $id[0:8]}'
