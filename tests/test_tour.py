"""`python -m fastgrad`: the tour ends well, and says so when it does not."""

import subprocess
import sys

import pytest

from fastgrad import __main__ as tour


def test_the_tour():
    done = subprocess.run([sys.executable, "-m", "fastgrad"], capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.endswith("All answers are right.\n")
    for text in ("second derivative", "1,000 steps took", "400/400"):
        assert text in done.stdout


@pytest.fixture
def wrong():
    yield tour.wrong
    tour.wrong.clear()


def test_a_wrong_answer(wrong, monkeypatch, capsys):
    monkeypatch.setattr(tour, "quadratic", lambda x, a, b, c: a * x * x + b * x + c + x)
    assert tour.main() == 1
    assert "first derivative" in wrong
    out = capsys.readouterr().out
    assert "WRONG" in out and "answers are wrong: first derivative" in out
