"""The programs of `bench_function`: each in the way that its library asks for.

    jobs.py         what is computed: sizes, data, how exact; the names of all jobs
    by_hand.py      derivatives by hand in NumPy or plain Python: the control, and what is right
    tape.py         fastgrad's programs, and TensorFlow's, which are the same with another import
    jax_.py, torch_.py, autograd_.py
    worker.py       a process with one job of one library, and the calls to it

Every library's module has `JOBS`, from a job's name to what makes it: data and compiled function,
not yet called. A job that is called gives its results, as the library's own arrays.
"""
