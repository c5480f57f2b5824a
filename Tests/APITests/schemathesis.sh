#!/bin/sh
# Runs schemathesis against the API of a gateway in a lab of its own, and fails where an answer is not what the document says.
#
#   schemathesis.sh [SECONDS]
#
# Needs root, a built sluice, and 'st' in PATH or SCHEMATHESIS (pip install schemathesis).
set -eu
seconds=${1:-60}
root=$(cd "$(dirname "$0")/../.." && pwd)
st=${SCHEMATHESIS:-st}
command -v "$st" >/dev/null || { echo "schemathesis.sh: '$st' is not there: pip install schemathesis" >&2; exit 1; }
sluice=${SLUICE:-$root/.build/debug/sluice}
[ -x "$sluice" ] || { echo "schemathesis.sh: $sluice is not there: swift build" >&2; exit 1; }

name=sluice-st-$$
work=$(mktemp -d)
finish() {
    "$sluice" lab down --name "$name" >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap finish EXIT
"$sluice" lab up --name "$name" >/dev/null
files=/var/lib/sluice-lab/$name
echo "api: { listen: 127.0.0.1:8686, limits: { requestsPerSecond: 100000, connections: 1024 } }" >>"$files/sluice.yaml"
echo "flowLog: { directory: $files/log }" >>"$files/sluice.yaml"
in_gateway() { "$sluice" lab exec --name "$name" gw -- "$@"; }
"$sluice" reload --gateway "$name"
for _ in $(seq 100); do
    in_gateway curl -sf http://127.0.0.1:8686/healthz >/dev/null && break
    sleep 0.2
done
token=$(cat "$files/state/$name/admin.token")

# A policy that is refused, and a stream that has no end, are as they should be.
cat >"$work/schemathesis.toml" <<END
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "422", "429", "5xx"]
END
cd "$work"
in_gateway "$st" --config-file "$work/schemathesis.toml" run http://127.0.0.1:8686/openapi.json \
    --url http://127.0.0.1:8686 --checks all --max-time "$seconds" --exclude-path /v1/events/stream \
    --header "Authorization: Bearer $token" --request-timeout 30
