#!/usr/bin/env bash
# The judge, from the checkout that this action lies in, and what the target needs, resolved together.
set -euo pipefail
home=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
python -m pip install --quiet --disable-pip-version-check uv
read -r -a packages <<<"${RC_PACKAGES//$'\n'/ }"
python -m uv pip install --python "$(command -v python)" --torch-backend "${RC_TORCH_BACKEND:-cpu}" "$home" "${packages[@]}"
