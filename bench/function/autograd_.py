"""HIPS autograd: nothing of it is compiled, and one row has it."""

from typing import Any

from . import jobs
from .jobs import Job


def lorenz() -> Job:
    import autograd  # noqa: PLC0415 - the jobs' names are known without the library

    targets = jobs.lorenz_targets().tolist()

    def loss(parameters: Any) -> Any:
        return jobs.lorenz_loss(jobs.LORENZ_START, parameters, targets, 0.0)

    both = autograd.value_and_grad(loss)
    return lambda: both(list(jobs.LORENZ_AT))


JOBS = {"lorenz_eager": lorenz}
