"""Another package may be called benchmarks, too (fairscale installs one): the checkout's is the one that is meant."""

from __future__ import annotations

from pathlib import Path

import benchmarks

benchmarks.__path__ = [str(Path(__file__).parents[2] / "benchmarks")]
