"""Ctrl-C in a long replay: it comes soon, Variables keep their values, and the next call works."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs setitimer")

BODIES = {
    "a loop": """
        for i in fg.range(n):
            v.assign_add(1e-3)
        """,
    "loops in loops": """
        for i in fg.range(n):
            for j in fg.range(3):
                for k in fg.range(n):
                    v.assign_add(1e-3)
        """,
    "short loops in a loop": """
        for i in fg.range(n):
            for j in fg.range(2):
                v.assign_add(1e-3)
        """,
    "branches": """
        for i in fg.range(n):
            if v > 1.0:
                v.assign(v * 0.5)
            else:
                v.assign_add(0.3)
        """,
    "Python": """
        for i in fg.range(n):
            v.assign(fg.random.normal([]))
        """,
    "rows": """
        x = fg.ones([4])
        for i in fg.range(n):
            x = x + fg.sort(fg.sin(x))
        v.assign(x[0])
        """,
    "arrays": """
        x = fg.ones([300, 300])
        for i in fg.range(n):
            x = fg.matmul(x, x) * 1e-3 + fg.exp(-x)
        v.assign(x[0, 0])
        """,
    "no loop": """
        x = fg.ones([1000, 600]) * fg.cast(n, fg.float32)
        for i in range(300):
            x = fg.sin(x + fg.reduce_mean(x))
        v.assign(x[0, 0])
        """,
    "products": """
        x = fg.ones([400, 400]) * fg.cast(n, fg.float32)
        for i in range(200):
            x = fg.matmul(x, x) * 1e-3
        v.assign(x[0, 0])
        """,
}
PROGRAM = """
import signal, time
import fastgrad as fg

v = fg.Variable(1.0)

@fg.function
def f(n):
    v.assign(0.0)
{body}
    return v + 0.0

f(fg.constant(1))
v.assign(1.0)
signal.signal(signal.SIGALRM, signal.default_int_handler)
late = []
while len(late) < 3 or (min(late) > 0.05 and len(late) < 20):
    start = time.perf_counter()
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    try:
        f(fg.constant(2_000_000_000))
    except KeyboardInterrupt:
        late.append(time.perf_counter() - start - 0.02)
print(min(late) < 0.1, min(late))
print(v.numpy())
f(fg.constant(1))
"""


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_ctrl_c_comes_soon(body, tmp_path):
    path = tmp_path / "program.py"
    body = textwrap.indent(textwrap.dedent(body), "    ")
    path.write_text(PROGRAM.format(body=body), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    soon, _, value = done.stdout.partition("\n")
    assert soon.startswith("True"), soon + done.stderr
    assert value == "1.0\n" and not done.stderr
