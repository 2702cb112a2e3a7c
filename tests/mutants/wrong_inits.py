"""Networks that are the paper's but for what they start from (evidence: statistics)."""

from __future__ import annotations

import math
from collections.abc import Callable

from .corpus import RESNET18, RESNET20, RESNET50, wrong
from .faithful import nn, resnet18, resnet20, resnet50, torch

Draw = Callable[[torch.Tensor, int, int], object]


def fans(weight: torch.Tensor) -> tuple[int, int]:
    """Inputs to a filter, outputs of a channel."""
    area = weight[0, 0].numel()
    return area * weight.shape[1], area * weight.shape[0]


def drawing(draw: Draw) -> type:
    """A network that fills each convolution's weight by draw(weight, fan_in, fan_out)."""

    class Drawing:
        def draw(self, layer: nn.Conv2d) -> None:
            with torch.no_grad():
                draw(layer.weight, *fans(layer.weight))

    return Drawing


def after(change: Callable[[nn.Module], object]) -> type:
    """A network of which something is changed once it is drawn as the paper says."""

    class After:
        def start(self) -> None:
            super().start()  # type: ignore[misc]
            with torch.no_grad():
                change(self)  # type: ignore[arg-type]

    return After


# --- another form or scale ---


@wrong(RESNET20, {"IN-01": "torch's default"}, deviation="init-default")
def init_default() -> nn.Module:
    return resnet20(net=drawing(lambda w, i, o: None))


@wrong(RESNET18, {"IN-01": "20 of 20 convolutions"}, deviation="init-default", where="stem.conv")
def init_default_18() -> nn.Module:
    return resnet18(net=drawing(lambda w, i, o: None))


@wrong(RESNET20, {"IN-01": "Xavier"}, deviation="init-xavier")
def init_xavier() -> nn.Module:
    return resnet20(net=drawing(lambda w, i, o: nn.init.xavier_uniform_(w)))


@wrong(RESNET18, {"IN-01": "Xavier"}, deviation="init-xavier")
def init_xavier_normal() -> nn.Module:
    return resnet18(net=drawing(lambda w, i, o: nn.init.xavier_normal_(w)))


@wrong(RESNET20, {"IN-01": "without the square root"}, deviation="init-scale-bug")
def init_scale_bug() -> nn.Module:
    return resnet20(net=drawing(lambda w, i, o: w.normal_(0, 2 / i)))


@wrong(RESNET20, {"IN-01": "sqrt(1/n)"}, deviation="init-scale-bug")
def init_gain_one() -> nn.Module:
    return resnet20(net=drawing(lambda w, i, o: w.normal_(0, i**-0.5)))


@wrong(RESNET20, {"IN-01": "1 of 19 convolutions"}, where="blocks.8.convs.1")
def init_one_layer_off_by_three_percent() -> nn.Module:
    return resnet20(net=after(lambda net: net.blocks[8].convs[1].weight.mul_(1.03)))


# Half a percent is within what a layer of 74,000 numbers may be off by chance, and far beyond what 3.4 million may.
@wrong("cifar10/resnet110", {"IN-01": "All 109 convolutions together"})
def init_all_layers_off_by_half_a_percent() -> nn.Module:
    return resnet20(counts=(18, 18, 18), net=drawing(lambda w, i, o: w.normal_(0, 1.005 * math.sqrt(2 / i))))


@wrong(RESNET20, {"IN-01": "uniform"})
def init_he_uniform() -> nn.Module:
    return resnet20(net=drawing(lambda w, i, o: nn.init.kaiming_uniform_(w)))


def truncated(weight: torch.Tensor, std: float) -> None:
    nn.init.trunc_normal_(weight, 0.0, std, -2 * std, 2 * std)


@wrong(RESNET20, {"IN-01": "cut off"})
def init_truncated() -> nn.Module:
    return resnet20(net=drawing(lambda w, i, o: truncated(w, math.sqrt(2 / i))))


@wrong(RESNET20, {"IN-01": "cut off"})  # as TensorFlow's he_normal: the std is that of the paper
def init_truncated_and_rescaled() -> nn.Module:
    return resnet20(net=drawing(lambda w, i, o: truncated(w, math.sqrt(2 / i) / 0.87962566)))


@wrong(RESNET20, {"IN-01": "no Gaussian"})
def init_laplace() -> nn.Module:
    laplace = torch.distributions.Laplace(0.0, 0.5**0.5)
    return resnet20(net=drawing(lambda w, i, o: w.copy_(laplace.sample(w.shape) * math.sqrt(2 / i))))


@wrong(RESNET20, {"IN-01": "mean that is not 0"})
def init_mean() -> nn.Module:
    return resnet20(net=drawing(lambda w, i, o: w.normal_(0.3 * math.sqrt(2 / i), math.sqrt(2 / i))))


@wrong(RESNET20, {"IN-01": "all 0"})
def init_one_layer_zero() -> nn.Module:
    return resnet20(net=after(lambda net: net.blocks[3].convs[0].weight.zero_()))


@wrong(RESNET20, {"IN-01": "1 of 19"}, where="blocks.3.convs.0")
def init_one_layer_constant() -> nn.Module:
    return resnet20(net=after(lambda net: net.blocks[3].convs[0].weight.fill_(0.01)))


# --- numbers that depend on each other ---


def copy_filters(weight: torch.Tensor, first: int, count: int) -> None:
    weight[first : first + count] = weight[:count]


@wrong(RESNET20, {"IN-01": "are equal"}, where="blocks.0.convs.0")
def init_half_of_the_filters_copied() -> nn.Module:
    return resnet20(net=after(lambda net: copy_filters(net.blocks[0].convs[0].weight, 8, 8)))


@wrong(RESNET20, {"IN-01": "filters 0 and 63 are equal"}, where="blocks.8.convs.1")
def init_one_filter_copied() -> nn.Module:
    return resnet20(net=after(lambda net: copy_filters(net.blocks[8].convs[1].weight, 63, 1)))


@wrong(RESNET20, {"IN-01": "depend on each other"})
def init_opposite_filters() -> nn.Module:
    def oppose(net: nn.Module) -> None:
        weight = net.blocks[8].convs[1].weight
        weight[32:] = -weight[:32]

    return resnet20(net=after(oppose))


@wrong(RESNET18, {"IN-01": "blocks.2.convs.1 and blocks.3.convs.0 go together"}, where="blocks.2.convs.1")
def init_layer_copied() -> nn.Module:
    return resnet18(net=after(lambda net: net.blocks[3].convs[0].weight.copy_(net.blocks[2].convs[1].weight)))


@wrong(RESNET20, {"IN-01": "each repeats numbers of another"})
def init_one_seed_for_all_layers() -> nn.Module:
    seed = int(torch.randint(2**31, ()))

    def draw(weight: torch.Tensor, fan_in: int, fan_out: int) -> None:
        weight.normal_(0, math.sqrt(2 / fan_in), generator=torch.Generator().manual_seed(seed))

    return resnet20(net=drawing(draw))


@wrong(RESNET20, {"IN-01": "convolutions"})
def init_orthogonal() -> nn.Module:
    return resnet20(net=drawing(lambda w, i, o: nn.init.orthogonal_(w, math.sqrt(2))))


@wrong(RESNET20, {"IN-01": "norms of filters"})
def init_normalized_filters() -> nn.Module:
    def draw(weight: torch.Tensor, fan_in: int, fan_out: int) -> None:
        weight.normal_()
        weight.mul_(math.sqrt(2) / weight.flatten(1).norm(dim=1)[:, None, None, None])

    return resnet20(net=drawing(draw))


@wrong(RESNET20, {"IN-01": "sums of filters"})
def init_standardized_filters() -> nn.Module:
    def draw(weight: torch.Tensor, fan_in: int, fan_out: int) -> None:
        weight.normal_(0, math.sqrt(2 / fan_in))
        weight.sub_(weight.mean((1, 2, 3), keepdim=True))

    return resnet20(net=drawing(draw))


# --- another n ---


@wrong(RESNET18, {"IN-02": "mean of fan-in and fan-out"})
def init_mean_of_fans() -> nn.Module:
    return resnet18(net=drawing(lambda w, i, o: w.normal_(0, math.sqrt(4 / (i + o)))))


# --- biases, gamma, beta ---


class BiasedStem:
    bias = True


@wrong(RESNET50, {"IN-03": "0.1 to 0.1"}, where="stem.conv")
def init_bias() -> nn.Module:
    return resnet50(stem=BiasedStem, net=after(lambda net: net.stem.conv.bias.fill_(0.1)))


@wrong(RESNET50, {"IN-03": "torch's default"}, deviation="init-default", where="stem.conv")
def init_bias_default() -> nn.Module:
    return resnet50(stem=BiasedStem, net=after(lambda net: net.stem.conv.bias.uniform_(-(147**-0.5), 147**-0.5)))


def each_norm(change: Callable[[nn.BatchNorm2d], object]) -> type:
    """A network with that done to each BN."""
    return after(lambda net: [change(m) for m in net.modules() if isinstance(m, nn.BatchNorm2d)])


@wrong(RESNET20, {"IN-04": "gamma 0.5"}, where="stem.bn")
def init_gamma_half() -> nn.Module:
    return resnet20(net=each_norm(lambda bn: bn.weight.fill_(0.5)))


@wrong(RESNET20, {"IN-04": "beta -"})
def init_beta() -> nn.Module:
    return resnet20(net=each_norm(lambda bn: bn.bias.normal_(0, 0.1)))


def zero_last(net: nn.Module) -> None:
    for block in net.blocks:
        block.bns[-1].weight.zero_()


@wrong(RESNET20, {"IN-04": "9 of 9 blocks"}, deviation="zero-gamma", where="blocks.0.bns.1")
def zero_gamma() -> nn.Module:
    return resnet20(net=after(zero_last))


@wrong(RESNET50, {"IN-04": "16 of 16 blocks"}, deviation="zero-gamma", where="blocks.0.bns.2")
def zero_gamma_50() -> nn.Module:
    return resnet50(net=after(zero_last))


@wrong(RESNET20, {"IN-04": "gamma in 1"}, where="blocks.0.bns.0")
def init_wrong_gamma_zero() -> nn.Module:
    return resnet20(net=after(lambda net: net.blocks[0].bns[0].weight.zero_()))
