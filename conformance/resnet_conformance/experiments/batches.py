"""BH-01, BH-02, BN-05: in eval mode the samples of a batch do not see each other, and a run leaves no trace.

Rules of this project; BN-05 by He et al.'s released models, which use stored statistics.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from hypothesis import strategies as st

from ..capture.problems import CaptureError
from ..clauses.case import Case, Result, examines
from ..enumerating import listed
from .bench import Refuted
from .live import Arrangement
from .pieces import ENOUGH, bench_of, explored
from .tolerance import close

BATCHES, DEEP_BATCHES = st.sampled_from([8, 2, 3, 5]), st.sampled_from([2, 3, 4])  # the first is always tried
SEEDS = st.integers(0, 99)
SQUEEZED, UNTRACKED, DROPPED = "head-squeeze", "bn-functional-train", "dropout-functional-always-on"


@examines("BH-01", by="behaviour")
def samples_are_independent(case: Case) -> Result:
    """Each sample of a batch gets the logits that it gets alone, in a batch of one."""
    live = bench_of(case).live

    def prop(batch: int, seed: int) -> None:
        together = live.eval(Arrangement(batch, seed)).output
        try:
            alone = live.alone(seed).output
        except CaptureError as refusal:
            raise Refuted(
                "The network does not run on a batch of one.", "logits of one sample", str(refusal), deviation=SQUEEZED
            ) from None
        if alone.shape != (1, *together.shape[1:]) or together.shape[0] != batch:
            raise Refuted(
                "The output of a batch of one has another shape.",
                f"shape {(1, *together.shape[1:])}",
                f"shape {tuple(alone.shape)}",
                deviation=SQUEEZED,
            )
        if close(alone, together[:1]) is None:
            return
        plain = live.eval(Arrangement(1, seed)).output
        error = close(plain, together[:1])
        if error is not None and close(live.eval(Arrangement(1, seed, chance=1)).output, plain) is None:
            raise Refuted(
                "The samples of a batch influence each other in eval mode.",
                f"the same logits alone and in a batch of {batch}",
                f"logits that differ by {error:.2g} of their size",
                deviation=UNTRACKED if any(n.attrs["batch_statistics"] for n in case.nodes("batch_norm")) else None,
            )

    return explored(case, "BH-01", prop, "the same alone and in a batch", batch=_batches(case), seed=SEEDS)


@examines("BN-05", by="behaviour")
def batch_is_not_measured(case: Case) -> Result:
    """Other samples beside it do not change the logits of a sample."""
    live = bench_of(case).live

    def prop(batch: int, seed: int) -> None:
        once = live.eval(Arrangement(batch, seed)).output
        if _is_alone_as_in_company(case, batch, seed):
            return
        other = live.eval(Arrangement(batch, seed, others=1)).output
        again = live.eval(Arrangement(batch, seed, chance=1)).output
        error = close(other[:1], once[:1])
        if error is not None and close(again, once) is None:
            raise Refuted(
                "In eval the logits of a sample depend on the samples beside it.",
                "stored statistics",
                f"logits that differ by {error:.2g} of their size with other samples in the batch",
            )

    return explored(case, "BN-05", prop, "stored statistics", batch=_batches(case), seed=SEEDS)


@examines("BH-02", by="behaviour")
def eval_repeats(case: Case) -> Result:
    """Two runs agree, whatever is drawn at random and however the input lies in memory, and change no tensor."""
    live = bench_of(case).live

    def prop(batch: int, seed: int) -> None:
        run = live.eval(Arrangement(batch, seed))
        _demand_unchanged(case, run.tensors)
        if not _is_alone_as_in_company(case, batch, seed):
            demand_sameness(batch, seed, run.output)
        _demand_no_memory(case, batch, seed, run.output)

    def demand_sameness(batch: int, seed: int, output: torch.Tensor) -> None:
        moved = close(live.eval(Arrangement(batch, seed, chance=1)).output, output)
        if moved is not None:
            raise Refuted(
                "Two runs in eval mode give different logits for one input.",
                "the same logits in each run",
                f"logits that differ by {moved:.2g} of their size",
                deviation=DROPPED if case.nodes("dropout") else None,
            )
        try:
            # code that casts rounds by what half precision holds, and another layout sums in another order
            margin = 1.0 if output.dtype == torch.float64 else CAST_MARGIN
            moved = close(live.eval(Arrangement(batch, seed, channels_last=True)).output, output, margin=margin)
        except CaptureError:  # it asks for its input in one memory format: no clause forbids that
            return
        if moved is not None:
            raise Refuted(
                "In eval the logits depend on how the input lies in memory.",
                "the same logits for channels-last memory",
                f"logits that differ by {moved:.2g} of their size",
            )

    return explored(case, "BH-02", prop, "two runs agree", batch=_batches(case), seed=SEEDS)


CAST_MARGIN = 100.0  # a tenth of the logits' size; a layout that is misread moves all of it


def _demand_no_memory(case: Case, batch: int, seed: int, output: torch.Tensor) -> None:
    """A pass after others, on a batch of another size and one of the same, gives what it gives alone.

    A deep network is spared the second.
    """
    before = (batch + 1,) if _is_deep(case) else (batch + 1, batch)
    try:
        later = bench_of(case).live.eval(Arrangement(batch, seed, earlier=before)).output
    except CaptureError as refusal:
        raise Refuted(
            "After a run in eval mode the network does not run on a batch of another size.", "logits", str(refusal)
        ) from None
    moved = close(later, output)
    if moved is not None:
        raise Refuted(
            "A run in eval mode changes what the next one gives.",
            "the same logits whatever ran before",
            f"logits that differ by {moved:.2g} of their size",
        )


def _batches(case: Case) -> st.SearchStrategy[int]:
    return DEEP_BATCHES if _is_deep(case) else BATCHES


def _is_deep(case: Case) -> bool:
    return len(case.found.main_convolutions) > ENOUGH


def _is_alone_as_in_company(case: Case, batch: int, seed: int) -> bool:
    """One agreement that says much: another batch, another draw of chance and another memory format change nothing."""
    live = bench_of(case).live
    try:
        alone = live.alone(seed).output
    except CaptureError:
        return False
    return close(alone, live.eval(Arrangement(batch, seed)).output[:1]) is None


def _demand_unchanged(case: Case, after: Mapping[int, torch.Tensor]) -> None:
    """No tensor that the pass left has other values than it was given, neither here nor at the judged size."""
    bench = bench_of(case)
    changed = _changed(case, after)
    if case.graph.written - changed:  # written with the value that it had, or not at all at this size
        changed |= bench.shared("changed at the judged size", lambda: _changed(case, _left_at_judged_size(case)))
    if changed:
        names = [case.graph.tensors[i].names[0] for i in sorted(changed)]
        raise Refuted(
            "A run in eval mode changes the network.",
            "parameters and buffers as they were",
            f"changed: {listed(names)}",
            tuple(names),
        )


def _left_at_judged_size(case: Case) -> Mapping[int, torch.Tensor]:
    """The tensors after a pass on the input on which the network was seen to write."""
    bench = bench_of(case)
    shape = case.candidate.input_shape
    x = torch.randn(shape, generator=bench.generator(7), dtype=torch.float64)
    return bench.laboratory.run(x, bench.tensors).tensors


def _changed(case: Case, after: Mapping[int, torch.Tensor]) -> set[int]:
    """The tensors with other values than the pass was given: of those that it writes, and of the small ones.

    A large one that it does not write shares the memory of what was given, so that there is nothing to compare.
    """
    bench, written = bench_of(case), case.graph.written
    changed = set()
    for index, left in after.items():
        small = index in bench.tensors and left.is_floating_point() and left.numel() < 2**16
        if index in written or small:
            before = bench.tensors[index] if index in bench.tensors else bench.laboratory.own(index)
            if not _is_same(left, before):
                changed.add(index)
    return changed


def _is_same(left: torch.Tensor, before: torch.Tensor) -> bool:
    if left.shape != before.shape:
        return False
    before = before.to(left.dtype)
    return bool(((left == before) | ((left != left) & (before != before))).all())  # memory never filled may hold NaN
