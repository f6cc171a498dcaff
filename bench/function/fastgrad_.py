"""fastgrad."""

from functools import partial

from . import tape

JOBS = {name: partial(tape.made, "fastgrad", name) for name in tape.PROGRAMS}
