"""PyTorch, eager."""

import os
from functools import partial
from typing import Any

from . import jobs
from .jobs import Job


def load() -> Any:
    import torch  # noqa: PLC0415 - the jobs' names are known without the library

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    return torch


def call_value() -> Job:
    x = load().tensor(3.0)

    def run() -> Any:
        for _ in range(jobs.CALLS):
            y = x * x
        return [y]

    return run


def call_gradient() -> Job:
    torch = load()
    x = torch.tensor(3.0, requires_grad=True)

    def run() -> Any:
        for _ in range(jobs.CALLS):
            (gradient,) = torch.autograd.grad(x * x, x)
        return [gradient]

    return run


def chain(shape: tuple[int, ...], ops: int) -> Job:
    torch = load()
    y, c, d = map(torch.tensor, jobs.chain_inputs(shape))
    one = torch.ones_like(y)

    def run() -> Any:
        moving = y.detach().requires_grad_()
        z = jobs.chain(torch.sin, moving, c, d, ops)
        return z, torch.autograd.grad(z, moving, one)[0]

    return run


def lorenz() -> Job:
    torch = load()
    targets = jobs.lorenz_targets().tolist()
    start = [torch.tensor(number, dtype=torch.float64) for number in jobs.LORENZ_START]
    at = [torch.tensor(number, dtype=torch.float64) for number in jobs.LORENZ_AT]
    nothing = torch.tensor(0.0, dtype=torch.float64)

    def run() -> Any:
        parameters = [each.detach().requires_grad_() for each in at]
        loss = jobs.lorenz_loss(start, parameters, targets, nothing)
        return loss, *torch.autograd.grad(loss, parameters)

    return run


def network(size: int) -> Job:
    torch = load()
    f = torch.nn.functional
    x, labels = map(torch.tensor, jobs.batch(size))
    labels = labels.long()

    def loss(w: Any) -> Any:
        h = f.relu(f.linear(x, w[0], w[1]))
        h = f.relu(f.linear(h, w[2], w[3]))
        return f.cross_entropy(f.linear(h, w[4], w[5]), labels)

    return _trained(torch, loss, jobs.weights(jobs.LAYERS))


def small_network() -> Job:
    torch = load()
    f = torch.nn.functional
    x, y = map(torch.tensor, jobs.small_batch())

    def loss(w: Any) -> Any:
        h = torch.tanh(f.linear(x, w[0], w[1]))
        h = torch.tanh(f.linear(h, w[2], w[3]))
        return f.mse_loss(f.linear(h, w[4], w[5]), y)

    return _trained(torch, loss, jobs.weights(jobs.SMALL_LAYERS))


def _trained(torch: Any, loss: Any, weights: Any) -> Job:
    """Matrices are kept as [out, in], which is what `linear` takes."""
    w = [torch.tensor(each.T).contiguous().requires_grad_() for each in weights]
    optimizer = torch.optim.SGD(w, lr=jobs.RATE)

    def run() -> Any:
        optimizer.zero_grad()
        value = loss(w)
        value.backward()
        optimizer.step()
        return [value, *(each.detach().t() for each in w)]

    return run


def lstm() -> Job:
    torch = load()
    xs, (by_input, by_state, bias) = jobs.lstm_inputs()
    layer = torch.nn.LSTM(jobs.UNITS, jobs.UNITS)
    with torch.no_grad():
        layer.weight_ih_l0.copy_(torch.tensor(by_input.T))
        layer.weight_hh_l0.copy_(torch.tensor(by_state.T))
        layer.bias_ih_l0.copy_(torch.tensor(bias))
        layer.bias_hh_l0.zero_()
    layer.bias_hh_l0.requires_grad_(False)  # its gradient would be the other bias's again
    w = [layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0]
    xs = torch.tensor(xs)

    def run() -> Any:
        _, (h, _) = layer(xs)
        loss = torch.mean(h**2)
        dx, dh, db = torch.autograd.grad(loss, w)
        return loss, dx.T, dh.T, db

    return run


JOBS = {
    "call_value": call_value,
    "call_gradient": call_gradient,
    "chain_0d": partial(chain, (), jobs.SCALAR_OPS),
    **{f"chain_{n}": partial(chain, (n,), ops) for n, ops in jobs.VECTOR_OPS.items()},
    "lorenz_eager": lorenz,
    **{f"network_{n}": partial(network, n) for n in jobs.BATCHES},
    "network_small": small_network,
    "lstm_loop": lstm,
    "lstm_scan": lstm,
}
