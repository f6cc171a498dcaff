"""A step of LeNet-5 on a batch of 64: value and gradients of all weights, in float32.

    python -m bench.bench_nn [--threads 2] [--seconds 5]

prints fastgrad's time beside that of PyTorch, if it is installed, and of the same step written out
in plain NumPy, gradients by hand. All three start from the same weights, and their losses and
gradients are compared before anything is timed.
"""

import argparse
import importlib.util
import os
from collections.abc import Callable
from typing import Any, NamedTuple

BATCH = 64
RTOL = 1e-3  # of gradients in float32, relative to the largest entry


class Batch(NamedTuple):
    """Images [batch, 28, 28, 1] and their classes."""

    images: Any
    labels: Any


def inputs() -> tuple[Batch, list[Any]]:
    """A batch and the weights: filters [h, w, in, out], matrices [in, out], a bias after each."""
    import numpy as np

    rng = np.random.default_rng(0)
    shapes = [(5, 5, 1, 6), (5, 5, 6, 16), (400, 120), (120, 84), (84, 10)]
    weights = []
    for shape in shapes:
        scale = (2 / np.prod(shape[:-1])) ** 0.5
        weights += [scale * rng.normal(size=shape), 0.1 * rng.normal(size=shape[-1])]
    images, labels = rng.normal(size=(BATCH, 28, 28, 1)), rng.integers(0, 10, BATCH)
    return Batch(images.astype("f"), labels), [w.astype("f") for w in weights]


Step = Callable[[], tuple[Any, list[Any]]]


# -------------------------------------------------------------------------------------------- steps
def fastgrad_step(batch: Batch, weights: list[Any]) -> Step:
    import fastgrad as fg

    nn = fg.nn
    x, labels = fg.constant(batch.images), fg.constant(batch.labels)
    w = [fg.Variable(each) for each in weights]

    def step() -> tuple[Any, list[Any]]:
        with fg.GradientTape() as tape:
            h = nn.relu(nn.bias_add(nn.conv2d(x, w[0], 1, "SAME"), w[1]))
            h = nn.max_pool2d(h, 2, 2, "VALID")
            h = nn.relu(nn.bias_add(nn.conv2d(h, w[2], 1, "VALID"), w[3]))
            h = fg.reshape(nn.max_pool2d(h, 2, 2, "VALID"), [BATCH, 400])
            h = nn.relu(h @ w[4] + w[5])
            h = nn.relu(h @ w[6] + w[7])
            losses = nn.sparse_softmax_cross_entropy_with_logits(labels, h @ w[8] + w[9])
            loss = fg.reduce_mean(losses)
        return loss, tape.gradient(loss, w)

    return step


def torch_step(batch: Batch, weights: list[Any]) -> Step:
    import torch

    f = torch.nn.functional
    x, labels = torch.tensor(batch.images).permute(0, 3, 1, 2), torch.tensor(batch.labels)
    w = [torch.tensor(_torch_layout(each)).requires_grad_() for each in weights]

    def step() -> tuple[Any, list[Any]]:
        h = f.max_pool2d(f.relu(f.conv2d(x, w[0], w[1], padding=2)), 2)
        h = f.max_pool2d(f.relu(f.conv2d(h, w[2], w[3])), 2)
        # The first matrix's rows stand in the order of channels-last pixels.
        h = h.permute(0, 2, 3, 1).reshape(BATCH, 400)
        h = f.relu(f.linear(h, w[4], w[5]))
        h = f.relu(f.linear(h, w[6], w[7]))
        loss = f.cross_entropy(f.linear(h, w[8], w[9]), labels)
        return loss, torch.autograd.grad(loss, w)

    return step


def _torch_layout(w: Any) -> Any:
    """Filters [h, w, in, out] as [out, in, h, w], matrices transposed."""
    import numpy as np

    return np.ascontiguousarray(w.transpose(3, 2, 0, 1) if w.ndim == 4 else w.T)


def _from_torch_layout(w: Any) -> Any:
    return w.transpose(2, 3, 1, 0) if w.ndim == 4 else w.T


def numpy_step(batch: Batch, weights: list[Any]) -> Step:
    """The control: every line of it is a NumPy call on arrays."""
    import numpy as np

    w = weights
    rows = np.arange(BATCH)

    def patches(x: Any) -> Any:
        view = np.lib.stride_tricks.sliding_window_view(x, (5, 5), (1, 2))
        return np.ascontiguousarray(view.transpose(0, 1, 2, 4, 5, 3))

    def pooled(h: Any) -> tuple[Any, Any]:
        n, height, width, channels = h.shape
        blocks = h.reshape(n, height // 2, 2, width // 2, 2, channels)
        top = blocks.max(axis=(2, 4), keepdims=True)
        return top[:, :, 0, :, 0], blocks == top

    def unpooled(ct: Any, hit: Any, positive: Any) -> Any:
        share = ct / hit.sum(axis=(2, 4))
        spread = hit * share[:, :, None, :, None]
        return spread.reshape(positive.shape) * positive

    def step() -> tuple[Any, list[Any]]:
        p1 = patches(np.pad(batch.images, ((0, 0), (2, 2), (2, 2), (0, 0)))).reshape(-1, 25)
        a1 = np.maximum((p1 @ w[0].reshape(25, 6) + w[1]).reshape(BATCH, 28, 28, 6), 0)
        h1, hit1 = pooled(a1)
        p2 = patches(h1).reshape(-1, 150)
        a2 = np.maximum((p2 @ w[2].reshape(150, 16) + w[3]).reshape(BATCH, 10, 10, 16), 0)
        h2, hit2 = pooled(a2)
        flat = h2.reshape(BATCH, 400)
        a3 = np.maximum(flat @ w[4] + w[5], 0)
        a4 = np.maximum(a3 @ w[6] + w[7], 0)
        logits = a4 @ w[8] + w[9]
        logits = logits - logits.max(axis=1, keepdims=True)
        e = np.exp(logits)
        total = e.sum(axis=1, keepdims=True)
        loss = (np.log(total[:, 0]) - logits[rows, batch.labels]).mean()

        ct = e / total
        ct[rows, batch.labels] -= 1
        ct /= BATCH
        dense: list[Any] = []
        for below, k in ((a4, 8), (a3, 6), (flat, 4)):
            dense = [below.T @ ct, ct.sum(0), *dense]
            ct = ct @ w[k].T * (below > 0 if k > 4 else 1)
        ct2 = unpooled(ct.reshape(h2.shape), hit2, a2 > 0).reshape(-1, 16)
        back = (ct2 @ w[2].reshape(150, 16).T).reshape(BATCH, 10, 10, 5, 5, 6)
        ct1 = np.zeros(h1.shape, np.float32)
        for i, j in np.ndindex(5, 5):
            ct1[:, i : i + 10, j : j + 10] += back[:, :, :, i, j]
        ct1 = unpooled(ct1, hit1, a1 > 0).reshape(-1, 6)
        filters = [(p1.T @ ct1).reshape(w[0].shape), ct1.sum(0)]
        filters += [(p2.T @ ct2).reshape(w[2].shape), ct2.sum(0)]
        return loss, filters + dense

    return step


# --------------------------------------------------------------------------------------------- main
def compared(name: str, step: Step, trusted: tuple[Any, list[Any]]) -> None:
    """AssertionError unless the step gives the loss and gradients of the trusted one."""
    import numpy as np

    loss, gradients = step()
    loss, want = (x.detach() if hasattr(x, "detach") else x for x in (loss, trusted[0]))
    np.testing.assert_allclose(float(loss), float(want), rtol=1e-5, err_msg=f"{name}: loss")
    for k, (got, right) in enumerate(zip(gradients, trusted[1], strict=True)):
        array = np.asarray(got.numpy() if hasattr(got, "numpy") else got)
        array = _from_torch_layout(array) if name == "PyTorch" else array
        np.testing.assert_allclose(
            array, right, rtol=RTOL, atol=RTOL * np.abs(right).max(), err_msg=f"{name}: weight {k}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    for library in ("OPENBLAS", "OMP", "MKL"):  # read when NumPy and PyTorch are loaded
        os.environ[f"{library}_NUM_THREADS"] = str(options.threads)

    from .timing import Work, compare

    batch, weights = inputs()
    steps = {"NumPy, by hand": numpy_step, "fastgrad": fastgrad_step}
    if importlib.util.find_spec("torch"):
        steps["PyTorch"] = torch_step
    made = {name: make(batch, weights) for name, make in steps.items()}
    trusted = made["NumPy, by hand"]()
    for name, step in made.items():
        compared(name, step, trusted)
    timings = compare([Work(step) for step in made.values()], options.seconds)
    print(f"LeNet step, batch {BATCH}, float32, {options.threads} threads: ms (least, median)")
    for name, timing in zip(made, timings, strict=True):
        speed = timings[list(made).index("fastgrad")].best / timing.best
        print(
            f"{name:>15} {timing.best * 1e3:8.2f} {timing.median * 1e3:8.2f}   fastgrad/this {speed:.2f}"
        )


if __name__ == "__main__":
    main()
