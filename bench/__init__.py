"""How fast fastgrad is, as ratios that hold on any machine.

Run from the root of the repository:

    python -m bench                     the table, fastgrad alone
    python -m bench --peers             with every other library that is installed
    python -m bench --write-readme      and put the table into README.md
    python -m bench.accuracy            errors of values and gradients against exact ones (mpmath)
    pytest bench --benchmark-only       the same programs under pytest-benchmark

Where to look:

    bench_chains.py     one recorded operation: forward, backward; 0-d, 10, 100, 1,000 elements
    bench_tape.py       the tape itself: opening it, its memory, `x[i]` in a loop, the import
    bench_tutorials.py  1,000 steps of gradient descent on a parabola
    accuracy.py         not how fast but how exact
    bench_ops.py        every row beside the NumPy call that it replaces, and its backward beside its
                        forward: run by itself, `python -m bench.bench_ops`; cases.py has the calls
    bench_nn.py         a LeNet step beside PyTorch: run by itself, `python -m bench.bench_nn`
    bench_models.py     a likelihood and a Hessian beside PyTorch, likewise
    bench_function.py   compiled functions beside the other libraries' compilers, likewise; the
                        programs are in function/
    bench_control.py    plain NumPy and Python floats: the references; is the machine slow today?
    library.py          what a program asks of a library; the gradient-tape face
    peers/              the same for autograd, PyTorch, TensorFlow and JAX
    check.py            every library must give the right results before anything is timed
    timing.py           interleaved timing, minimum of many repeats
    table.py            rows and their text

Each program stands once and takes the library as an argument, so all columns of the table run the
same lines. Only what has another spelling in each library (recording, an optimizer step) is written
again, in the library's adapter. A new row: write the program, append a `Row` to `ROWS` of its file.
"""
