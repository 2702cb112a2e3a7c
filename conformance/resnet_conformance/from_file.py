"""What findings on a network from a file are worth: exporters fold BN away, and fix sizes that a network leaves free.

A file is no network's fault: what its export lost is not examined or does not apply, and the finding says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from .file_facts import FileFacts
from .findings import Finding

SIZES = ("HD-05", "HD-07")  # of other input sizes, and of a pool with a window of its own
BATCHES = ("BH-01", "BH-02", "BN-05")
LOST = ("BN-04", "BN-07", "CB-01", "CB-02")  # eps, momentum and biases of convolutions: folding leaves none of them
NORMS = ("BN-01", "BN-02", "BN-03", "BN-05", "BH-03", "EQ-03", "SC-14", "STEM-03")

EVALUATED = ("BN-05", "BH-01", "BH-02", "BH-04", "EQ-01")  # of eval mode, or of eval beside training
GRADIENTS = ("BH-05", "EQ-04")

NO_GRADIENTS = "An .onnx file does not say where gradients stop (detach, requires_grad)."
DROPPED = ("ACT-02", "BH-04")
LEFT_OUT = "Exporters leave out what runs in training alone, dropout too."


def qualify(findings: Sequence[Finding], facts: FileFacts | None) -> tuple[Finding, ...]:
    """The findings, with what the file cannot tell said of those that it concerns."""
    return tuple(findings) if facts is None else tuple(_qualified(findings, facts))


def _qualified(findings: Sequence[Finding], facts: FileFacts) -> Iterator[Finding]:
    folded = describe_folding(facts)
    for finding in findings:
        clause, outcome = finding.clause, finding.outcome
        if clause in SIZES and facts.fixes_size and (outcome == "fail" or (facts.window and outcome == "pass")):
            yield _without(finding, "not-applicable", f"The file fixes its input to {facts.text}: {EXPORT}.")
        elif clause in BATCHES and facts.fixes_batch and outcome == "fail" and "does not run" in finding.message:
            yield _without(finding, "not-examined", f"The file fixes its input to {facts.text}: {EXPORT}.")
        elif facts.training and clause in EVALUATED and outcome == "pass":
            yield _without(finding, "not-examined", TRAINED)
        elif folded and clause in LOST and outcome in ("pass", "fail"):
            yield _without(finding, "not-examined", f"{folded} Eps, momentum and biases are lost in that.")
        elif folded and clause in NORMS and outcome == "pass" and folded not in finding.message:
            yield replace(finding, message=f"{finding.message} {folded}".strip())
        elif clause in DROPPED and outcome == "pass":
            yield _noted(finding, LEFT_OUT)
        elif clause in GRADIENTS and not facts.detaches and outcome == "pass":
            yield _noted(finding, NO_GRADIENTS)
        else:
            yield finding


TRAINING = (
    "In training its operators do as they do in training; what the network's code does then alone, no file shows."
)
EXPORT = "export it with dynamic axes to have other sizes judged"
TRAINED = (
    "All BN of the file use the batch's statistics: it was exported in training mode, or they always do. What the"
    " network does in eval mode is not shown: export it in eval mode (model.eval())."
)


def describe_folding(facts: FileFacts) -> str:
    """The sentence that says which BN was put back; "" where none was."""
    count = len(facts.folded)
    if not count:
        return ""
    said = f"{count} BNs folded into their convolutions by the exporter"
    said = said if count > 1 else "1 BN folded into its convolution by the exporter"
    if facts.recorded:
        return f"{said}, as its own record in the file says; put back here."
    return f"{said}; put back here: a convolution with a bias and no BN cannot be told from it."


def describe_file(facts: FileFacts | None) -> tuple[str, ...]:
    """What a person should know of the file before the findings, in sentences."""
    if facts is None:
        return ()
    fixed = facts.fixes_batch or facts.fixes_size
    texts = (describe_folding(facts), f"The file fixes its input to {facts.text}." if fixed else "")
    return (*(text for text in texts if text), TRAINED if facts.training else TRAINING)


def _noted(finding: Finding, note: str) -> Finding:
    """The finding with the sentence behind its message, once."""
    return replace(finding, message=f"{finding.message.replace(note, '').strip()} {note}".strip())


def _without(finding: Finding, outcome: str, message: str) -> Finding:
    return replace(
        finding,
        outcome=outcome,  # type: ignore[arg-type]
        evidence="none",
        message=message,
        where=(),
        expected="",
        found="",
        deviation=None,
        repro=None,
    )
