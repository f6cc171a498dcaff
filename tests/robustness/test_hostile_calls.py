"""Anything to anything: the compiled modules and the rows, called with what was never meant for them.

Each call may raise, or give something odd; none may crash, and tapes work afterwards.
"""

import contextlib
import importlib
import pkgutil
import random
import types

import numpy as np
import pytest

import fastgrad as fg
from fastgrad import _core
from fastgrad.primitives import ROWS
from fastgrad.transforms import CUSTOM

MODULES = [
    importlib.import_module(f"fastgrad._core.{module.name}")
    for module in pkgutil.iter_modules(_core.__path__)
]
core = types.SimpleNamespace(**{k: v for module in MODULES for k, v in vars(module).items()})
"""Every name of the compiled modules."""

HUGE = 2**33


class Index:
    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value


class Liar(tuple):
    """A shape that says 2 and gives many."""

    __slots__ = ()

    def __len__(self):
        return 2

    def __iter__(self):
        return iter(range(300))


# --------------------------------------------------------------------------- the core, called directly
class Coded:
    code = 10**8


CORE_CALLS = {
    "record_custom, no primitive": lambda x, c: core.record_custom(None, [x], [c], {}),
    "record_custom, no arguments": lambda x, c: core.record_custom(CUSTOM, None, [c], {}),
    "record_custom, none as argument": lambda x, c: core.record_custom(CUSTOM, [None], [c], {}),
    "record_custom, none as output": lambda x, c: core.record_custom(CUSTOM, [x], [None], {}),
    "record_custom, a number": lambda x, c: core.record_custom(CUSTOM, [x], [1.0], {}),
    "record_custom, no outputs": lambda x, c: core.record_custom(CUSTOM, [x], [], {}),
    "record_custom, no metadata": lambda x, c: core.record_custom(CUSTOM, [x], [c], None),
    "record_custom, other rows": lambda x, c: [
        core.record_custom(row.primitive, [x] * k, [c] * m, {})
        for row in ROWS.values()
        if row.kind != "composition"
        for k in range(3)
        for m in range(3)
    ],
    "update, no variable": lambda x, c: core.update_variables([(None, fg.optim.ADD, 1.0, 1.0)]),
    "update, no primitive": lambda x, c: core.update_variables([(x, None, 1.0)]),
    "update, numbers": lambda x, c: core.update_variables([(1, 2, 3)]),
    "update, empty": lambda x, c: core.update_variables([()]),
    "update, none": lambda x, c: core.update_variables(None),
    "update, structured": lambda x, c: core.update_variables([(x, ROWS["sum"].primitive, x)]),
    "update, comparison": lambda x, c: core.update_variables([(x, ROWS["less"].primitive, x, x)]),
    "descend, no primitive": lambda x, c: core.descend([(c, x)], None, 0.1, fg.Variable(1)),
    "descend, no counter": lambda x, c: core.descend([(c, x)], fg.optim.STEP, 0.1, None),
    "descend, float counter": lambda x, c: core.descend([(c, x)], fg.optim.STEP, 0.1, x),
    "descend, other row": lambda x, c: core.descend(
        [(c, x)], ROWS["sum"].primitive, 0.1, fg.Variable(1)
    ),
    "descend, one argument": lambda x, c: core.descend(
        [(c, x)], ROWS["sin"].primitive, 0.1, fg.Variable(1)
    ),
    "descend, bare primitive": lambda x, c: core.descend(
        [(c, x)], core.Primitive.__new__(core.Primitive), 0.1, fg.Variable(1)
    ),
    "register, none": lambda x, c: core.register(None, None, None),
    "bind, none": lambda x, c: core.bind(None, None, None),
    "bind_composition, none": lambda x, c: core.bind_composition(None),
    "cast_forward, a code": lambda x, c: core.cast_forward(np.ones(3), Coded),
    "cast_forward, none": lambda x, c: core.cast_forward(None, None),
    "cast_forward, objects": lambda x, c: core.cast_forward(np.ones(3, object), fg.float32),
    "describe_loop, a code": lambda x, c: core.describe_loop(np.add, 10**8),
    "describe_loop, negative": lambda x, c: core.describe_loop(np.add, -1),
    "describe_loop, none": lambda x, c: core.describe_loop(None, 3),
    "size_class": lambda x, c: [core.size_class(n) for n in (-1, 0, 1, 2**62, -(2**63))],
    "bare primitive": lambda x, c: core.Primitive.__new__(core.Primitive)(x),
    "primitive of none": lambda x, c: core.Primitive(None),
    "Touched": lambda x, c: core.Touched().__exit__(None, None, None),
    "Touched variables": lambda x, c: core.Touched().variables(),
    "Paused": lambda x, c: core.Paused().__exit__(None, None, None),
    "Stopped of none": lambda x, c: core.Stopped(None).__enter__(),
    "Stopped of none left": lambda x, c: core.Stopped(None).__exit__(None, None, None),
    "bare Stopped": lambda x, c: core.Stopped.__new__(core.Stopped).__enter__(),
    "bare Aval shape": lambda x, c: core.Aval.__new__(core.Aval).shape,
    "bare Aval size": lambda x, c: core.Aval.__new__(core.Aval).size,
    "bare Aval ndim": lambda x, c: core.Aval.__new__(core.Aval).ndim,
    "bare Node": lambda x, c: core.Node.__new__(core.Node),
    "bare Trace": lambda x, c: core.Trace.__new__(core.Trace),
    "bare Sweep": lambda x, c: core.Sweep.__new__(core.Sweep),
    "tape, sources none": lambda x, c: fg.GradientTape()._gradient_keeping(x, None, None),
    "tape, used up": lambda x, c: fg.GradientTape()._use_up(),
    "share_array": lambda x, c: [
        core.share_array(a) for a in (np.ones(3)[::-1], np.ones(3, ">f8"), [1], "a", None)
    ],
    "restore_tensor": lambda x, c: [core.restore_tensor(a) for a in (1.0, [1], object())],
    "restore_variable": lambda x, c: core.restore_variable(None, None, None),
    "unbound": lambda x, c: fg.Tensor.numpy(x),
    "Tensor again": lambda x, c: c.__init__(),
    "format": lambda x, c: x.__format__(3),
    "format of a tensor": lambda x, c: c.__format__(None),
    "ufunc": lambda x, c: c.__array_ufunc__(None, None),
    "function": lambda x, c: c.__array_function__(np.sum, None, None, None),
    "setstate": lambda x, c: c.__setstate__({}),
    "reduce_ex": lambda x, c: c.__reduce_ex__("a"),
    "stack of nothing": lambda x, c: ROWS["stack"]([]),
    "getitem nothing": lambda x, c: ROWS["getitem"](c),
    "unindex": lambda x, c: ROWS["unindex"](c, shape=(-1,), index=(7,)),
    "ungather": lambda x, c: ROWS["ungather"](c, [99], shape=(1,), axis=0, batch_dims=0),
}


def callables():
    """What Python can call in the compiled modules: functions, classes and their bare instances."""
    for module in MODULES:
        for name, value in vars(module).items():
            if getattr(value, "__module__", "").startswith("fastgrad._core") and callable(value):
                yield name, value
                if isinstance(value, type):
                    with contextlib.suppress(TypeError):
                        bare = value.__new__(value)
                        for method in set(dir(value)) - set(dir(object)):
                            with contextlib.suppress(Exception):
                                if callable(getattr(bare, method)):
                                    yield f"{name}.{method}", getattr(bare, method)


@pytest.mark.isolated
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(6))
def test_anything_to_anything_of_the_core(seed):
    rng = random.Random(seed)
    for _ in range(8):
        x, c = fg.Variable(np.ones(100)), fg.constant(2.0)
        tape, full = fg.GradientTape(persistent=True), fg.GradientTape()
        things = [
            None, 0, 1, -1, 10**8, 2**70, 1.5, "add", b"x", (), [], {}, [x], [c, x], (x, c), {"axis": 0},
            {"shape": (5,)}, [None], [(c, x)], [(x, None)], x, c, np.ones(3), np.ones(3, object), tape,
            full, fg.float32, Coded, np.add, int, ROWS["sum"], ROWS["sum"].primitive, CUSTOM,
            ROWS["multiply"].primitive, lambda *a: None, lambda *a: 1.0, *map(Bare, sorted(BARE)),
        ]  # fmt: skip
        things = [thing.made() if isinstance(thing, Bare) else thing for thing in things]
        tape.__enter__(), full.__enter__()
        y = x * c
        for _name, call in callables():
            if rng.random() < 0.3:
                continue
            arguments = rng.choices(things, k=rng.choice([0, 1, 1, 2, 2, 3, 4]))
            with contextlib.suppress(Exception):
                result = call(*arguments)
                repr(result), str(result)
        with contextlib.suppress(Exception):
            full.gradient(y, x)
    assert fg.constant(1.0).shape == ()


BARE = {
    k for k, v in vars(core).items() if isinstance(v, type) and v.__module__.startswith("fastgrad")
}


class Bare:
    """Stands for an object of a class of the core that was made without its constructor."""

    def __init__(self, name):
        self.name = name

    def made(self):
        with contextlib.suppress(TypeError):
            cls = getattr(core, self.name)
            return cls.__new__(cls)


@pytest.mark.isolated
@pytest.mark.parametrize("call", CORE_CALLS.values(), ids=CORE_CALLS)
def test_nonsense_to_the_core_is_no_crash(call):
    for initial in (1.0, np.ones(100)):
        x, c = fg.Variable(initial), fg.constant(initial)
        with fg.GradientTape(persistent=True) as tape:
            tape.watch(c)
            result = None
            try:
                result = call(x, c)
            except Exception as error:
                assert not isinstance(error, (SystemError, RecursionError)), repr(error)
        if result is not None:
            repr(result)
            with contextlib.suppress(Exception):
                tape.gradient(result, [x, c])
    y = fg.Variable(np.ones(3))
    with fg.GradientTape() as tape:
        z = y * y
    assert tape.gradient(z, y).numpy().tolist() == [2.0] * 3


OBJECTS = {
    "Tensor": lambda: fg.constant([1.0]),
    "Variable": lambda: fg.Variable([1.0]),
    "GradientTape": fg.GradientTape,
    "Primitive": lambda: ROWS["add"].primitive,
    "Paused": lambda: core.Paused(),
    "Touched": lambda: core.Touched(),
}


@pytest.mark.isolated
@pytest.mark.parametrize("make", OBJECTS.values(), ids=OBJECTS)
def test_methods_check_what_they_are_called_on(make):
    cls = type(make())
    others = [None, 1, "a", np.ones(1), *(other() for other in OBJECTS.values())]
    for name in dir(cls):
        method = getattr(cls, name)
        if not callable(method) or isinstance(method, type) or name in vars(object):
            continue
        for other in others:
            if not isinstance(other, cls):
                for extra in range(4):
                    with contextlib.suppress(TypeError, AttributeError, ValueError, RuntimeError):
                        method(other, *others[:extra])
    with pytest.raises(TypeError):
        fg.GradientTape.gradient(None, fg.constant(1.0), fg.constant(1.0))
    with pytest.raises(TypeError):
        list(map(fg.Tensor.numpy, [fg.constant(1.0), fg.Variable(1.0)]))


# ------------------------------------------------------------------------------ rows, with any numbers
class Monkey:
    """Draws arguments for a row: most of them plausible."""

    SHAPES = ((), (1,), (3,), (2, 3), (3, 1), (0,), (2, 0), (0, 3), (1, 1), (3, 3), (2, 3, 3),
              (2, 2, 2, 2), (40, 3), (1,) * 33, (1,) * 64, (2,) * 10)  # fmt: skip
    DTYPES = (*[np.float64] * 5, *[np.float32] * 5, np.float16, np.int32, np.int64, np.bool_,
              np.complex64, np.complex128, np.uint8, np.int8, np.uint64)  # fmt: skip
    ODD = (None, "no", 1.5, 2**62, -(2**63), 2**100, [2**62, 4], (HUGE, HUGE), Liar((2, 3)), Index(1),
           Index(2**70), True, np.int64(1), np.array([0, 1]), fg.constant([1, 0]), [None], (), [], {},
           (0,) * 65, range(3), slice(None), ..., 1j)  # fmt: skip
    AXES = (None, 0, 1, -1, 2, (0, 1), [1, 0], (0,), (2, 0, 1), 63, 64, -64, -65, (-1, -2))
    SIZES = ((), (3,), (2, 3), (-1,), (6,), (3, -1), (1,) * 64, (0,), (2, 3, 3), 6, (1, 3), (3, 3))
    PLACES = (0, 1, -1, 2, 5, -5, None, ..., slice(None), slice(1, None), slice(None, None, -1),
              slice(5, 0, -2), [0, 1], [0, 0, -1], np.array([True, False, True]), True, Index(0),
              np.array([[0, 1], [1, 0]]), fg.constant([0, 1]), np.ones((3, 3), bool), 1.0)  # fmt: skip

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.choice = self.random.choice

    def array(self, shape):
        if self.random.random() < 0.4:
            shape = self.choice(self.SHAPES)
        numbers = np.random.default_rng(self.random.randrange(50)).normal(size=shape) * 3
        array = np.asarray(numbers).astype(self.choice(self.DTYPES))
        if self.random.random() < 0.1 and array.dtype.kind in "fc":
            array = np.full_like(array, self.choice([np.nan, np.inf, -np.inf, 0.0, 1e30]))
        layout = self.random.random()
        if layout < 0.8:
            return (fg.constant if layout < 0.5 else fg.Variable)(array)
        return array if layout < 0.9 else array.T if layout < 0.95 else array.astype(">f8")

    def metadata(self, name):
        if self.random.random() < 0.1:
            return self.choice(self.ODD)
        if "ax" in name or name in ("perm", "batch_dims"):
            return self.choice(self.AXES)
        if name in ("shape", "multiples"):
            return self.choice(self.SIZES)
        if name == "index":
            parts = [self.choice(self.PLACES) for _ in range(self.random.randrange(4))]
            return tuple(parts) if self.random.random() < 0.6 else self.choice(self.PLACES)
        if "dtype" in name:
            return self.choice([fg.float32, "float64", np.int32, "complex64", fg.float16, object])
        return self.choice([0, 1, 2, 3, 0.5, None, -1, True, [1, 2], [1, -1], 2**40])

    def call(self, row):
        shape = self.choice(self.SHAPES)
        arrays = []
        for _ in row.arguments:
            if getattr(row, "variadic", False):
                arrays.append([self.array(shape) for _ in range(self.random.randrange(4))])
            else:
                arrays.append(self.array(shape))
        names = [
            n for n, d in row.defaults.items() if self.random.random() < 0.6 or "<no" in repr(d)
        ]
        return arrays, {name: self.metadata(name) for name in names}


REFUSALS = (TypeError, ValueError, IndexError, LookupError, ArithmeticError, MemoryError)
REFUSALS += (ModuleNotFoundError,)  # SciPy is an extra


def differentiate(row, arrays, metadata, nested):
    """Call a row, and take gradients once or twice; check their shapes and dtypes."""
    flat = [a for part in arrays for a in (part if isinstance(part, list) else [part])]
    sources = [x for x in flat if isinstance(x, (fg.Tensor, fg.Variable))]
    moving = [x for x in sources if x.dtype.is_floating or x.dtype.is_complex]
    with fg.GradientTape() as outer:
        outer.watch(moving)
        with fg.GradientTape() as tape:
            tape.watch(moving)
            y = row(*arrays, **metadata)
        gradients = tape.gradient(y, sources) if nested else None
    if not nested:
        gradients = tape.gradient(y, sources)
    for x, g in zip(sources, gradients, strict=True):
        assert g is None or (g.shape, g.dtype) == (x.shape, x.dtype)
    if nested:
        outer.gradient([g for g in gradients if g is not None], sources)


@pytest.mark.isolated
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # older NumPy warns of what newer refuses
@pytest.mark.parametrize(
    "seed", [*range(4), *(pytest.param(k, marks=pytest.mark.slow) for k in range(4, 44))]
)
def test_rows_withstand_anything(seed):
    monkey, rows = Monkey(seed), list(ROWS.values())
    done = 0
    for _ in range(4000):
        row = monkey.choice(rows)
        arrays, metadata = monkey.call(row)
        try:
            differentiate(row, arrays, metadata, monkey.random.random() < 0.3)
            done += 1
        except REFUSALS as error:
            assert not isinstance(error, UnicodeError)
        except BaseException as error:
            raise AssertionError(f"{row.name}(*{arrays}, **{metadata})") from error
    assert done > 1600
