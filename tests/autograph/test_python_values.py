"""On Python values a converted function is the function: results, errors, lines, and effects."""

import copy
import traceback

import pytest

from fastgrad._autograph import convert, operators

from . import class_programs, programs
from .reference import stage  # noqa: F401

FILES = programs.__file__, class_programs.__file__
CALLS = [
    pytest.param(function, arguments, id=f"{function.__name__}{n}")
    for function, calls in programs.PROGRAMS
    for n, arguments in enumerate(calls)
]


def outcome(function, arguments):
    """What a call does: its result or error with the lines it came through, and its effects."""
    programs.LOG.clear()
    programs.COUNTER = 0
    try:
        result = function(*copy.deepcopy(arguments))
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        lines = []
        for before, f in zip([None, *frames], frames, strict=False):
            if f.filename in FILES:
                if before.filename == operators.__file__ and f.name == "<lambda>":
                    lines.pop()  # of an operand that an operator asked for
                lines.append(f.lineno)
        cause = type(error.__cause__)
        result = (type(error), str(error), lines, cause)
    return result, copy.deepcopy(programs.LOG), programs.COUNTER


def reset(function):
    """Empty mutable defaults, which the two functions share."""
    for default in function.__defaults__ or ():
        if isinstance(default, list):
            default.clear()


@pytest.mark.parametrize("world", ["no stage", "stage"])
@pytest.mark.parametrize(("function", "arguments"), CALLS)
def test_converted_is_the_function(function, arguments, world, request):
    if world == "stage":
        request.getfixturevalue("stage")
    converted = convert(function)
    reset(function)
    want = outcome(function, arguments)
    reset(function)
    assert outcome(converted, arguments) == want
    if function.__name__ not in ("names_of_frame", "evaluated", "strings", "odd_layout"):
        assert converted is not function


def test_there_are_many_programs():
    assert len(programs.PROGRAMS) >= 80
