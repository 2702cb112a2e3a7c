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
    assert "fit imagenet/resnet50, imagenet/resnet50-v1.5, which shapes cannot tell apart" in fifty.reasons[0]
    # without parameters in the shortcuts a residual network's weights are those of its plain twin
    assert plain.architecture == "imagenet/resnet18"
    assert "imagenet/plain18" in plain.reasons[0]
    assert "imagenet/resnet18" in plain.reasons[0]


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
