"""torchvision's weights under our names give torchvision's values, in option B with the stride on the 3x3."""

from __future__ import annotations

import pytest
import torch

import resnet_impl as r

torchvision = pytest.importorskip("torchvision")

STAGES = {"conv2_x": "layer1", "conv3_x": "layer2", "conv4_x": "layer3", "conv5_x": "layer4"}
BASIC = {"shortcut": "B"}
V1_5 = {"shortcut": "B", "stride_on": "3x3"}


def twins(name, options, randomize):
    """torchvision's net with random state, and ours with the same tensors renamed, both in float64."""
    with torch.device("meta"):
        theirs = torchvision.models.get_model(name)
        ours = getattr(r, name)(**options)
    theirs = theirs.double().to_empty(device="cpu")
    randomize(theirs)
    state = {key: tensor.clone() for key, tensor in theirs.state_dict().items()}
    ours.load_state_dict(r.rename_torchvision(state), strict=True, assign=True)
    return theirs, ours


def outputs(net, names, x):
    """The outputs of the submodules `names`, then the logits."""
    seen = []
    handles = [
        net.get_submodule(name).register_forward_hook(lambda module, inputs, output: seen.append(output))
        for name in names
    ]
    logits = net(x)
    for handle in handles:
        handle.remove()
    return [*seen, logits]


@pytest.mark.parametrize(
    ("name", "options"),
    [("resnet18", BASIC), ("resnet34", BASIC), ("resnet50", V1_5), ("resnet101", V1_5), ("resnet152", V1_5)],
)
@torch.no_grad()
def test_equal_stage_by_stage(name, options, randomize):
    theirs, ours = twins(name, options, randomize)
    x = torch.randn(1, 3, 64, 64, dtype=torch.float64)
    expected = outputs(theirs.eval(), ["maxpool", *STAGES.values()], x)
    found = outputs(ours.eval(), ["stem", *STAGES], x)
    for theirs_out, ours_out in zip(expected, found, strict=True):
        torch.testing.assert_close(ours_out, theirs_out, rtol=1e-10, atol=1e-10)
        assert theirs_out.std() > 1e-2, "the values are too small to tell anything"


@pytest.mark.parametrize(("name", "options"), [("resnet18", BASIC), ("resnet50", V1_5)])
def test_equal_in_training(name, options, randomize):
    """Outputs, gradients and running statistics of one training step."""
    theirs, ours = twins(name, options, randomize)
    x = torch.randn(3, 3, 64, 64, dtype=torch.float64)
    expected, found = theirs.train()(x), ours.train()(x)
    torch.testing.assert_close(found, expected, rtol=1e-8, atol=1e-8)
    expected.square().sum().backward()
    found.square().sum().backward()
    gradients = r.rename_torchvision({key: p.grad for key, p in theirs.named_parameters()})
    torch.testing.assert_close({k: p.grad for k, p in ours.named_parameters()}, gradients, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(
        dict(ours.named_buffers()), r.rename_torchvision(dict(theirs.named_buffers())), rtol=1e-8, atol=1e-8
    )


@pytest.mark.parametrize("options", [{"stride_on": "1x1"}, {"stride_on": "3x3", "pool": "ceil"}])
@torch.no_grad()
def test_the_same_weights_in_another_reading_give_other_values(options, randomize):
    """The stride on the 1x1 and the pool of the Caffe release: strict loading sees nothing, the values do."""
    theirs, ours = twins("resnet50", {"shortcut": "B", **options}, randomize)
    x = torch.randn(1, 3, 64, 64, dtype=torch.float64)
    assert not torch.allclose(theirs.eval()(x), ours.eval()(x), rtol=1e-3, atol=1e-3)


def test_only_names_change_and_unknown_names_stay():
    keys = {"conv1.weight": "stem.conv.weight", "layer1.0.conv1.weight": "conv2_x.0.conv1.weight"}
    keys |= {"bn1.bias": "stem.bn.bias", "layer4.11.bn1.running_var": "conv5_x.11.bn1.running_var"}
    keys |= {"layer2.0.downsample.0.weight": "conv3_x.0.shortcut.conv.weight"}
    keys |= {"layer3.0.downsample.1.num_batches_tracked": "conv4_x.0.shortcut.bn.num_batches_tracked"}
    keys |= {"fc.weight": "fc.weight", "layer5.0.conv1.weight": "layer5.0.conv1.weight"}
    state = {key: torch.empty(0) for key in keys}
    renamed = r.rename_torchvision(state)
    assert list(renamed) == list(keys.values())
    assert all(renamed[keys[key]] is tensor for key, tensor in state.items())
