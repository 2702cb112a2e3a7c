"""`python -m resnet_impl.cifar10.evaluate`: figures, the table of the classes, pictures, foreign weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from resnet_conformance import transplant
from resnet_impl.cifar10 import evaluate, synthetic, train
from resnet_impl.cifar10.data import Split
from resnet_impl.cifar10.evaluation import evaluate as evaluate_on
from resnet_impl.cifar10.models import build
from resnet_impl.cifar10.views import Views

from .runs_made import made_data


@pytest.fixture(autouse=True)
def _made_images(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (train, evaluate):
        monkeypatch.setattr(module, "load_data", lambda where, **options: made_data())


class Says(nn.Module):
    """Answers by the brightness of the first pixel: the logits of class k are highest for pixel value 10 k."""

    def forward(self, x: Tensor) -> Tensor:
        return -(255 * x[:, :1, 0, 0] - torch.tensor([0.0, 10.0, 20.0])).abs()


def test_figures_by_hand() -> None:
    images = torch.zeros(6, 3, 32, 32, dtype=torch.uint8)
    images[:, 0, 0, 0] = torch.tensor([0, 10, 10, 10, 20, 0])  # what is answered: 0 1 1 1 2 0
    labels = torch.tensor([0, 0, 1, 1, 2, 2])
    answers = evaluate_on(Says().train(), Split(images, labels), Views(torch.zeros(3, 1, 1)))
    assert answers.confusion.tolist() == [[1, 1, 0], [0, 2, 0], [1, 0, 1]]
    assert answers.error == pytest.approx(100 / 3)
    assert [answers.error_of(label) for label in range(3)] == pytest.approx([50, 0, 50])
    shown = torch.tensor([0.0, 10, 10, 10, 20, 0])[:, None] - torch.tensor([0.0, 10.0, 20.0])
    assert answers.loss == pytest.approx(nn.functional.cross_entropy(-shown.abs(), labels).item(), rel=1e-5)


def test_the_networks_mode_is_kept() -> None:
    net = Says()
    for mode in (True, False):
        net.train(mode)
        evaluate_on(net, made_data().test, Views(torch.zeros(3, 1, 1)))
        assert net.training is mode


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run."""
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "load_data", lambda where, **options: made_data())
        arguments = ["--model", "resnet8", "--batch", "8", "--iterations", "100", "--device", "cpu", "--data", "made"]
        assert train.main([*arguments, "--output", str(folder)]) == 0
    return folder


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = evaluate.main([*arguments, "--data", "made", "--device", "cpu"])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_checkpoint_has_the_error_that_training_told(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    code, out, _ = run(capsys, str(trained / "checkpoint.pt"), "--format", "json")
    assert code == 0
    told = json.loads((trained / "run.json").read_text())["result"]
    found = json.loads(out)
    assert (found["error"], found["loss"]) == pytest.approx((told["test_error"], told["test_loss"]))
    assert set(found["classes"]) == {"cat", "dog", "ship"}
    assert found["synthetic"]
    assert (trained / "confusion.png").read_bytes()[:4] == b"\x89PNG"


def test_the_table_of_the_classes(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    code, out, _ = run(capsys, str(trained / "checkpoint.pt"), "--picture", str(tmp_path / "c.png"))
    assert code == 0
    assert "resnet8, seed 0, 100 of 100 iterations, trained on synthetic images; made images" in out
    assert [line.split()[:2] for line in out.splitlines() if line.strip()[:3] in ("cat", "dog", "shi")] == [
        ["cat", "20"], ["dog", "20"], ["ship", "20"],
    ]  # fmt: skip


def test_weights_in_our_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    net = build("resnet8")
    path = tmp_path / "w.safetensors"
    save_file(net.state_dict(), path)
    code, _, err = run(capsys, str(path))
    assert code == 2
    assert "does not say of what: give --model" in err
    code, out, _ = run(capsys, str(path), "--model", "resnet8", "--mean", "0.5,0.5,0.5", "--deviation", "0.2,0.2,0.2")
    assert code == 0
    assert "resnet8, weights of w.safetensors" in out
    code, _, err = run(capsys, str(path), "--model", "resnet14")
    assert code == 2
    assert "resnet-conformance transplant" in err


def test_images_of_other_classes_are_refused(
    trained: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ten = synthetic.synthesize(20, 20)
    monkeypatch.setattr(evaluate, "load_data", lambda where, **options: ten)
    code, _, err = run(capsys, str(trained))
    assert code == 2
    assert "it knows 3 classes, and the images are of 10" in err


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--mean", "125.3,123,113.9", "divided by 255"),
        ("--mean", "0.5,0.5", "no three numbers"),
        ("--deviation", "0.2,0,0.2", "images are divided by it"),
    ],
)
def test_numbers_that_normalise_nothing_are_a_message(
    option: str, value: str, words: str, trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(capsys, str(trained), option, value)
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


class Foreign(nn.Module):
    """ResNet-20 in other names, option A with half of its zeros on either side: akamaster's."""

    def __init__(self) -> None:
        super().__init__()
        widths = [(16, 16, 1)] * 3 + [(16, 32, 2)] + [(32, 32, 1)] * 2 + [(32, 64, 2)] + [(64, 64, 1)] * 2
        pairs = [[(i, o, s), (o, o, 1)] for i, o, s in widths]
        self.convs = nn.ModuleList(
            nn.Conv2d(i, o, 3, s, 1, bias=False) for i, o, s in [(3, 16, 1), *(part for pair in pairs for part in pair)]
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(conv.out_channels) for conv in self.convs)
        self.linear = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norms[0](self.convs[0](x)).relu()
        for k in range(1, 19, 2):
            out = self.norms[k](self.convs[k](x)).relu()
            out = self.norms[k + 1](self.convs[k + 1](out))
            if x.shape != out.shape:
                half = (out.shape[1] - x.shape[1]) // 2
                x = nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, half, half))
            x = (out + x).relu()
        return self.linear(x.mean((2, 3)))


def test_weights_of_another_implementation_get_here_by_transplant(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    torch.manual_seed(0)
    theirs, path = Foreign(), tmp_path / "ours.safetensors"
    transplant(Foreign, theirs.state_dict(), lambda: build("resnet20-A-split"), path, input=(3, 32, 32))
    code, out, _ = run(capsys, str(path), "--model", "resnet20-A-split", "--format", "json", "--mean", "0.5,0.5,0.5")
    assert code == 0
    data = made_data().test
    logits = theirs.eval()(data.images / 255 - 0.5)
    loss = nn.functional.cross_entropy(logits, data.labels)
    assert json.loads(out)["loss"] == pytest.approx(loss.item(), rel=1e-4)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.pt", None, "cannot read the checkpoint"),
        ("bad.pt", b"nonsense", "is no checkpoint, or a damaged one"),
        ("bad.safetensors", b"nonsense", "cannot read"),
    ],
)
def test_a_file_that_is_no_checkpoint(
    name: str, content: bytes | None, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    code, _, err = run(capsys, str(path), "--model", "resnet8")
    assert code == 2
    assert words in err
    assert str(path) in err


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "ran",)

    torch.save({"format": Evil()}, tmp_path / "evil.pt")
    code, _, err = run(capsys, str(tmp_path / "evil.pt"))
    assert code == 2
    assert "is no checkpoint, or a damaged one" in err
    assert not (tmp_path / "ran").exists()
