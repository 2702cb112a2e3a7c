"""check and identify on real modules: addresses, factories and instances, sizes, keyword arguments, speed."""

from __future__ import annotations

import importlib
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
import torchvision
from torch import nn

import resnet_conformance
from resnet_conformance import check, cli, identify
from resnet_conformance.api import UnknownArchitectureError
from resnet_conformance.capture import TargetProblem
from resnet_conformance.judge import UnjudgeableError
from resnet_conformance.spec import SpecError, load_spec
from tests.relatives import resnext


def test_torchvision_resnet50_is_not_the_papers() -> None:
    report = check("torchvision.models:resnet50", "imagenet/resnet50")
    assert (report.verdict, report.exit_code) == ("violates", 1)
    assert [f.clause for f in report.failed("MUST")] == ["BTN-04", "BTN-05", "CT-05"]
    assert {f.deviation for f in report.failed()} == {"stride-3x3"}
    assert report.identified.architecture == "imagenet/resnet50-v1.5"
    assert report.identified.exact


@pytest.mark.slow
def test_a_factory_and_an_instance_are_judged_like_the_address() -> None:
    results = []
    factory = __import__("resnet_impl").cifar_resnet20
    for target in ("resnet_impl:cifar_resnet20", factory, factory()):
        report = check(target, "cifar10/resnet20-B", seed=1)
        results.append([(f.clause, f.outcome, f.expected, f.found) for f in report.findings if f.clause[:3] != "IN-"])
    assert results[0] == results[1] == results[2]


def test_the_instance_is_left_as_it_was() -> None:
    net = torchvision.models.resnet18().train()
    net.layer1.eval()
    modes = [m.training for m in net.modules()]
    before = {name: value.clone() for name, value in net.state_dict().items()}
    state = torch.get_rng_state()
    check(net)
    assert [m.training for m in net.modules()] == modes
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)
    assert all(p.grad is None and p.device.type == "cpu" for p in net.parameters())


def test_a_cifar_network_is_judged_at_32() -> None:
    report = check("resnet_impl:cifar_resnet20")
    assert report.architecture == "cifar10/resnet20"
    assert report.summary["input"] == [2, 3, 32, 32]


@pytest.mark.slow
def test_other_sizes_classes_and_channels_on_request() -> None:
    report = check("resnet_impl:resnet18", "imagenet/resnet18", input=(3, 192, 256), evidence="structure")
    assert report.failed() == ()
    open_ = {f.clause: f.message for f in report.findings if f.outcome == "not-examined"}
    assert open_["CT-05"] == "The input is 192x256, not 224."
    asked = check("resnet_impl:cifar_resnet20", kwargs={"num_classes": 100, "in_channels": 1})
    assert (asked.verdict, asked.summary["input"][1]) == ("conforms", 1)
    unasked = check(lambda: __import__("resnet_impl").cifar_resnet20(num_classes=100), "cifar10/resnet20")
    assert "HD-02" in {f.clause for f in unasked.failed("MUST")}


@pytest.mark.slow
def test_a_should_counts_on_request() -> None:
    def biased() -> nn.Module:
        net = __import__("resnet_impl").cifar_resnet20()
        net.stem.conv.bias = nn.Parameter(torch.zeros(16))
        return net

    assert check(biased, "cifar10/resnet20").verdict == "conforms"
    assert check(biased, "cifar10/resnet20", level="should").verdict == "violates"


def test_only_some_clauses() -> None:
    report = check("torchvision.models:resnet50", "imagenet/resnet50", only=("SC-*",))
    assert {f.clause.split("-")[0] for f in report.findings} == {"SC"}
    assert report.verdict == "conforms"
    assert report.summary["only"] == ["SC-*"]
    report = check("resnet_impl:cifar_resnet20", "cifar10/resnet20", only="sc-0?", evidence="structure")
    assert {f.clause[:4] for f in report.findings} == {"SC-0"}


def test_an_unknown_architecture_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UnknownArchitectureError, match=r"imagenet/resnet-50.*imagenet/resnet50"):
        check("torchvision.models:resnet50", "imagenet/resnet-50")


def test_a_variant_is_to_blame_where_its_own_network_breaks_the_clause(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that is exactly the variant violates it: wrong is the variant, which does not replace the clause."""
    name, spec = "imagenet/resnet50-v1.5", load_spec()
    careless = replace(spec.architectures[name], replaces={"BTN-05": "BTN-06"})
    changed = replace(spec, architectures={**spec.architectures, name: careless})
    monkeypatch.setattr("resnet_conformance.api.load_spec", lambda: changed)
    with pytest.raises(SpecError, match=r"variants\.yaml:9:5: .* itself breaks BTN-04"):
        check("torchvision.models:resnet50", name, evidence="structure")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"input": (3, 32)}, r"input is \(channels, height, width\)"),
        ({"only": ("SC-*", "ZZ-*")}, r"no clause matches 'ZZ-\*'"),
        ({"only": [5]}, r"'only' takes patterns of clause ids, such as 'SC-\*'; got 5"),
        ({"only": "btn-44"}, r"no clause matches 'btn-44' \(did you mean 'BTN-04'\?\)"),  # a text is one pattern
        ({"input": (3, 0, 32)}, "three numbers above 0"),
        ({"level": "MAY"}, "level is 'must' or 'should', not 'MAY'"),
        ({"architecture": 5}, "unknown architecture 5"),
        ({"input": (32, 32, 3)}, "the network takes 3 channels, not 32"),
        ({"evidence": "structural"}, "there is no evidence 'structural'"),
    ],
)
def test_an_argument_that_cannot_be_is_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check("resnet_impl:cifar_resnet20", **arguments)  # type: ignore[arg-type]


@pytest.mark.slow
def test_channels_that_a_network_does_not_take_are_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "resnet_impl:cifar_resnet20", "--input", "32x32x3"]) == 2
    told = "input is (channels, height, width), and the network takes 3 channels, not 32"
    assert capsys.readouterr() == ("", f"resnet-conformance: {told}\n")


def test_problems_have_their_own_exceptions() -> None:
    with pytest.raises(TargetProblem):
        check("torchvision.models:resnet51")
    with pytest.raises(UnjudgeableError, match="no convolution"):
        check(lambda: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 10)))


@pytest.mark.parametrize("name", ["vgg11_bn", "densenet121", "mobilenet_v2"])
def test_a_network_near_nothing(name: str) -> None:
    found = identify(f"torchvision.models:{name}")
    assert found.architecture is None
    assert not found.exact
    assert found.reasons


@pytest.mark.parametrize("classes", [2, 100])
def test_other_classes_make_no_other_shortcuts(classes: int) -> None:
    """Of its own accord, not asked for: its parameters are neither option's, its shortcuts are those of A."""
    found = identify(lambda: __import__("resnet_impl").cifar_resnet20(num_classes=classes))
    assert found.architecture == "cifar10/resnet20"


@pytest.mark.parametrize(
    ("name", "architecture"),
    [("resnext50_32x4d", "imagenet/resnext50-32x4d"), ("wide_resnet50_2", "imagenet/wrn50-2")],
)
def test_a_relative_is_found_by_its_own_name(name: str, architecture: str) -> None:
    found = identify(f"torchvision.models:{name}")
    assert (found.architecture, found.exact, found.deviations) == (architecture, True, ())


def test_a_relative_of_no_paper_is_near_but_not_exact() -> None:
    """ResNeXt-50 of 32 groups of 8: nobody's table has it."""
    found = identify(lambda: resnext(50, width=256))
    assert (found.exact, "widths" in found.deviations) == (False, True)


@pytest.mark.slow
def test_a_classifier_without_a_bias_is_compared_all_the_same() -> None:
    """HD-06 is a SHOULD, and no MUST counts the parameters of the ImageNet networks."""

    def build() -> nn.Module:
        net = torchvision.models.resnet18()
        net.fc = nn.Linear(512, 1000, bias=False)
        return net

    report = check(build, "imagenet/resnet18")
    outcomes = {f.clause: f.outcome for f in report.findings}
    assert (report.verdict, outcomes["HD-06"]) == ("conforms", "fail")
    assert {outcomes[f"EQ-0{number}"] for number in (1, 2, 3, 4)} == {"pass"}


def test_importing_the_package_and_the_plugin_does_not_import_torch() -> None:
    code = (
        "import sys, resnet_conformance, resnet_conformance.pytest_plugin, resnet_conformance.judge, "
        "resnet_conformance.cli; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert resnet_conformance.check is check


def _fastest(call: Callable[[], object], times: int = 5) -> float:
    """Seconds of processor time, of all threads: what the clock shows depends on what else the machine does."""
    seconds = []
    for _ in range(times):
        start = time.process_time()
        call()
        seconds.append(time.process_time() - start)
    return min(seconds)


@pytest.mark.timed
def test_resnet152_is_judged_by_structure_within_half_a_second() -> None:
    """From the constructed module to the report, the fastest of five."""
    net = torchvision.models.resnet152()

    def judge() -> None:
        check(net, "imagenet/resnet152", evidence=["structure"])

    judge()  # what is imported once
    assert _fastest(judge) < 0.5


@pytest.mark.timed
@pytest.mark.parametrize(
    ("target", "architecture", "seconds"),
    [
        ("torchvision.models:resnet152", "imagenet/resnet152-v1.5", 6),  # which it is: nothing is left out
        ("resnet_impl:cifar_resnet20", "cifar10/resnet20", 1.5),
    ],
)
def test_all_evidence_within_seconds_of_two_cores(target: str, architecture: str, seconds: float) -> None:
    """From the address to the report, construction included, the fastest of three."""
    importlib.import_module(target.partition(":")[0])
    assert _fastest(lambda: check(target, architecture), times=3) < 2 * seconds
