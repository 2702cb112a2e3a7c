"""The low-level networks against the module networks with the same weights, in float64.

Differences are measured as the largest one by the largest entry of the tensor. What rounding alone makes, measured with
seven nets of 18, 20 and 50 layers and four seeds each: in eval at most 1e-15 in logits and 6e-15 in gradients; in
training, where every BN's statistics depend on all that came before, at most 6e-14 in logits, 3e-13 in gradients and
1e-14 in running statistics. The bounds are 16 to 30 times as much. The smallest mistake that they must see, m - 1 for m
as the divisor of a variance, changes what the smallest maps give by 1 / 2m: 2e-3 for CIFAR's m = 256.
"""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode

import resnet_impl as r
from resnet_impl.lowlevel import batch_norm

pytestmark = pytest.mark.slow

EVAL_BOUND = 1e-13
TRAINING_BOUND = 1e-11

# depth, options of both twins, input size
NETS = [
    ("resnet18", {}, 64),
    ("resnet18", {"shortcut": "B"}, 64),
    ("resnet18", {"shortcut": "C", "pool": "ceil"}, 64),
    ("resnet50", {}, 64),
    ("resnet50", {"stride_on": "3x3", "pool": "ceil"}, 64),
    ("cifar_resnet20", {}, 32),
    ("cifar_resnet20", {"shortcut": "B", "in_channels": 1}, 32),
    ("cifar_resnet20", {"shortcut": None}, 32),
]
every_net = pytest.mark.parametrize(
    ("name", "options", "size"), NETS, ids=["-".join([n, *(str(v) for v in o.values())]) for n, o, _ in NETS]
)
NAMES = [name.removeprefix("lowlevel_") for name in r.__all__ if name.startswith("lowlevel_")]
every_name = pytest.mark.parametrize("name", NAMES)


def twins(name, options, randomize):
    """The module network with random state, and the low-level one with the same."""
    modules = getattr(r, name)(num_classes=10, **options).double()
    randomize(modules)
    tensors = getattr(r, f"lowlevel_{name}")(num_classes=10, **options).double()
    tensors.load_state_dict(r.rename_to_lowlevel(modules.state_dict()), strict=True)
    return modules, tensors


def batch(options, size):
    return torch.randn(4, options.get("in_channels", 3), size, size, dtype=torch.float64)


def run(net, x, weights):
    """Logits, and the gradients of input and parameters of their weighted sum."""
    x = x.clone().requires_grad_()
    logits = net(x)
    net.zero_grad()
    (logits * weights).sum().backward()
    return {"logits": logits.detach(), "input": x.grad, **{name: p.grad for name, p in net.named_parameters()}}


def assert_equal(found, expected, bound):
    """Each tensor within `bound` of the largest entry of the expected one."""
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert tensor.any(), f"{name} has nothing to compare"
        difference = (found[name] - tensor).abs().max() / tensor.abs().max()
        assert difference < bound, f"{name} differs by {difference:.1e}"


@every_net
def test_evaluation_gives_the_values_and_gradients_of_the_modules(name, options, size, randomize):
    modules, tensors = twins(name, options, randomize)
    x, weights = batch(options, size), torch.randn(4, 10, dtype=torch.float64)
    statistics = {key: buffer.clone() for key, buffer in tensors.named_buffers()}
    expected = r.rename_to_lowlevel(run(modules.eval(), x, weights))
    assert_equal(run(tensors.eval(), x, weights), expected, EVAL_BOUND)
    assert all(torch.equal(buffer, statistics[key]) for key, buffer in tensors.named_buffers())


@every_net
def test_training_gives_the_values_gradients_and_statistics_of_the_modules(name, options, size, randomize):
    """Two batches: the running statistics of the second build on those of the first."""
    modules, tensors = twins(name, options, randomize)
    for _ in range(2):
        x, weights = batch(options, size), torch.randn(4, 10, dtype=torch.float64)
        expected = r.rename_to_lowlevel(run(modules.train(), x, weights))
        assert_equal(run(tensors.train(), x, weights), expected, TRAINING_BOUND)
        statistics = r.rename_to_lowlevel(dict(modules.named_buffers()))
        assert_equal(dict(tensors.named_buffers()), statistics, TRAINING_BOUND)
        assert not any(b.requires_grad for b in tensors.buffers()), (
            "statistics that remember their batch fill the memory"
        )


# --- batch normalization alone ---


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(4, 3, 5, 6), (2, 3, 1, 1), (1, 3, 2, 1)])
def test_batch_norm_is_that_of_torch(training, shape):
    torch.manual_seed(0)
    x = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    gamma, beta = torch.randn(2, 3, dtype=torch.float64, requires_grad=True)
    statistics = [(torch.randn(3).double(), torch.rand(3).double() + 0.5)]
    statistics.append(tuple(tensor.clone() for tensor in statistics[0]))
    weights = torch.randn(shape, dtype=torch.float64)

    expected = functional.batch_norm(x, *statistics[0], gamma, beta, training, momentum=0.1, eps=1e-5)
    found = batch_norm(x, gamma, beta, *statistics[1], training)

    close = partial(torch.testing.assert_close, rtol=1e-12, atol=1e-12)
    close(found, expected)
    close(statistics[1], statistics[0])
    gradients = [torch.autograd.grad((y * weights).sum(), [x, gamma, beta]) for y in (found, expected)]
    close(gradients[0], gradients[1], atol=1e-10)


def test_batch_norm_of_two_values():
    """1 and 3: mean 2, variance 1, so -1 and 1 after normalization; the unbiased variance is 2."""
    x = torch.tensor([1.0, 3.0], dtype=torch.float64).reshape(2, 1, 1, 1)
    mean, var = torch.zeros(1, dtype=torch.float64), torch.ones(1, dtype=torch.float64)
    y = batch_norm(x, torch.tensor([5.0]), torch.tensor([7.0]), mean, var, training=True)
    shrunk = 5 / (1 + 1e-5) ** 0.5
    torch.testing.assert_close(y.flatten(), torch.tensor([7 - shrunk, 7 + shrunk], dtype=torch.float64))
    torch.testing.assert_close(mean, torch.tensor([0.9 * 0 + 0.1 * 2], dtype=torch.float64))
    torch.testing.assert_close(var, torch.tensor([0.9 * 1 + 0.1 * 2], dtype=torch.float64))


def test_one_value_has_no_variance():
    """torch refuses it too; in evaluation it is as good as any."""
    net = r.lowlevel_resnet18(num_classes=10)
    x = torch.randn(1, 3, 32, 32)
    assert net.eval()(x).shape == (1, 10)
    with pytest.raises(ValueError, match=r"more than one value per channel; got the shape \(1, 512, 1, 1\)"):
        net.train()(x)


# --- hand-managed tensors ---


def test_all_constructors_are_exported():
    cifar = {"cifar_resnet", *(f"cifar_resnet{depth}" for depth in (20, 32, 44, 56, 110))}
    assert set(NAMES) == cifar | {f"resnet{depth}" for depth in (18, 34, 50, 101, 152)}


@every_name
@pytest.mark.parametrize("shortcut", ["A", "B", "C", None])
def test_names_and_shapes_are_those_of_the_modules(name, shortcut):
    with torch.device("meta"):
        modules = getattr(r, name)(shortcut=shortcut, num_classes=7, in_channels=5)
        tensors = getattr(r, f"lowlevel_{name}")(shortcut=shortcut, num_classes=7, in_channels=5)
    for kind in ("named_parameters", "named_buffers"):
        expected = {key: t.shape for key, t in r.rename_to_lowlevel(dict(getattr(modules, kind)())).items()}
        assert {key: t.shape for key, t in getattr(tensors, kind)()} == expected


@every_name
def test_the_default_is_that_of_the_modules(name):
    with torch.device("meta"):
        modules, tensors = getattr(r, name)(), getattr(r, f"lowlevel_{name}")()
    expected = {key: t.shape for key, t in r.rename_to_lowlevel(modules.state_dict()).items()}
    assert {key: t.shape for key, t in tensors.state_dict().items()} == expected
    strides = [module.stride[0] for module in modules.modules() if isinstance(module, nn.Conv2d)]
    assert [c.stride for c in tensors.plan.convolutions()] == strides


class Calls(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.names = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.names.add(func.overloadpacket._qualified_op_name)
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("training", [True, False])
def test_no_module_and_no_ready_made_batch_norm_is_inside(training):
    nets = [r.cifar_resnet20().train(training), r.lowlevel_cifar_resnet20().train(training)]
    used = []
    for net in nets:
        with Calls() as calls:
            net(torch.randn(2, 3, 8, 8))
        used.append({name for name in calls.names if "batch_norm" in name or "convolution" in name})
    assert any("batch_norm" in name for name in used[0]), "the probe sees none where there are many"
    assert used[1] == {"aten::convolution"}
    assert list(nets[1].modules()) == [nets[1]]


@pytest.mark.parametrize("fan", ["fan_in", "fan_out"])
@pytest.mark.parametrize("name", ["resnet18", "resnet50", "cifar_resnet20"])
def test_the_same_seed_draws_the_weights_of_initialize(name, fan):
    modules, tensors = getattr(r, name)(num_classes=10), getattr(r, f"lowlevel_{name}")(num_classes=10)
    torch.manual_seed(5)
    r.initialize(modules, fan)
    torch.manual_seed(5)
    tensors.draw_weights(fan)
    expected = r.rename_to_lowlevel(modules.state_dict())
    assert all(torch.equal(tensor, expected[key]) for key, tensor in tensors.state_dict().items())


@pytest.mark.parametrize("options", [{"fan": "fan_out"}, {"fan": "fan_in"}, {}])
def test_the_constructor_draws_with_its_fan(options):
    torch.manual_seed(5)
    built = r.lowlevel_cifar_resnet(1, **options).state_dict()
    net = r.lowlevel_cifar_resnet(1)
    torch.manual_seed(5)
    net.draw_weights(options.get("fan", "fan_in"))
    assert all(torch.equal(tensor, built[key]) for key, tensor in net.state_dict().items())


def test_names_are_those_of_the_documentation_and_unknown_ones_stay():
    keys = {"stem.conv.weight": "stem_weight", "stem.bn.running_var": "stem_var"}
    keys |= {"conv3_x.0.conv2.weight": "conv3_1_layer2_weight", "conv3_x.10.bn2.bias": "conv3_11_layer2_beta"}
    keys |= {
        "conv3_x.0.shortcut.bn.weight": "conv3_1_shortcut_gamma",
        "maps16.0.bn1.running_mean": "maps16_1_layer1_mean",
    }
    keys |= {"fc.weight": "fc_weight", "fc.bias": "fc_bias"}
    keys |= {name: name for name in ("layer1.0.conv1.weight", "conv2_x.0.stem.conv.weight", "shortcut.conv.weight")}
    state = {key: torch.empty(0) for key in keys}
    renamed = r.rename_to_lowlevel({**state, "stem.bn.num_batches_tracked": torch.tensor(3)})
    assert list(renamed) == list(keys.values())
    assert all(renamed[keys[key]] is tensor for key, tensor in state.items())


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("resnet18", {"shortcut": "E"}, "shortcut must be one of 'A', 'B', 'C', 'none', None; got 'E'"),
        ("resnet50", {"stride_on": "2x2"}, "stride_on must be one of '1x1', '3x3'; got '2x2'"),
        ("resnet50", {"pool": None}, "pool must be one of 'floor', 'ceil'; got None"),
        ("resnet34", {"fan": "in"}, "fan must be one of 'fan_in', 'fan_out'; got 'in'"),
        ("cifar_resnet20", {"num_classes": 0}, "num_classes must be an integer of at least 1; got 0"),
        ("cifar_resnet20", {"in_channels": 0}, "in_channels must be an integer of at least 1; got 0"),
        ("cifar_resnet", {"n": 2.5}, r"n \(of the 6n \+ 2 layers\) must be an integer of at least 1; got 2.5"),
    ],
)
def test_what_is_not_admitted_is_named(name, options, message):
    with torch.device("meta"), pytest.raises(ValueError, match=message):
        getattr(r, f"lowlevel_{name}")(**options)
