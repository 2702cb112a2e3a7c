"""Show a trained network the test images.

  python -m resnet_impl.cifar10.evaluate runs/resnet20/checkpoint.pt --data DIR
  python -m resnet_impl.cifar10.evaluate weights.safetensors --model resnet20 --data DIR

prints error and loss, a table of the classes, and draws the confusion matrix. The second form is for weights of another
implementation, which `resnet-conformance transplant` brings into this one's names; --mean and --deviation say how
their images were normalised, the mean of each pixel otherwise.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from resnet_impl.cifar10 import checkpoint
from resnet_impl.cifar10.curves import pyplot, save
from resnet_impl.cifar10.data import Cifar10, load_data
from resnet_impl.cifar10.errors import DataError, TrainingError
from resnet_impl.cifar10.evaluation import Answers, evaluate
from resnet_impl.cifar10.models import build
from resnet_impl.cifar10.recipe import Recipe, from_plain
from resnet_impl.cifar10.train import add_data_options
from resnet_impl.cifar10.views import Views, per_pixel_mean
from resnet_impl.cifar10.world import find_device

PROGRAM = "python -m resnet_impl.cifar10.evaluate"
REFUSED = 2


@dataclass(frozen=True, slots=True)
class Trained:
    """A network with its weights, and how its images are normalised. `recipe` is None for foreign weights."""

    net: nn.Module
    views: Views | None
    recipe: Recipe | None
    about: str


def read_numbers(text: str) -> Tensor:
    """ "0.49,0.48,0.45" -> float32 (3, 1, 1)."""
    try:
        found = torch.tensor([float(part) for part in text.split(",")])
    except ValueError:
        found = torch.empty(0)
    if found.shape != (3,) or not ((found >= 0) & (found <= 1)).all():
        raise argparse.ArgumentTypeError(
            f"{text!r} is no three numbers of 0..1: write them as 0.49,0.48,0.45 (those of 0..255 divided by 255)"
        )
    return found.view(3, 1, 1)


def read_deviations(text: str) -> Tensor:
    """As `read_numbers`, but images are divided by these."""
    found = read_numbers(text)
    if not (found > 0).all():
        raise argparse.ArgumentTypeError(f"{text!r} has a 0, and images are divided by it")
    return found


def read_trained(path: Path, model: str | None) -> Trained:
    """The network of a checkpoint, or of weights in the reference's names. Raises TrainingError."""
    if path.suffix == ".safetensors":
        return _read_weights(path, model)
    if path.is_dir():
        path = path / checkpoint.NAME
    elif path.suffix in (".json", ".csv") and (beside := path.with_name(checkpoint.NAME)).exists():
        raise TrainingError(f"{path} tells of a run; the trained network is {beside}")
    state = checkpoint.load(path)
    recipe = from_plain(state["recipe"])
    if model is not None and model != recipe.model:
        raise TrainingError(f"{path} is of {recipe.model}, not of {model}: leave --model out")
    net = build(recipe.model, num_classes=state["net"]["fc.weight"].shape[0])
    net.load_state_dict(state["net"])
    synthetic = ", trained on synthetic images" if state["about"]["synthetic"] else ""
    about = f"{recipe.model}, seed {state['seed']}, {state['iteration']:,} of {recipe.iterations:,} iterations"
    return Trained(net, Views(state["mean"], state["deviation"]), recipe, about + synthetic)


def _read_weights(path: Path, model: str | None) -> Trained:
    from safetensors.torch import load_file

    if model is None:
        raise TrainingError(f"{path} holds weights and does not say of what: give --model, such as resnet20")
    try:
        weights = load_file(path)
    except Exception as error:
        raise TrainingError(f"cannot read {path}: {str(error).splitlines()[0]}") from error
    net = build(model)
    try:
        net.load_state_dict(weights)
    except RuntimeError as error:
        raise TrainingError(
            f"{path} does not fit {model} ({str(error).splitlines()[1].strip()}): bring it into these names with"
            " `resnet-conformance transplant --from THEIRS --weights FILE --to OURS --output FILE.safetensors`"
        ) from error
    return Trained(net, None, None, f"{model}, weights of {path.name}")


def render(answers: Answers, classes: Sequence[str], console: Console) -> None:
    """Error and loss, and a line for each class: its error, and what it is most often taken for."""
    console.print(f"error {answers.error:.2f}%, loss {answers.loss:.4f} on {answers.images:,} images")
    table = Table(box=None)
    for name, justify in (("class", "left"), ("images", "right"), ("error", "right"), ("most often taken for", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for label, row in enumerate(answers.confusion):
        others = row.clone()
        others[label] = 0
        worst = int(others.argmax())
        taken = f"{_name(classes, worst)} ({int(others[worst])})" if int(others[worst]) else ""
        table.add_row(_name(classes, label), str(int(row.sum())), f"{answers.error_of(label):.1f}%", taken)
    console.print(table)


def _name(classes: Sequence[str], label: int) -> str:
    return classes[label] if label < len(classes) else str(label)


def draw_confusion(answers: Answers, data: Cifar10, about: str, path: Path) -> None:
    """The confusion matrix as a picture, shares of each class in percent. Raises TrainingError."""
    plt, classes = pyplot(), data.classes
    import numpy as np  # which matplotlib needs, and nothing else here

    title = f"{about}\nerror {answers.error:.2f}%; % of each class"
    title += "\nsynthetic images, which say nothing" if data.synthetic else ""
    count = len(answers.confusion)
    shares = 100 * answers.confusion.double() / answers.confusion.sum(1, keepdim=True).clamp(min=1)
    figure, axes = plt.subplots(figsize=(2.5 + 0.55 * count, 1.2 + 0.5 * count), layout="constrained")
    right = torch.eye(count, dtype=torch.bool)
    mistakes = np.ma.masked_array(shares.numpy(), right.numpy())  # right answers would drown the others
    most = max(1.0, float(shares[~right].max()))
    axes.set_facecolor("0.85")
    image = axes.imshow(mistakes, cmap="Blues", vmin=0, vmax=most)
    figure.colorbar(image, label="mistakes (% of the class)", shrink=0.7)
    for i, j in ((i, j) for i in range(count) for j in range(count) if shares[i, j] >= 0.05):
        dark = i != j and shares[i, j] > 0.6 * most
        axes.text(j, i, f"{shares[i, j]:.1f}", ha="center", va="center", fontsize=7, color="white" if dark else "black")
    names = [_name(classes, label) for label in range(count)]
    axes.set_xticks(range(count), names, rotation=45, ha="right")
    axes.set_yticks(range(count), names)
    axes.set(xlabel="taken for", ylabel="class", title=title)
    save(figure, path)


def make_parser() -> argparse.ArgumentParser:
    """All options."""
    parser = argparse.ArgumentParser(
        prog=PROGRAM, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument(
        "checkpoint",
        type=Path,
        metavar="CHECKPOINT",
        help="a run's folder, its checkpoint.pt, or weights as .safetensors",
    )
    add_data_options(parser)
    parser.add_argument("--model", metavar="NAME", help="what .safetensors are the weights of")
    parser.add_argument("--mean", type=read_numbers, metavar="R,G,B", help="mean of each channel, of 0..1")
    parser.add_argument("--deviation", type=read_deviations, metavar="R,G,B", help="deviation of each channel, of 0..1")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="the confusion matrix (confusion.png beside it)")
    parser.add_argument("--format", choices=("terminal", "json"), default="terminal", help="what is printed")
    parser.add_argument("--device", metavar="NAME", help="cpu, cuda or cuda:1 (a GPU where there is one)")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; the exit code: 0, or 2 where it could not be done."""
    options = make_parser().parse_args(arguments)
    try:
        trained = read_trained(options.checkpoint, options.model)
        device = find_device(options.device)
        data = load_data(options.data, download=options.download, cache=options.cache)
        answers = _answers(trained, data, options, device)
        _tell(answers, trained, data, options)
        folder = options.checkpoint if options.checkpoint.is_dir() else options.checkpoint.parent
        picture = options.picture or folder / "confusion.png"
        draw_confusion(answers, data, trained.about, picture)
    except (DataError, TrainingError) as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return REFUSED
    return 0


def _answers(trained: Trained, data: Cifar10, options: argparse.Namespace, device: torch.device) -> Answers:
    views = trained.views or Views(per_pixel_mean(data.train.images))
    if options.mean is not None or options.deviation is not None:
        mean = options.mean if options.mean is not None else torch.zeros(3, 1, 1)
        views = Views(mean, options.deviation)
    recipe = trained.recipe or Recipe()
    precision = recipe.precision if device.type == "cuda" or recipe.precision == "bf16" else "fp32"
    answers, classes = len(trained.net.state_dict()["fc.weight"]), len(data.classes)
    if answers < classes:
        raise TrainingError(f"{trained.about}: it knows {answers} classes, and the images are of {classes}")
    net, test = trained.net.to(device), data.test.to(device)
    return evaluate(net, test, views.to(device), precision, recipe.channels_last)


def _tell(answers: Answers, trained: Trained, data: Cifar10, options: argparse.Namespace) -> None:
    if options.format == "terminal":
        console = Console(highlight=False)
        console.print(f"{trained.about}; {data.source}", soft_wrap=True)
        render(answers, data.classes, console)
        return
    found: dict[str, Any] = {"network": trained.about, "data": data.source, "synthetic": data.synthetic}
    found |= {"images": answers.images, "error": answers.error, "loss": answers.loss}
    found["classes"] = {name: answers.error_of(label) for label, name in enumerate(data.classes)}
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    sys.exit(main())
