"""Row kinds: what an operation is, said once.

A row states an operation's forward computation, its derivative, its documentation and sample inputs.
All else is derived from it: the fused C loops (``tools/codegen.py``), what the tape keeps for the backward
pass, the rule that runs on Tensors when the backward pass is itself recorded, stubs, docs and tests.

Scalar rules are Python lambdas over the operation's argument names, the output ``y`` and the cotangent
``ct``. They are *traced* once with symbolic operands into a `Program`, a flat list of steps, which is then
printed as C or executed on Tensors. A rule may use arithmetic, comparisons, NumPy ufuncs and ``np.where``.

This module and the rows import NumPy only, so that the code generator can read them before anything is
compiled.
"""

from importlib import import_module

import numpy as np

NOTHING = type("NOTHING", (), {"__repr__": lambda self: "<no default>", "__slots__": ()})()

# Operations whose result is a condition, not a number.
CONDITIONS = frozenset(
    "less less_equal greater greater_equal equal not_equal logical_and logical_or logical_xor logical_not "
    "isnan isinf isfinite".split()
)


# ---------------------------------------------------------------------------------------------- programs
class Program:
    """A traced scalar rule.

    ``steps[i]`` is ``("input", name)``, ``("const", number)`` or ``(op, i, j, ...)`` where ``op`` names a
    row and i, j are earlier steps. The last step is the result.
    """

    __slots__ = ("inputs", "steps")

    def __init__(self, inputs, steps):
        self.inputs = inputs
        self.steps = steps

    def mentions(self, name):
        """True if the result depends on the input called `name`."""
        return ("input", name) in self.steps

    @property
    def constant(self):
        """The number this rule always gives, or None if it depends on an input."""
        op, value = self.steps[-1][:2]
        return value if op == "const" else None


class _Symbol:
    """An operand of a rule that is being traced; every operation on it appends one step."""

    __slots__ = ("steps", "at")
    __array_priority__ = 1000

    def __init__(self, steps, at):
        self.steps = steps
        self.at = at

    def _operand(self, value):
        if isinstance(value, _Symbol):
            return value.at
        if isinstance(value, (bool, int, float, np.bool_, np.number)):
            return _append(self.steps, ("const", float(value)))
        raise TypeError(f"a scalar rule can use numbers and its arguments, not {value!r}")

    def _do(self, op, *operands):
        return _Symbol(self.steps, _append(self.steps, (op, *map(self._operand, operands))))

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        if method != "__call__" or kwargs:
            return NotImplemented
        return self._do(ufunc.__name__, *inputs)

    def __array_function__(self, func, types, args, kwargs):
        if func is np.where and not kwargs:
            return self._do("where", *args)
        return NotImplemented

    def __bool__(self):
        raise TypeError("a scalar rule can't branch on its arguments: use np.where")

    def __neg__(self):
        return self._do("negative", self)

    @property
    def real(self):
        return self._do("real", self)

    @property
    def imag(self):
        return self._do("imag", self)


def _append(steps, step):
    """Add a step, or find the same one done before (the trace is free of common subexpressions)."""
    for at, old in enumerate(steps):
        if old == step and repr(old) == repr(step):  # repr tells 0.0 from -0.0
            return at
    steps.append(step)
    return len(steps) - 1


def _operators():
    names = {
        "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "pow": "power",
        "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal",
        "eq": "equal", "ne": "not_equal", "and": "logical_and", "or": "logical_or",
    }  # fmt: skip
    for operator, row in names.items():
        setattr(_Symbol, f"__{operator}__", lambda a, b, row=row: a._do(row, a, b))
        if operator in ("add", "sub", "mul", "truediv", "pow"):
            setattr(_Symbol, f"__r{operator}__", lambda a, b, row=row: a._do(row, b, a))
    _Symbol.__hash__ = None


_operators()


_tracing = 0  # rules that are being traced now


def libm(function, *operands):
    """A function of C's mathematical library, which is Python's `math` function of that name.

    In a rule it is a step of its own, called by the generated loops. On arrays it calls Python's.
    """
    for operand in operands:
        if isinstance(operand, _Symbol):
            return operand._do(function.__name__, *operands)

    def number(*values):
        try:
            return function(*values)
        except OverflowError:
            return np.inf
        except ValueError:
            return np.nan

    arrays = [np.asarray(operand) for operand in operands]
    return np.vectorize(number, otypes=[np.float64])(*arrays).astype(np.result_type(*arrays))


class scipy_special:  # noqa: N801  (reads as a forward function in a row)
    """The ufunc of `scipy.special` with this name, which is imported when it is first used."""

    __slots__ = ("name", "arguments")

    def __init__(self, name, *arguments):
        self.name = name
        self.arguments = arguments or ("x",)

    def load(self):
        """The ufunc. ModuleNotFoundError naming the extra if SciPy is not installed."""
        try:
            module = __import__("scipy.special", fromlist=[self.name])
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(
                f"{self.name} is SciPy's, which is not installed: pip install 'fastgrad[scipy]'",
                name=error.name,
            ) from None
        return getattr(module, self.name)


def parameters(function):
    """The positional parameter names of a Python function (without importing `inspect`)."""
    code = function.__code__
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def trace(rule):
    """Trace a scalar rule into a `Program`.

    >>> trace(lambda x, y: 1 - y * y).steps
    [('input', 'y'), ('multiply', 0, 0), ('const', 1.0), ('subtract', 2, 1)]
    """
    names = parameters(rule)
    steps = [("input", name) for name in names]
    global _tracing
    _tracing += 1
    try:
        result = rule(*(_Symbol(steps, at) for at in range(len(names))))
    finally:
        _tracing -= 1
    at = result.at if isinstance(result, _Symbol) else _append(steps, ("const", float(result)))
    return Program(names, _live(steps, at))


def _live(steps, result):
    """The steps that `result` needs, renumbered, with `result` last."""
    order, place = [], {}

    def visit(at):  # rules are a few steps deep
        if at not in place:
            op, *operands = steps[at]
            if op not in ("input", "const"):
                operands = [visit(operand) for operand in operands]
            place[at] = len(order)
            order.append((op, *operands))
        return place[at]

    visit(result)
    return order


# ------------------------------------------------------------------------------------------------- rows
class not_implemented:  # noqa: N801  (reads as a word in a row)
    """A derivative that is not there, and why: using it raises LookupError with this text."""

    __slots__ = ("why",)

    def __init__(self, why):
        self.why = why


class Row:
    """One operation. `name` is the name the row has in its module (a trailing ``_`` is dropped)."""

    name = None  # set by `registry`
    theme = None  # the module it stands in, set by `registry`
    scaled = False  # computed without overflow where its NumPy function squares
    bound = None  # the public callable, set by `fastgrad.primitives` once the core is there

    def __init__(self, kind, arguments, defaults, doc, samples, numpy):
        self.kind = kind
        self.arguments = arguments  # names of the array arguments, positional
        self.defaults = defaults  # {name: default} of the metadata arguments
        self.doc = doc
        self.samples = samples
        self.numpy = numpy  # NumPy functions that mean this row when called on a Tensor
        self.aliases = {}  # other names for arguments, set by `registry`

    def __call__(self, *args, **kwargs):
        # From now on calls go straight to the public function, without this frame: a type's __call__
        # that is no Python function is called as it stands.
        own = type(self)
        self.__class__ = type(own.__name__, (own,), {"__call__": staticmethod(self.bound)})
        return self.bound(*args, **kwargs)

    def __repr__(self):
        return f"<{self.kind} {self.name}>"


class Elementwise(Row):
    """A function of scalars applied to each element, with broadcasting.

    `ufunc` is the ufunc that computes it, or None if `program` does (traced from a Python lambda).
    `rules[i]` is the traced derivative with respect to argument i (`Program`, `not_implemented`, or None:
    no gradient flows there). A rule that mentions ``ct`` is the whole cotangent contribution, else it is
    the local derivative that the cotangent is scaled with.
    """

    def __init__(
        self, forward, df, doc, domain, numpy, bools, wide, integers, on_complex, holomorphic=False
    ):
        self.lazy = forward if isinstance(forward, scipy_special) else None
        self._ufunc = forward if isinstance(forward, np.ufunc) else None
        self.function = None if self.lazy or self._ufunc else forward
        arguments = self._arguments_of(forward)
        self.domain = domain
        self.bools = bools  # positions of arguments that are conditions: always bool
        self.on_complex = on_complex
        self.holomorphic = holomorphic
        self.wide = wide or self.lazy is not None
        self.integers = integers
        meaning = numpy if self._ufunc is None else (self._ufunc, *numpy)
        kind = "nondiff" if df is None else "elementwise"
        super().__init__(kind, arguments, {}, doc, None, meaning)
        self.df = df if isinstance(df, tuple) else (df,) * len(arguments)
        if len(self.df) != len(arguments) or (df is not None and self.df == (df,) * 2):
            raise TypeError(f"{doc!r}: {len(arguments)} arguments need as many rules")
        self._program = self._complex_program = self._rules = None

    @property
    def complex_program(self):
        """What is done for complex arguments instead, or None."""
        if self._complex_program is None and self.on_complex is not None:
            self._complex_program = trace(self.on_complex)
        return self._complex_program

    def __call__(self, *args, **kwargs):
        """In a rule that is being traced, a step that names this row; else the public function."""
        if _tracing:
            for operand in args:
                if isinstance(operand, _Symbol):
                    return operand._do(self.name, *args)
        return self.bound(*args, **kwargs)

    @property
    def ufunc(self):
        """The ufunc that computes this row. SciPy's are imported here, when they are first used."""
        if self._ufunc is None and self.lazy is not None:
            self._ufunc = self.lazy.load()
        return self._ufunc

    @property
    def program(self):
        """The traced forward function, None for a ufunc. Traced when first asked for: imports stay quick."""
        if self._program is None and self.function is not None:
            self._program = trace(self.function)
        return self._program

    @property
    def rules(self):
        """The traced rule of each argument."""
        if self._rules is None:
            known = {*self.arguments, "y", "ct"}
            for rule in self.df:
                if callable(rule) and not known.issuperset(parameters(rule)):
                    raise TypeError(
                        f"{self}: a rule may use {sorted(known)}, not {parameters(rule)}"
                    )
            self._rules = tuple(trace(rule) if callable(rule) else rule for rule in self.df)
        return self._rules

    @staticmethod
    def _arguments_of(forward):
        """Argument names: those stated, those of a lambda; x, or a and b, for NumPy's ufuncs."""
        if isinstance(forward, scipy_special):
            return forward.arguments
        if isinstance(forward, np.ufunc):
            return ("x",) if forward.nin == 1 else ("a", "b")
        return tuple(parameters(forward))


def elementwise(
    forward,
    df,
    *,
    doc,
    domain=(-3.0, 3.0),
    numpy=(),
    bools=(),
    wide=False,
    on_complex=None,
    holomorphic=False,
):
    """A row for an elementwise function.

    forward: a NumPy ufunc, a `scipy_special` one, or a lambda over scalars built from ufuncs,
        ``np.where``, `libm` and other elementwise rows.
    df: the derivative, one lambda per argument, over argument names and ``y`` (or ``ct``: see
        `Elementwise`); None for an argument through which no gradient flows.
    domain: (low, high) of the sample inputs, or one pair per argument; a range for whole numbers.
    wide: integers are computed in float64, and float16 in float32, as for all of SciPy's and, float16, for
        all that are no ufuncs.
    holomorphic: the rules hold for complex numbers as they stand; others have those of their steps there.
    on_complex: for a function with no complex derivative: a lambda that gives it through `real` and
        `imag` of complex arguments, and is differentiated in place of `df`.
    """
    return Elementwise(forward, df, doc, domain, numpy, bools, wide, False, on_complex, holomorphic)


def nondiff(forward, *, doc, domain=(-3.0, 3.0), numpy=(), bools=(), integers=False):
    """A row for an elementwise function without a derivative (comparisons, tests, ...).

    integers: it is defined for integers only.
    """
    return Elementwise(forward, None, doc, domain, numpy, bools, False, integers, None)


class Primitive(Row):
    """A structured operation: own forward over ndarrays, own rules written with rows.

    `vjp[i]` is a function of any of: ``ct``, argument names (their values), ``<argument>_aval`` (shape and
    dtype only: the value is not kept), ``y``, ``y_aval``, and the metadata arguments by name. Which it
    mentions decides what the tape keeps. It returns the cotangent of argument i, in its shape.
    For a row over a list of arrays (`variadic`), one rule serves all and takes ``i`` and ``avals``.
    A row with several outputs (`many`) gets ``ct`` as a list, zeros filled in.

    `jvp(tangents, primals, y, **metadata)` gives the tangent of the output, written with rows; ``linear``
    rows need none: theirs is the row itself applied to the tangent.
    """

    jvp = None
    whole_vjp = None
    linear = variadic = many = promotes = hermitian = canonical_first = False
    accumulate = canonical = kernel = lazy = lift = shared = sparse = None

    def __init__(self, forward, vjp, doc, samples, numpy, options):
        code = forward.__code__
        names = code.co_varnames[: code.co_argcount]
        keywords = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
        given = forward.__kwdefaults__ or {}
        defaults = {name: given.get(name, NOTHING) for name in keywords}
        super().__init__("primitive", names, defaults, doc, samples, numpy)
        self.forward = forward
        self.vjp = vjp
        for name, value in options.items():
            if not hasattr(Primitive, name):
                raise TypeError(f"{forward.__name__}: a primitive has no option {name!r}")
            setattr(self, name, value)


def primitive(*, vjp, doc, samples, numpy=(), **options):
    """Decorator: a row for a structured operation, over a function of ndarrays.

    Array arguments are positional, metadata is keyword-only.

    vjp: one rule per array argument (a tuple), or a single rule; None where no gradient flows.
    samples: ``samples(rng)`` yields ``(arrays, metadata)``.

    Options:
    jvp: see `Primitive`. linear: the row is linear in its arguments.
    variadic: the one argument is a list of arrays. many: the result is a list of arrays.
    promotes: the array arguments are brought to one dtype first.
    hermitian: the argument stands for hermitian matrices, of which one triangle may be all that is read; its
        gradient is that for hermitian changes.
    lazy: the package besides NumPy that computes the row, an optional one.
    canonical: ``canonical(avals, metadata) -> metadata`` checks and normalises metadata (negative axes),
        once, before anything is computed.
    kernel: name of a C kernel of the core that computes the same as the function, faster. It sees metadata as
        they were given, and leaves alone what it does not take; canonical ones with `canonical_first`.
    lift: ``lift(n, avals, metadata)`` gives the metadata of the same operation on arrays that have one more
        axis in front each, of size n, or None if there are none. The rules of a jacobian then see all its
        cotangents at once, avals with that axis, and values with one of size 1; else they run on one after
        the other.
    accumulate: ``accumulate(total, ct, **metadata)`` adds a cotangent to an ndarray in place, for rows
        whose cotangent is mostly zeros (indexing).
    shared: ``shared(...)``, over what a rule may ask for, gives what the rules of several arguments have in
        common; they ask for it as ``shared``, and it is worked out once.
    sparse: ``sparse(...)``, over what a rule may ask for, gives the cotangent of the first argument as
        ``(indices, values)`` of its rows, or None where it is not made of rows.
    whole_vjp: instead of `vjp`, ``whole_vjp(cts, values, y, metadata)`` gives the cotangents of all arguments
        at once (None where no gradient flows): for custom gradients.
    """
    rules = vjp if isinstance(vjp, tuple) else (vjp,)
    return lambda forward: Primitive(forward, rules, doc, samples, numpy, options)


class Composition(Row):
    """A public function made of rows: a plain Python function, differentiable through what it calls."""

    def __init__(self, function, doc, samples, numpy, hermitian, scaled):
        code = function.__code__
        names = parameters(function)
        values = function.__defaults__ or ()
        first = code.co_argcount - len(values)
        defaults = dict(zip(names[first : code.co_argcount], values, strict=True))
        defaults.update(function.__kwdefaults__ or {})
        super().__init__("composition", names[:first], defaults, doc, samples, numpy)
        function.__doc__ = function.__doc__ or doc
        self.function = function
        self.bound = function
        self.hermitian = hermitian  # as for `Primitive`
        self.scaled = scaled


def composition(*, doc, samples=None, numpy=(), hermitian=False, scaled=False):
    """Decorator: list a function written with rows as part of the library.

    scaled: it does not overflow where its NumPy function squares, so that this one's result counts only
        far from there.
    """
    return lambda function: Composition(function, doc, samples, numpy, hermitian, scaled)


def text_of(row):
    """The docstring of a row's public function, led by a signature that `inspect` and editors read."""
    arguments = [*row.arguments]
    arguments += [n if d is NOTHING else f"{n}={d!r}" for n, d in row.defaults.items()]
    arguments += ["*", "name=None"]
    return f"{row.name}({', '.join(arguments)})\n--\n\n{row.doc}"


# --------------------------------------------------------------------------------------------- registry
def registry(themes=None):
    """The rows of some themes by name, or of all, in the order of the themes."""
    from .ops import THEMES
    from .ops._keywords import keywords_of

    rows = {}
    for theme in THEMES if themes is None else themes:
        module = import_module(f".ops.{theme}", __package__)
        for name, value in vars(module).items():
            if isinstance(value, Row) and (value.theme is None or value.theme == theme):
                value.name, value.theme = name.rstrip("_"), theme
                value.aliases = keywords_of(value)
                if rows.setdefault(value.name, value) is not value:
                    raise TypeError(f"two rows are called {value.name!r}")
    return rows
