"""Whole derivatives beside PyTorch's: a Gaussian process's likelihood, a Hessian.

    python -m bench.bench_models [--threads 2] [--seconds 3]

The likelihood of 500 points by a Cholesky factor, value and gradient by three hyperparameters, and
the Hessian of the 50-dimensional Rosenbrock function, eager (`fg.hessian`, `torch.func.hessian`).
Each is written out in plain NumPy as well, derivatives by hand: the control. PyTorch is left out
where it is not installed. Results are compared before anything is timed.
"""

import argparse
import importlib.util
import os
from collections.abc import Callable
from typing import Any, NamedTuple

POINTS = 500
DIMENSIONS = 50

Job = Callable[[], Any]


def parameters() -> Any:
    """log length scale, log amplitude, log noise."""
    import numpy as np

    return np.array([-0.5, 0.2, -1.5])


def data() -> tuple[Any, Any]:
    """Squared distances between points of the plane, and values there."""
    import numpy as np

    rng = np.random.default_rng(0)
    x = rng.uniform(-2, 2, (POINTS, 2))
    y = np.sin(x[:, 0]) * x[:, 1] + 0.2 * rng.normal(size=POINTS)
    return ((x[:, None] - x[None]) ** 2).sum(-1), y[:, None]


def at() -> Any:
    import numpy as np

    return np.random.default_rng(1).uniform(-1, 1, DIMENSIONS)


# --------------------------------------------------------------------------------------- likelihood
def numpy_likelihood() -> Job:
    import numpy as np

    (squares, y), theta = data(), parameters()
    one = np.eye(POINTS)

    def job() -> Any:
        length, amplitude, noise = np.exp(2 * theta)
        smooth = amplitude * np.exp(squares / (-2 * length))
        factor = np.linalg.cholesky(smooth + noise * one)
        inverse = np.linalg.inv(factor)
        whitened = inverse @ y
        weights = inverse.T @ whitened
        value = whitened[:, 0] @ whitened[:, 0] / 2 + np.log(np.diagonal(factor)).sum()
        change = (inverse.T @ inverse - weights @ weights.T) / 2
        by_smooth = change * smooth
        by_length = np.vdot(by_smooth, squares) / length
        return value, np.array([by_length, 2 * by_smooth.sum(), 2 * noise * np.trace(change)])

    return job


def fastgrad_likelihood() -> Job:
    import fastgrad as fg

    squares, y = map(fg.constant, data())
    theta, one = fg.constant(parameters()), fg.eye(POINTS, dtype="float64")

    def negative(theta: Any) -> Any:
        scales = fg.exp(2.0 * theta)
        smooth = scales[1] * fg.exp(squares / (-2.0 * scales[0]))
        factor = fg.linalg.cholesky(smooth + scales[2] * one)
        weights = fg.linalg.cholesky_solve(factor, y)
        logs = fg.reduce_sum(fg.math.log(fg.linalg.diag_part(factor)))
        return fg.reduce_sum(y * weights) / 2.0 + logs

    both = fg.value_and_grad(negative)
    return lambda: both(theta)


def torch_likelihood() -> Job:
    import torch

    squares, y = map(torch.tensor, data())
    theta, one = torch.tensor(parameters()), torch.eye(POINTS, dtype=torch.float64)

    def job() -> Any:
        moving = theta.clone().requires_grad_()
        scales = torch.exp(2.0 * moving)
        smooth = scales[1] * torch.exp(squares / (-2.0 * scales[0]))
        factor = torch.linalg.cholesky(smooth + scales[2] * one)
        weights = torch.cholesky_solve(y, factor)
        value = torch.sum(y * weights) / 2.0 + torch.sum(torch.log(torch.diagonal(factor)))
        return value.detach(), torch.autograd.grad(value, moving)[0]

    return job


# ------------------------------------------------------------------------------------------ Hessian
def numpy_hessian() -> Job:
    import numpy as np

    x = at()

    def job() -> Any:
        diagonal = np.zeros(DIMENSIONS)
        diagonal[:-1] = 1200 * x[:-1] ** 2 - 400 * x[1:] + 2
        diagonal[1:] += 200
        beside = -400 * x[:-1]
        return np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)

    return job


def rosenbrock(x: Any, total: Callable[[Any], Any]) -> Any:
    return total(100.0 * (x[1:] - x[:-1] ** 2.0) ** 2.0 + (1.0 - x[:-1]) ** 2.0)


def fastgrad_hessian() -> Job:
    import fastgrad as fg

    x = fg.constant(at())
    second = fg.hessian(lambda x: rosenbrock(x, fg.reduce_sum))
    return lambda: second(x)


def torch_hessian() -> Job:
    import torch

    x = torch.tensor(at())
    second = torch.func.hessian(lambda x: rosenbrock(x, torch.sum))
    return lambda: second(x)


# --------------------------------------------------------------------------------------------- main
class Model(NamedTuple):
    """One piece of work in each library."""

    name: str
    target: float  # fastgrad's time beside PyTorch's, at most
    jobs: dict[str, Callable[[], Job]]


MODELS = (
    Model(
        f"Gaussian process, {POINTS} points, value and gradient", 0.8,
        {"NumPy, by hand": numpy_likelihood, "fastgrad": fastgrad_likelihood,
         "PyTorch": torch_likelihood},
    ),
    Model(
        f"Hessian of Rosenbrock's function in {DIMENSIONS} dimensions", 0.5,
        {"NumPy, by hand": numpy_hessian, "fastgrad": fastgrad_hessian, "PyTorch": torch_hessian},
    ),
)  # fmt: skip


def compared(name: str, got: Any, want: Any) -> None:
    """AssertionError unless two results are the same up to rounding."""
    import numpy as np

    if isinstance(want, tuple):
        for one, other in zip(got, want, strict=True):
            compared(name, one, other)
    else:
        want = np.asarray(want)
        np.testing.assert_allclose(
            np.asarray(got), want, 1e-8, 1e-8 * np.abs(want).max(), err_msg=name
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args()
    for library in ("OPENBLAS", "OMP", "MKL"):  # read when NumPy and PyTorch are loaded
        os.environ[f"{library}_NUM_THREADS"] = str(options.threads)

    from .timing import Work, compare

    without = [] if importlib.util.find_spec("torch") else ["PyTorch"]
    for name in without:
        print(f"{name} is not installed: left out")
    for model in MODELS:
        jobs = {name: make() for name, make in model.jobs.items() if name not in without}
        trusted = jobs["NumPy, by hand"]()
        for name, job in jobs.items():
            compared(f"{model.name}: {name}", job(), trusted)
        timings = compare([Work(job) for job in jobs.values()], options.seconds, rounds=10)
        mine = timings[list(jobs).index("fastgrad")].best
        print(f"{model.name}, float64, {options.threads} threads: ms (least, median)")
        for name, timing in zip(jobs, timings, strict=True):
            at_most = f" (at most {model.target:g})" if name == "PyTorch" else ""
            print(
                f"{name:>15} {timing.best * 1e3:8.3f} {timing.median * 1e3:8.3f}"
                f"   fastgrad/this {mine / timing.best:.2f}{at_most}"
            )


if __name__ == "__main__":
    main()
