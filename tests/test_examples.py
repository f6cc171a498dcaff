"""The examples run, and reach what they promise."""

import importlib.util
import runpy
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
NEEDS = {"digits": ("matplotlib", "sklearn", "tqdm")}


def run(name, *arguments):
    for package in NEEDS.get(name, ()):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"needs {package}")
    path = str(EXAMPLES / f"{name}.py")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [path, *arguments])
        runpy.run_path(path, run_name="__main__")


def test_every_example_is_here():
    assert {path.stem for path in EXAMPLES.glob("*.py")} == {"digits", "ode_fit", "quadratic"}


def test_quadratic(capsys):
    run("quadratic")
    assert capsys.readouterr().out.count("x = 0.99999857") == 3


@pytest.mark.slow
def test_ode_fit(capsys):
    run("ode_fit")
    assert float(capsys.readouterr().out.split()[-1]) < 1e-12


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of other libraries
def test_digits(capsys, tmp_path):
    png = tmp_path / "loss.png"
    run("digits", "--png", str(png))
    accuracy, seconds = capsys.readouterr().out.split()[2:5:2]
    assert float(accuracy.rstrip("%")) >= 96.0 and float(seconds) < 10.0
    assert png.read_bytes()[:4] == b"\x89PNG"
