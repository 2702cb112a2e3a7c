"""A capture changes nothing: not the module, not the random numbers, not torch's settings."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch
from torch import nn

from resnet_conformance.capture import CaptureError, capture, capture_candidate


class Restless(nn.Module):
    """Changes whatever a forward pass can change."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.bn = nn.BatchNorm2d(4)
        self.frozen = nn.BatchNorm2d(4).eval()
        self.tied = self.conv
        self.register_buffer("calls", torch.zeros(()))
        self.seen = []
        self.cache = None

    def forward(self, x):
        self.calls += 1
        self.seen.append(x)
        self.cache = torch.relu(x)
        self.extra = nn.Linear(2, 2)
        self.conv.weight.data.mul_(2)
        self.conv.bias.data = torch.zeros_like(self.conv.bias)
        random.random()
        torch.rand(3)
        torch.set_default_dtype(torch.float64)
        torch.set_default_dtype(torch.float32)
        self.conv.weight.requires_grad_(False)
        self.register_forward_hook(print)
        return self.frozen(self.bn(self.conv(x))).mean((2, 3))


def snapshot(module):
    return {
        "state": {
            k: (id(v), v.clone(), v._version, v.requires_grad) for k, v in module.state_dict(keep_vars=True).items()
        },
        "training": [m.training for m in module.modules()],
        "attributes": {name: dict(m.__dict__) for name, m in module.named_modules()},
        "seen": list(module.seen),
        "hooks": len(module._forward_hooks),
        "grads": [p.grad for p in module.parameters()],
        "random": (random.getstate(), torch.get_rng_state()),
        "settings": (torch.get_default_dtype(), torch.is_grad_enabled(), torch.is_inference_mode_enabled()),
    }


def assert_same(before, after):
    assert before["state"].keys() == after["state"].keys()
    for name, (identity, value, version, grad) in before["state"].items():
        identity_after, value_after, version_after, grad_after = after["state"][name]
        assert (identity, version, grad) == (identity_after, version_after, grad_after), name
        assert torch.equal(value.view(-1).view(torch.uint8), value_after.view(-1).view(torch.uint8)), name
    assert torch.equal(before["random"][1], after["random"][1])
    assert before["random"][0] == after["random"][0]
    for key in ("training", "attributes", "seen", "hooks", "grads", "settings"):
        assert before[key] == after[key], key


@pytest.mark.parametrize("device", ["meta", "cpu"])
@pytest.mark.parametrize("mode", ["eval", "train"])
@pytest.mark.parametrize("was_training", [True, False])
def test_the_module_is_left_as_it_was(device, mode, was_training):
    module = Restless().train(was_training)
    module.frozen.eval()
    before = snapshot(module)
    capture(module, (2, 3, 8, 8), mode, device)
    assert_same(before, snapshot(module))
    assert module.tied is module.conv


@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_also_when_the_network_fails(device):
    module = Restless()
    module.frozen = nn.BatchNorm2d(7)
    call, apply = nn.Module.__call__, torch.autograd.Function.apply
    before = snapshot(module)
    with pytest.raises(CaptureError, match="in module 'frozen'"):
        capture(module, (2, 3, 8, 8), "train", device)
    assert_same(before, snapshot(module))
    assert nn.Module.__call__ is call
    assert torch.autograd.Function.apply == apply


def test_callers_modes_stand():
    module = Restless()
    with torch.inference_mode():
        graph = capture(module, (2, 3, 8, 8), "train")
        assert torch.is_inference_mode_enabled()
    assert graph.mode == "train"
    with torch.no_grad():
        capture(module, (2, 3, 8, 8), "train")
        assert not torch.is_grad_enabled()


def test_user_given_instances_are_never_moved():
    module = Restless()
    before = snapshot(module)
    candidate = capture_candidate(module)
    assert_same(before, snapshot(module))
    assert candidate.target.kind == "module"
    assert {p.device.type for p in module.parameters()} == {"cpu"}


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_torchscript_modules_are_left_alone_too(form):
    plain = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    scripted = torch.jit.script(plain)
    state = {name: (t.device.type, t.clone()) for name, t in scripted.state_dict().items()}
    for mode in ("eval", "train"):
        assert form(capture(scripted, (2, 3, 8, 8), mode)) == form(capture(plain, (2, 3, 8, 8), mode))
    for name, t in scripted.state_dict().items():
        assert t.device.type == state[name][0]
        assert torch.equal(t, state[name][1])
    assert scripted.training


def test_importing_the_package_does_not_import_torch():
    source = Path(__file__).parents[3] / "conformance"
    code = "import sys; import resnet_conformance.capture.problems; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(source)})


class Meddler(nn.Module):
    """Changes what belongs to the whole process, when it is made and when it runs."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.meddle()

    def forward(self, x):
        self.meddle()
        return self.conv(x).mean((2, 3))

    def meddle(self):
        os.chdir("/")
        os.environ["A_CAPTURE_LEFT_THIS"] = "1"
        os.environ.pop("A_CAPTURE_TOOK_THIS", None)
        sys.path.append("/nowhere")
        sys.setrecursionlimit(sys.getrecursionlimit() + 1)
        torch.set_num_threads(torch.get_num_threads() + 1)
        torch.use_deterministic_algorithms(True, warn_only=True)
        for place, name in SWITCHES:
            setattr(place, name, not getattr(place, name))


SWITCHES = [
    (torch.backends.cudnn, "enabled"),
    (torch.backends.cudnn, "benchmark"),
    (torch.backends.cudnn, "deterministic"),
    (torch.backends.mkldnn, "enabled"),
]


def process_state():
    deterministic = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    rest = Path.cwd(), dict(os.environ), list(sys.path), sys.getrecursionlimit(), torch.get_num_threads(), deterministic
    return (*rest, *(getattr(place, name) for place, name in SWITCHES))


def test_the_process_is_left_as_it_was(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("A_CAPTURE_TOOK_THIS", "1")
    before = process_state()
    capture_candidate(Meddler, shapes=[(2, 3, 8, 8)])
    assert process_state() == before


@pytest.mark.parametrize("outer", [None, "cpu"])
def test_the_default_device_is_left_as_it_was(outer):
    def made():
        torch.set_default_device("meta")
        return nn.Conv2d(3, 4, 3)

    torch.set_default_device(outer)
    try:
        capture_candidate(made, shapes=[(2, 3, 8, 8)])
        assert torch.zeros(()).device.type == "cpu"
        assert torch.get_default_device().type == "cpu"
    finally:
        torch.set_default_device(None)
    assert torch.zeros(()).device.type == "cpu"


def test_captures_in_several_threads_take_turns():
    """Each isolation ends before the next begins, or the streams of one would be put back by another."""
    inside, most, done = [], [], []
    streams, patched = (sys.stdout, sys.stderr, sys.stdin), (nn.Module.__call__, nn.init.kaiming_uniform_)

    class Watched(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x):
            inside.append(True)
            threading.Event().wait(0.01)
            most.append(len(inside))
            inside.pop()
            return self.conv(x)

    def work():
        capture_candidate(Watched, shapes=[(2, 3, 8, 8)])
        capture(Watched(), (2, 3, 8, 8))
        done.append(True)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 4
    assert set(most) == {1}
    assert (sys.stdout, sys.stderr, sys.stdin) == streams
    assert (nn.Module.__call__, nn.init.kaiming_uniform_) == patched
