#!/usr/bin/env bash
# Judge once, then show the one report in every form. Ends as `resnet-conformance check` does: 0, 1 or 2.
set -euo pipefail

options=()
for name in ARCHITECTURE INPUT EXPECT LEVEL SEED TIMEOUT; do
  variable="RC_$name"
  if [[ -n "${!variable:-}" ]]; then
    options+=("--${name,,}=${!variable}")
  fi
done
while IFS= read -r line; do
  if [[ -n "${line//[[:space:]]/}" ]]; then
    options+=("--kw=${line%$'\r'}")
  fi
done <<<"${RC_KWARGS:-}"
if [[ -n "${RC_TARGET:-}" ]]; then
  options+=(-- "$RC_TARGET")
fi

folder=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/resnet-conformance-XXXXXX")
report=$folder/report.json
status=0
python -m resnet_conformance check --format json --output "$report" "${options[@]+"${options[@]}"}" || status=$?
if [[ ! -f "$report" ]]; then # wrong usage: the message stands above
  echo "::error title=resnet-conformance::nothing was judged; the log says why"
  exit "$status"
fi

view=(python -m resnet_conformance view "$report" --lang "${RC_LANG:-en}")
"${view[@]}" --format github
"${view[@]}" --format html --output "$folder/report.html"
"${view[@]}" --format junit --output "$folder/report.xml"

read_verdicts='
import json, sys
data = json.load(open(sys.argv[1], encoding="utf-8"))
print(*(report["verdict"] for report in data.get("reports", [data])))'
{
  echo "verdicts=$(python -c "$read_verdicts" "$report")"
  echo "json=$report"
  echo "html=$folder/report.html"
  echo "junit=$folder/report.xml"
} >>"${GITHUB_OUTPUT:-/dev/null}"
exit "$status"
