"""Other libraries: each module's `library()` gives the adapter to one, which must be installed."""

import os

# Read once, when a library is first imported: set it before.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
}


def use_one_thread() -> None:
    for name, value in ONE_THREAD.items():
        os.environ.setdefault(name, value)
