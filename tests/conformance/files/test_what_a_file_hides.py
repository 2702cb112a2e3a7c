"""What a network does and its file does not show: eval mode, where gradients stop, half precision, what is learned."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  (the customary name)
from torch import Tensor, nn
from torchvision.ops import FrozenBatchNorm2d

import resnet_impl
from resnet_conformance import check
from resnet_conformance.findings import Report
from tests.mutants.right_samples import KeptMatrix, keeping

from .exports import FOLDER, export, trained
from .same import compared, differences, judged

pytestmark = pytest.mark.slow

ARCHITECTURE = "cifar10/resnet20"


class Batch(nn.BatchNorm2d):
    """BN that knows no eval mode."""

    def forward(self, x: Tensor) -> Tensor:
        mean, var = self.running_mean, self.running_var
        return F.batch_norm(x, mean, var, self.weight, self.bias, True, self.momentum or 0.1, self.eps)


class Wrapped(nn.Module):
    """A ResNet-20, and what is done to the images before it and to the logits behind it."""

    def __init__(self, before: Callable[[Tensor], Tensor], after: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.net, self.before, self.after = resnet_impl.cifar_resnet20(), before, after

    def forward(self, x: Tensor) -> Tensor:
        return self.after(self.net(self.before(x)))


class Detached(nn.Module):
    """A ResNet-20 that no gradient passes in the middle."""

    def __init__(self) -> None:
        super().__init__()
        self.net = resnet_impl.cifar_resnet20()
        self.net.maps16.register_forward_pre_hook(lambda module, given: (given[0].detach(),))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.net(x)
        return y


class Blurred(nn.Module):
    """A ResNet-20 with a blur, the same fixed filter on each channel, before its second stage."""

    def __init__(self) -> None:
        super().__init__()
        self.net = resnet_impl.cifar_resnet20()
        row = torch.tensor([1.0, 2.0, 1.0]) / 4
        self.register_buffer("filter", torch.outer(row, row)[None, None])
        self.net.maps16.register_forward_pre_hook(self.blur)

    def blur(self, module: nn.Module, given: tuple[Tensor, ...]) -> tuple[Tensor]:
        x = given[0]
        return (F.conv2d(x, self.get_buffer("filter").expand(x.shape[1], 1, 3, 3), padding=1, groups=x.shape[1]),)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.net(x)
        return y


class KeptInEval(FrozenBatchNorm2d):
    """As frozen BN in eval mode; in training it normalises with the batch's statistics, and updates its own."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            y: Tensor = super().forward(x)
            return y
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, True, 0.1, self.eps)


def arithmetic(kind: type[nn.Module]) -> nn.Module:
    """A ResNet-20 as a backbone with such BN."""
    net: nn.Module = always_trains()
    for name, module in list(net.named_modules()):
        if isinstance(module, Batch):
            parent, _, own = name.rpartition(".")
            setattr(net.get_submodule(parent), own, kind(module.num_features))
    net.fc = nn.Identity()
    return net


def always_trains(places: slice = slice(None)) -> nn.Module:
    """A ResNet-20 with such BN in these of its places."""
    net = resnet_impl.cifar_resnet20()
    norms = [name for name, module in net.named_modules() if isinstance(module, nn.BatchNorm2d)]
    for name in norms[places]:
        parent, _, own = name.rpartition(".")
        setattr(net.get_submodule(parent), own, Batch(net.get_submodule(name).num_features))  # type: ignore[arg-type]
    return net


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "always": always_trains,
    "one-always": lambda: always_trains(slice(3, 4)),
    "float": lambda: Wrapped(Tensor.float, Tensor.float),
    "half": lambda: Wrapped(torch.clone, lambda x: x.half().float()),
    "bfloat16": lambda: Wrapped(torch.clone, Tensor.bfloat16),
    "rounded": lambda: Wrapped(torch.clone, lambda x: x.half().relu().float()),
    "detached": Detached,
    "kept-convolution": keeping(KeptMatrix),
    "blurred": Blurred,
    "frozen": lambda: arithmetic(FrozenBatchNorm2d),
    "kept-in-eval": lambda: arithmetic(KeptInEval),
}


@functools.cache
def made(name: str) -> nn.Module:
    torch.manual_seed(0)
    return trained(NETWORKS[name]())


@functools.cache
def report_on(name: str, way: str) -> Report:
    """On the network as a "module", or as the file that it was exported to in that way."""
    if way == "module":
        return check(made(name), ARCHITECTURE, seed=7)
    path = FOLDER / f"hidden-{name}-{way}{'.pt2' if way.startswith('pt2') else '.onnx'}"
    return check(str(export(made(name), path, way, (2, 3, 32, 32))), ARCHITECTURE, seed=7)


def outcomes(report: Report) -> dict[str, str]:
    return {f.clause: f.outcome for f in report.findings}


def failed(report: Report) -> set[str]:
    return {f.clause for f in report.failed()}


# --- eval mode ---

EVALUATED = ("BN-05", "BH-01", "BH-02", "BH-04", "EQ-01")


@pytest.mark.parametrize("way", ["legacy-kept", "legacy-opset11", "pt2", "pt2-core"])
def test_bn_that_always_uses_the_batchs_statistics_is_not_examined_in_eval(way: str) -> None:
    assert {"BN-05", "BH-01", "BH-02"} <= failed(report_on("always", "module"))
    report = report_on("always", way)
    assert report.verdict == "not-examined"
    assert {c: outcomes(report)[c] for c in EVALUATED} == dict.fromkeys(EVALUATED, "not-examined")
    message = next(f.message for f in report.findings if f.clause == "BN-05")
    assert "in training mode, or they always do" in message
    assert "export it in eval mode" in message
    assert message in report.summary["file"]
    assert {outcomes(report)[c] for c in ("BH-03", "BH-05", "EQ-02", "EQ-03", "EQ-04")} == {"pass"}


@pytest.mark.parametrize("way", ["legacy-kept", "pt2"])
def test_one_such_bn_among_others_violates_as_in_the_module(way: str) -> None:
    module, report = report_on("one-always", "module"), report_on("one-always", way)
    assert (report.verdict, failed(report)) == (module.verdict, failed(module))
    assert "BH-01" in failed(report)


def test_a_file_in_eval_mode_says_nothing_of_that() -> None:
    assert not any("training mode" in text for text in judged("resnet20", "legacy-kept").summary["file"])


# --- gradients ---


def test_no_onnx_file_says_where_gradients_stop() -> None:
    assert "BH-05" in failed(report_on("detached", "module"))
    assert "BH-05" in failed(report_on("detached", "pt2"))
    report = report_on("detached", "legacy-kept")
    said = {f.clause: f.message for f in report.findings if "does not say where gradients stop" in f.message}
    assert set(said) == {"BH-05", "EQ-04"}
    assert report.verdict == "conforms"


def test_what_is_shown_is_not_doubted() -> None:
    assert not any("where gradients stop" in f.message for f in judged("resnet20", "pt2").findings)


# --- casts ---


@pytest.mark.parametrize("way", ["legacy-kept", "dynamo", "pt2", "pt2-core"])
@pytest.mark.parametrize("name", ["float", "half", "bfloat16", "rounded"])
def test_casts_are_judged_as_in_the_module(name: str, way: str) -> None:
    module, report = report_on(name, "module"), report_on(name, way)
    assert failed(report) == failed(module) == (set() if name == "float" else {"HD-02"} | failed(module))
    assert report.verdict == module.verdict == ("conforms" if name == "float" else "violates")


def test_a_file_that_computes_in_half_precision_is_judged_as_one_that_does_not(tmp_path: Path) -> None:
    """Its casts are of how the file keeps the network, as a converter to half precision makes them."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(str(export(trained(resnet_impl.cifar_resnet20()), tmp_path / "net.onnx", "legacy-kept")))
    for tensor in model.graph.initializer:
        array = numpy_helper.to_array(tensor)
        if array.dtype.kind == "f":
            tensor.CopyFrom(numpy_helper.from_array(array.astype("float16"), tensor.name))
    source, result = model.graph.input[0].name, model.graph.output[0].name
    for node in model.graph.node:
        node.input[:] = ["half" if name == source else name for name in node.input]
        node.output[:] = ["scores" if name == result else name for name in node.output]
    model.graph.node.insert(0, helper.make_node("Cast", [source], ["half"], to=TensorProto.FLOAT16))
    model.graph.node.append(helper.make_node("Cast", ["scores"], [result], to=TensorProto.FLOAT))
    (tmp_path / "half.onnx").write_bytes(model.SerializeToString())
    assert check(str(tmp_path / "half.onnx"), ARCHITECTURE, seed=7).verdict == "conforms"


# --- what is learned ---


@pytest.mark.parametrize("way", ["legacy", "legacy-kept", "dynamo", "pt2"])
def test_a_fixed_convolution_of_zeros_and_ones_is_option_a_in_a_file_too(way: str) -> None:
    """An .onnx file keeps parameters and buffers alike; training leaves no weight of zeros and ones."""
    module, report = report_on("kept-convolution", "module"), report_on("kept-convolution", way)
    assert (module.verdict, failed(module)) == ("conforms", set())
    assert (report.verdict, failed(report)) == ("conforms", set())
    assert {c: outcomes(report)[c] for c in ("SC-03", "CT-04")} == {"SC-03": "pass", "CT-04": "pass"}


@pytest.mark.parametrize("way", ["legacy", "legacy-kept", "dynamo", "pt2"])
def test_a_blur_is_one_in_a_file_too(way: str) -> None:
    """Filters of all channels that are the same were not learned."""
    module, report = report_on("blurred", "module"), report_on("blurred", way)
    assert "CT-01" not in failed(module)
    assert compared(module, report) == {}


@pytest.mark.parametrize("way", ["pt2", "pt2-core"])
@pytest.mark.parametrize("name", ["frozen", "kept-in-eval"])
def test_bn_as_arithmetic_shows_no_training(name: str, way: str) -> None:
    """Buffers for gamma and beta do not make it frozen: in training it may use the batch's statistics."""
    module, report = report_on(name, "module"), report_on(name, way)
    assert outcomes(module)["BH-03"] == ("not-applicable" if name == "frozen" else "pass")
    assert (report.verdict, outcomes(report)["BH-03"]) == ("not-examined", "not-examined")
    assert differences(module, report) == {}
