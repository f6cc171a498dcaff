"""TensorFlow: fastgrad's programs with another import. The unrolled orbit would take minutes."""

from functools import partial

from . import tape

LEFT_OUT = {"lorenz_unrolled"}
JOBS = {
    name: partial(tape.made, "tensorflow", name) for name in tape.PROGRAMS if name not in LEFT_OUT
}
