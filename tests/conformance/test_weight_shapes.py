"""`identify` of weights: what shapes tell, what they cannot, whatever names, order and framework."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
import torchvision
from safetensors.torch import save_file

from resnet_conformance import cli, identify
from resnet_conformance.capture import TargetError
from resnet_conformance.spec import load_spec
from resnet_conformance.transplantation import WeightsError
from resnet_conformance.weight_shapes import count_shapes, identify_shapes
from resnet_impl import cifar_plain20, cifar_preresnet110, cifar_resnet20, plain18, resnet18, resnet34

pytestmark = pytest.mark.slow

SPEC = load_spec()


def shapes(net: torch.nn.Module) -> list[tuple[int, ...]]:
    return [tuple(value.shape) for value in net.state_dict().values()]


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (torchvision.models.resnet18, "imagenet/resnet18"),
        (lambda: resnet18(shortcut="A"), "imagenet/resnet18"),
        (lambda: resnet34(shortcut="C"), "imagenet/resnet34"),
        (torchvision.models.resnet50, "imagenet/resnet50"),
        (cifar_preresnet110, "cifar10/resnet110"),  # its pre-activation blocks have the same layers
    ],
)
def test_the_papers_architecture_comes_first_and_nothing_is_exact(make, name: str) -> None:
    with torch.device("meta"):
        found = identify_shapes(count_shapes(shapes(make())), SPEC)
    assert (found.architecture, found.exact) == (name, False)
    assert "Shapes do not show strides" in found.reasons[-1]


def test_what_shapes_cannot_tell_apart_is_said() -> None:
    with torch.device("meta"):
        fifty = identify_shapes(count_shapes(shapes(torchvision.models.resnet50())), SPEC)
        plain = identify_shapes(count_shapes(shapes(plain18())), SPEC)
    both = "imagenet/resnet50 and of imagenet/resnet50-v1.5"
    assert fifty.reasons[0] == f"Its shapes are exactly those of {both}, which shapes cannot tell apart."
    # without parameters in the shortcuts a residual network's weights are those of its plain twin
    assert plain.architecture == "imagenet/resnet18"
    assert "imagenet/plain18" in plain.reasons[0]
    assert "imagenet/resnet18" in plain.reasons[0]


def test_what_fits_in_part_is_not_said_to_be_exact() -> None:
    with torch.device("meta"):
        seven = identify_shapes(count_shapes(shapes(torchvision.models.resnet50(num_classes=7))), SPEC)
        biased = torchvision.models.resnet50()
        biased.conv1.bias = torch.nn.Parameter(torch.zeros(64))
        other = identify_shapes(count_shapes(shapes(biased)), SPEC)
    for found in (seven, other):
        assert found.reasons[0].startswith("The shapes of all its convolutions are those of imagenet/resnet50 and of ")
        assert len(found.reasons) == 3


@pytest.mark.parametrize("verb", ["identify", "view"])
def test_what_is_printed_of_weights_is_true(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, judged_here, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with torch.device("meta"):
        state = torchvision.models.resnet50().state_dict()
    torch.save({key: torch.empty(()).expand(value.shape) for key, value in state.items()}, "tv50.pth")
    if verb == "view":
        assert cli.main(["identify", "tv50.pth", "--format", "json"]) == 0
        Path("report.json").write_text(capsys.readouterr().out, "utf-8")
    assert cli.main([verb, "tv50.pth" if verb == "identify" else "report.json"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Its shapes are exactly those of imagenet/resnet50 and of imagenet/resnet50-v1.5" in said
    assert "Shapes do not show strides" in said
    assert "not exactly" not in said
    assert "Nearest" not in said


def test_other_classes_no_classifier_and_another_framework_are_said() -> None:
    net = cifar_resnet20(num_classes=7)
    assert (
        "The classifier has 7 classes, the architecture 10." in identify_shapes(count_shapes(shapes(net)), SPEC).reasons
    )
    headless = [shape for shape in shapes(cifar_resnet20()) if shape not in ((10, 64), (10,))]
    found = identify_shapes(count_shapes(headless), SPEC)
    assert found.architecture == "cifar10/resnet20"
    assert "There is no classifier of its features." in found.reasons
    turned = [tuple(reversed(s)) if len(s) == 2 else (s[2], s[3], s[1], s[0]) if len(s) == 4 else s for s in headless]
    assert any("as TensorFlow and JAX do" in reason for reason in identify_shapes(count_shapes(turned), SPEC).reasons)


def test_a_changed_layer_is_named_and_a_stranger_is_near_nothing() -> None:
    with torch.device("meta"):
        net = torchvision.models.resnet18()
        net.conv1 = torch.nn.Conv2d(3, 64, 5)
        found = identify_shapes(count_shapes(shapes(net)), SPEC)
        assert found.architecture == "imagenet/resnet18"
        assert "without 1 of 7x7 from 3 to 64 channels; with 1 of 5x5 from 3 to 64 channels" in found.reasons[0]
        assert identify_shapes(count_shapes(shapes(torchvision.models.vgg11())), SPEC).architecture is None
    with pytest.raises(ValueError, match="no weights of a convolution"):
        identify_shapes(count_shapes([(3, 4), (4,)]), SPEC)


def test_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, judged_here, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    state = cifar_plain20().state_dict()
    save_file(state, "net.safetensors")
    torch.save({"epoch": 3, "state_dict": {f"module.{key}": value for key, value in state.items()}}, "net.pth")
    for name in ("net.safetensors", "net.pth"):
        assert identify(name).architecture == "cifar10/resnet20"
        assert cli.main(["identify", name, "--format", "json"]) == 0
        assert '"kind": "weights"' in capsys.readouterr().out
    assert cli.main(["identify", "net.pth"]) == 0
    assert "Shapes do not show strides" in " ".join(capsys.readouterr().out.split())
    assert cli.main(["check", "net.pth"]) == 2
    assert "net.pth holds weights and no network" in capsys.readouterr().err
    with pytest.raises(TargetError, match="takes no keyword arguments, got n"):
        identify("net.pth", kwargs={"n": 3})


class Malicious:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path("touched"),)


def test_a_malicious_pickle_is_refused_and_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"weight": Malicious()}, "evil.pth")
    Path("old.pt").write_bytes(pickle.dumps(Malicious()))
    Path("text.safetensors").write_text("no weights")
    for name in ("evil.pth", "old.pt", "text.safetensors", "none.pth"):
        with pytest.raises(WeightsError, match=f"cannot read {name}"):
            identify(name)
    assert not Path("touched").exists()


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:FutureWarning")
def test_no_refusal_advises_to_run_what_is_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.jit.script(torch.nn.Linear(2, 2)).save("jit.pt")
    torch.save(torch.nn.Linear(2, 2), "whole.pth")
    torch.save({"weight": Malicious()}, "evil.pth")
    words = {"jit.pt": "a TorchScript archive", "whole.pth": "more than tensors", "evil.pth": "more than tensors"}
    for name, reason in words.items():
        with pytest.raises(WeightsError, match=f"cannot read {name} as weights alone: it .*{reason}") as refused:
            identify(name)
        assert "weights_only" not in str(refused.value)
