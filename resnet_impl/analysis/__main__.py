"""See why residual networks work: each verb measures one thing and draws it.

VERB.csv, VERB.json and VERB.png are written into --output; `VERB --help` says what is measured, after which paper and
figure, and where it differs from them.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from rich.console import Console

from resnet_impl.analysis.errors import AnalysisError
from resnet_impl.analysis.outputs import leave_no_trace, missing
from resnet_impl.cifar10.errors import DataError, TrainingError

PROGRAM = "python -m resnet_impl.analysis"
REFUSED, INTERRUPTED = 2, 130
VERBS = {
    "paths": "how many paths there are, how long, and the gradient that each length carries (Veit et al. 2016)",
    "gradient-flow": "norm and correlation of gradients per layer, Jacobians of blocks, beside the plain twin",
    "lesion": "blocks deleted and swapped at test time, residual beside plain (Veit et al. 2016)",
    "responses": "standard deviation of each 3x3 layer after BN (He et al. 2015, Fig. 7)",
    "degradation": "training and test curves, plain beside residual (He et al. 2015, Fig. 6)",
    "ablation": "shortcuts A, B, C and none, pre- against post-activation, trained alike; resumable",
}


def make_parser() -> argparse.ArgumentParser:
    """All verbs with their options."""
    parser = argparse.ArgumentParser(
        prog=PROGRAM, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, summary in VERBS.items():
        module = importlib.import_module(f"resnet_impl.analysis.{verb.replace('-', '_')}")
        own = verbs.add_parser(
            verb,
            help=summary,
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        module.add_options(own)
        own.set_defaults(run=module.run)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; the exit code: 0, 2 where it could not be done, 130 after Ctrl-C."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = make_parser().parse_args(given)
    options.given = given[given.index(options.verb) + 1 :]
    console = Console(stderr=True, highlight=False)
    made = missing(options.output)
    try:
        code: int = options.run(options, console)
    except (AnalysisError, DataError, TrainingError) as error:
        print(f"{PROGRAM} {options.verb}: {error}", file=sys.stderr)
        leave_no_trace(made)
        return REFUSED
    except KeyboardInterrupt:
        leave_no_trace(made)
        print(f"{PROGRAM} {options.verb}: interrupted; nothing was written", file=sys.stderr)
        return INTERRUPTED
    return code


if __name__ == "__main__":
    sys.exit(main())
