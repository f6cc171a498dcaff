"""Optimisers: how Variables move along their gradients.

`SGD` follows Keras in its arguments and in the order of its operations, so that training gives the
same numbers. A step first checks and prepares every pair, and only then writes: whatever is wrong
with one of them, all Variables stay as they were.

In a function that is traced a step is made of operations, and what it depends on is read in each
call: the rate, which is in Variables then, or what a schedule makes of the number of steps.
"""

import math
import warnings

import numpy as np

from . import _nest, primitives
from ._core._assign import descend, update_variables
from ._core._dispatch import constant, convert_to_tensor
from ._core._graph import is_traced, tracing
from ._core._tape import gradients_through
from ._core._tensor import Tensor, Variable
from .creation import zeros
from .dtypes import float32, float64, int64
from .effects import happen
from .errors import short, unexpected_keyword
from .slices import IndexedSlices

ONE = constant(1, dtype=int64)
ADD, STEP, VELOCITY, NESTEROV, DECAY = (
    getattr(primitives, name).__self__
    for name in ("add", "sgd_step", "sgd_velocity", "sgd_nesterov", "decay_step")
)


class Optimizer:
    """What optimisers share: the learning rate, clipping, weight decay, and the order of a step.

    A subclass says in `_updates` how one Variable moves, and in `_is_plain` whether that is no more
    than a step of gradient descent.

    learning_rate: a number, 0 or more, or a function of no arguments or of the step that gives one.
    weight_decay: shrink each Variable by this part of itself, times the rate, before its step.
    clipvalue, clipnorm, global_clipnorm: limit each element of a gradient, the norm of each
        gradient, or the norm of all together. Only one of them may be given.
    """

    _fast = None  # a rate, once it is known that steps are plain and the rate is a number

    def __init__(self, learning_rate, *, weight_decay, clipnorm, clipvalue, global_clipnorm, name):
        clips = {"clipnorm": clipnorm, "clipvalue": clipvalue, "global_clipnorm": global_clipnorm}
        given = {argument: limit for argument, limit in clips.items() if limit is not None}
        for argument, limit in given.items():
            _nonnegative(argument, limit)
        if len(given) > 1:
            raise ValueError(f"only one of {', '.join(clips)} may be given, not {given}")
        if weight_decay is not None:
            _nonnegative("weight_decay", weight_decay)
        self.name = name
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self._iterations = Variable(0, dtype=int64, name="iterations", trainable=False)
        self._counted = self._iterations.assign_add(0)
        self._state = {}  # by id: (variable, what `_updates` keeps for it)

    def __setattr__(self, name, value):
        object.__setattr__(self, name, value)
        if name != "_fast":
            object.__setattr__(self, "_fast", None)

    # ---- what can be read and set
    @property
    def iterations(self):
        """The number of steps so far: an int64 Variable."""
        return self._iterations

    @property
    def learning_rate(self):
        """The rate, as a Variable that may be assigned to; that of a schedule, as a Tensor."""
        if self._schedule is not None:
            return _number(self._rate_now(), float32)
        if self._shown is None:
            self._show(self._rate, Variable(self._rate, name="learning_rate", trainable=False))
        return self._shown

    @learning_rate.setter
    def learning_rate(self, rate):
        if callable(rate):
            self._rate = self._exact = self._shown = None
            self._schedule = rate
            self._takes_step = _takes_argument(rate)
        elif not self._assigned(rate):
            self._rate = _nonnegative("learning_rate", rate)
            self._schedule = self._exact = self._shown = None
            if isinstance(rate, Variable):
                self._show(self._rate, rate)

    lr = learning_rate

    def _show(self, rate, variable):
        """Show the rate as a Variable, which may round it; one of float64 beside it holds all of it."""
        self._shown = variable
        self._exact = Variable(rate, dtype=float64, trainable=False, name="exact_learning_rate")

    def _assigned(self, rate):
        """Assign a rate to the Variables that hold it, if there are any: functions were traced with them."""
        if tracing() is not None and "_rate" in vars(self) and self._schedule is None:
            self._shown = self.learning_rate
        if isinstance(rate, Variable) or vars(self).get("_shown") is None:
            return False
        rate = rate if is_traced(rate) else _nonnegative("learning_rate", rate)
        for variable in (self._exact, self._shown):
            variable.assign(_number(rate, variable.dtype))
        return True

    def _rate_now(self):
        """The rate of the next step: a float, or a float64 Tensor of what isn't known while tracing."""
        if tracing() is not None:
            return self._traced_rate()
        if self._schedule is not None:
            return _nonnegative("learning_rate", self._scheduled(self._iterations))
        if self._shown is None:
            return self._rate
        exact = float(self._exact)
        if float(self._shown) == float(self._shown.dtype.np_dtype.type(exact)):
            return exact
        return _nonnegative("learning_rate", self._shown)  # it was assigned to

    def _shown_rate(self):
        """The rate, which may have been assigned to, for the quick way, which is not gone while tracing."""
        return 0.0 if tracing() is not None else self._rate_now()

    def _scheduled(self, step):
        return self._schedule(step) if self._takes_step else self._schedule()

    def _traced_rate(self):
        if self._schedule is None:
            shown = self.learning_rate
            exact = primitives.identity(self._exact)
            same = primitives.equal(shown, primitives.cast(exact, dtype=shown.dtype))
            return primitives.where(same, exact, primitives.cast(shown, dtype=float64))
        try:
            rate = self._scheduled(self._iterations)
        except TypeError:  # it wants the value of the step
            rate = None
        if is_traced(rate):
            return primitives.cast(rate, dtype=float64)

        def scheduled(step):
            return [constant(_nonnegative("learning_rate", self._scheduled(step)), float64)]

        return happen(scheduled, [self._iterations])[0]

    def get_config(self):
        """The arguments that make the same optimiser again, as a dict."""
        return {
            "name": self.name,
            "learning_rate": self._schedule or self._rate_now(),
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "clipvalue": self.clipvalue,
            "global_clipnorm": self.global_clipnorm,
        }

    @classmethod
    def from_config(cls, config):
        """An optimiser made of what `get_config` gave."""
        return cls(**config)

    def __getstate__(self):
        return {**vars(self), "_counted": None, "_state": list(self._state.values())}

    def __setstate__(self, state):
        for name, value in state.items():
            setattr(self, name, value)
        self._counted = self._iterations.assign_add(0)
        self._state = {id(variable): (variable, kept) for variable, kept in state["_state"]}

    # ---- steps
    def apply_gradients(self, grads_and_vars=None, name=None, **unexpected):
        """Take one step along some gradients, and give `iterations`, the number of steps.

        grads_and_vars: (gradient, variable) pairs in a list, zip or other iterable. A gradient is
            a Tensor, an array or a number of the variable's shape; pairs without one (None) are
            skipped with a warning.

        Raises ValueError if no pair has a gradient or a shape differs, TypeError for what is no
        float Variable or no gradient. Then nothing has changed.

        >>> x = fg.Variable(1.0)
        >>> int(fg.keras.optimizers.SGD(0.5).apply_gradients([(fg.constant(1.0), x)]))
        1
        """
        if unexpected:
            what = f"{type(self).__name__}.apply_gradients"
            raise unexpected_keyword(what, unexpected, ("grads_and_vars", "name"))
        if self._fast is not None and type(grads_and_vars) is list:
            rate = self._fast if self._shown is None else self._shown_rate()
            if descend(grads_and_vars, STEP, rate, self._iterations):
                return self._counted
        return self._apply(grads_and_vars, 3)

    def minimize(self, loss, var_list, tape=None, name=None):
        """Compute the gradients of a loss, take one step along them, and give `iterations`.

        loss: a function of no arguments, which runs on a tape of its own (or on `tape`) that
            watches the Variables; or a Tensor that was computed on `tape`.
        var_list: a Variable or a nest of them.
        Raises ValueError for a Tensor without its tape; else as `apply_gradients`.

        >>> x = fg.Variable(3.0)
        >>> _ = fg.keras.optimizers.SGD(0.25).minimize(lambda: x * x, [x])
        >>> float(x)
        1.5
        """
        if type(var_list) is not list:
            var_list = _nest.flatten(var_list)
        if tape is None and callable(loss):
            gradients = gradients_through(loss, var_list)
        else:
            if tape is None:
                raise ValueError(
                    "`tape` is required when a `Tensor` loss is passed. "
                    f"Received: loss={short(loss)}, tape=None."
                )
            if callable(loss):
                with tape:
                    tape.watch(var_list)
                    loss = loss()
            gradients = tape.gradient(loss, var_list)
        if len(var_list) == 1:  # much of the time of a small step
            pairs = [(gradients[0], var_list[0])]
        else:
            pairs = list(zip(gradients, var_list, strict=True))
        if self._fast is not None:
            rate = self._fast if self._shown is None else self._shown_rate()
            if descend(pairs, STEP, rate, self._iterations):
                return self._counted
        return self._apply(pairs, 3)

    def _apply(self, grads_and_vars, stacklevel):
        """`apply_gradients` in full."""
        what = type(self).__name__
        pairs = [_pair(what, pair) for pair in _listed(what, grads_and_vars)]
        if not pairs:
            return self._counted
        missing = [variable.name for gradient, variable in pairs if gradient is None]
        if len(missing) == len(pairs):
            raise ValueError(
                f"No gradients provided for any variable: ({missing},). "
                f"Provided `grads_and_vars` is {tuple(pairs)}."
            )
        if missing:
            warnings.warn(
                f"Gradients do not exist for variables {missing} when minimizing the loss. Is the "
                "loss computed from them, inside the tape's block?",
                stacklevel=stacklevel,
            )
        given = [(_gradient(what, *pair), pair[1]) for pair in pairs if pair[0] is not None]
        named = {id(v): _named(g) for g, v in pairs if _is_traced_rows(g)}
        rate = self._rate_now()
        exact = rate if isinstance(rate, Tensor) else None
        updates, rows = [], []
        for gradient, variable in self._clipped(given):
            rate = rate if exact is None else _number(exact, variable.dtype)
            decay = []
            if self.weight_decay:
                decay = [(variable, DECAY, variable, float(self.weight_decay), rate)]
            updates += decay
            if id(variable) in named:
                update_variables(updates)
                _move_rows(self._updates(variable, gradient, rate), named[id(variable)])
                updates = []
            elif isinstance(gradient, IndexedSlices):
                moves = [*decay, *self._updates(variable, gradient.values, rate)]
                updates += _over_rows(moves, gradient.indices.numpy(), rows)
            else:
                updates += self._updates(variable, gradient, rate)
        update_variables([*updates, (self._iterations, ADD, self._iterations, ONE)], rows)
        clips = (self.clipnorm, self.clipvalue, self.global_clipnorm)
        if self._schedule is exact is None and not self.weight_decay and not any(clips):
            self._fast = rate if self._is_plain() else None
        return self._counted

    def _clipped(self, pairs):
        if self.clipvalue is not None:
            limit = self.clipvalue
            return [(_mapped(primitives.clip, g, -limit, limit), v) for g, v in pairs]
        if self.clipnorm is not None:
            return [(_shortened(g, _sum_of_squares(g), self.clipnorm), v) for g, v in pairs]
        if self.global_clipnorm is not None:
            total = sum(_sum_of_squares(g) for g, _ in pairs)
            return [(_shortened(g, total, self.global_clipnorm), v) for g, v in pairs]
        return pairs

    def _is_plain(self):
        return False

    def _updates(self, variable, gradient, rate):
        """What to write for one Variable: a list of (variable, primitive, *arguments)."""
        raise NotImplementedError(f"{type(self).__name__} does not say how a Variable moves")


class SGD(Optimizer):
    """Gradient descent, with momentum if wanted.

    Without momentum a Variable `w` with gradient `g` becomes `w - g * learning_rate`. With it there
    is a velocity `v` for each Variable, 0 at first: `v` becomes `v * momentum - g * learning_rate`,
    and `w` becomes `w + v`, or with Nesterov's momentum `w + v * momentum - g * learning_rate`.

    momentum: in [0, 1]. The other arguments are those of `Optimizer`.

    >>> opt, x = fg.keras.optimizers.SGD(0.1), fg.Variable(1.0)
    >>> for _ in range(100):
    ...     with fg.GradientTape() as tape:
    ...         y = (x - 3) ** 2
    ...     _ = opt.apply_gradients([(tape.gradient(y, x), x)])
    >>> round(float(x), 6)
    3.0
    """

    def __init__(
        self,
        learning_rate=0.01,
        momentum=0.0,
        nesterov=False,
        weight_decay=None,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        name="SGD",
        **unexpected,
    ):
        if "lr" in unexpected:
            warnings.warn("SGD: lr is the old name of learning_rate", stacklevel=2)
            learning_rate = unexpected.pop("lr")
        if unexpected:
            raise unexpected_keyword("SGD", unexpected, SGD.__init__)
        if not _nonnegative("momentum", momentum) <= 1:
            raise ValueError(f"momentum must be in [0, 1], got {momentum}")
        self.momentum = momentum
        self.nesterov = bool(nesterov)
        super().__init__(
            learning_rate,
            weight_decay=weight_decay,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            name=name,
        )

    def get_config(self):
        """The arguments that make the same optimiser again, as a dict."""
        return {**super().get_config(), "momentum": self.momentum, "nesterov": self.nesterov}

    def _is_plain(self):
        return not self.momentum

    def _updates(self, variable, gradient, rate):
        momentum = float(self.momentum)
        if not momentum:
            return [(variable, STEP, variable, gradient, rate)]
        if id(variable) not in self._state:
            start = np.zeros(variable.shape, variable.dtype.np_dtype)
            self._state[id(variable)] = variable, Variable(start, trainable=False, name="velocity")
        velocity = self._state[id(variable)][1]
        if self.nesterov:
            move = (variable, NESTEROV, variable, velocity, gradient, momentum, rate)
        else:
            move = (variable, ADD, variable, velocity)
        return [(velocity, VELOCITY, velocity, gradient, momentum, rate), move]


# ------------------------------------------------------------------------------------------- checks
def _nonnegative(argument, value):
    """An argument as a float. TypeError unless it is a number, ValueError unless in [0, inf)."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = None
    if number is None or isinstance(value, (str, bytes)):
        raise TypeError(f"{argument} must be a number, not {short(value)}")
    if not 0 <= number < math.inf:
        raise ValueError(f"{argument} must be 0 or more, and finite, not {number}")
    return number


def _number(value, dtype):
    """A number or a 0-d Tensor as a Tensor of a dtype."""
    return primitives.cast(value, dtype) if isinstance(value, Tensor) else constant(value, dtype)


def _takes_argument(function):
    """True if a function must be called with a positional argument."""
    from inspect import signature

    try:
        parameters = signature(function).parameters.values()
    except (TypeError, ValueError):  # a callable of C says nothing: schedules take the step
        return True
    return any(
        p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        for p in parameters
    )


def _listed(what, pairs):
    try:
        return list(pairs)
    except TypeError:
        raise TypeError(
            f"{what}: grads_and_vars must be a list of (gradient, variable) pairs, "
            f"not {short(pairs)}"
        ) from None


def _pair(what, pair):
    """A (gradient, variable) pair with a Variable that can move."""
    try:
        gradient, variable = pair
    except (TypeError, ValueError):
        raise TypeError(
            f"{what}: grads_and_vars must hold (gradient, variable) pairs, not {short(pair)}"
        ) from None
    if not isinstance(variable, Variable):
        hint = " The gradient comes first in a pair." if isinstance(gradient, Variable) else ""
        raise TypeError(f"{what}: only a Variable can move, not {short(variable)}.{hint}")
    if not (variable.dtype.is_floating or variable.dtype.is_complex):
        raise TypeError(
            f"{what}: variable '{variable.name}' has dtype {variable.dtype.name}, and an integer "
            "variable has no gradient; use dtype=fg.float32"
        )
    return gradient, variable


def _gradient(what, gradient, variable):
    """The gradient as a Tensor of its Variable's shape and dtype, or IndexedSlices of rows named once."""
    try:
        rows = isinstance(gradient, IndexedSlices) and not _is_traced_rows(gradient)
        g = gradient.summed() if rows else convert_to_tensor(gradient)
    except (TypeError, ValueError) as error:
        text = f"{what}: the gradient of variable '{variable.name}': {error}"
        raise type(error)(text) from None
    if g.shape != variable.shape:
        raise ValueError(
            f"{what}: the gradient has shape {g.shape}, but variable '{variable.name}' has shape "
            f"{variable.shape}"
        )
    if g.dtype.is_complex and not variable.dtype.is_complex:
        raise TypeError(
            f"{what}: the gradient is {g.dtype.name}, but variable '{variable.name}' is "
            f"{variable.dtype.name}"
        )
    return g if g.dtype is variable.dtype else _mapped(primitives.cast, g, variable.dtype)


def _over_rows(moves, numbers, rows):
    """Updates of whole Variables, restated for some rows; adds what is to be written back to `rows`."""
    parts = {}

    def part(x):
        if not isinstance(x, Variable):
            return x
        if id(x) not in parts:
            parts[id(x)] = Variable(primitives.gather(x, numbers))
        return parts[id(x)]

    restated = [(part(v), primitive, *map(part, arguments)) for v, primitive, *arguments in moves]
    rows += [(v, numbers, part(v)) for v, _, *_ in moves]
    return restated


# In a function that is traced, the rows that a gradient names may be others in each call: so it is
# made dense, and the rows that it doesn't name are kept.
def _is_traced_rows(gradient):
    return isinstance(gradient, IndexedSlices) and tracing() is not None


def _named(gradient):
    """Which rows a gradient names: a bool Tensor that broadcasts to the whole."""
    rows, rest = gradient.dense_shape[0], (1,) * (gradient.ndim - 1)
    once = zeros([gradient.indices.size], float64) + 1
    counts = primitives.ungather(once, gradient.indices, shape=(rows,), axis=0, batch_dims=0)
    return primitives.reshape(counts > 0, shape=(rows, *rest))


def _move_rows(moves, named):
    """Update Variables in the rows that are named."""
    before = [(v, primitives.identity(v)) for v, *_ in moves]
    update_variables(moves)
    for v, kept in before:
        v.assign(primitives.where(named, v, kept))


def _mapped(f, gradient, *args):
    """f(gradient, *args), for the rows that are not zero."""
    if isinstance(gradient, IndexedSlices):
        values = f(gradient.values, *args)
        return IndexedSlices(values, gradient.indices, gradient.dense_shape)
    return f(gradient, *args)


# ----------------------------------------------------------------------------------------- clipping
def _sum_of_squares(gradient):
    """That of a gradient's elements, in float64."""
    values = primitives.ravel(gradient.values if isinstance(gradient, IndexedSlices) else gradient)
    parts = [primitives.real, primitives.imag] if values.dtype.is_complex else [primitives.identity]
    parts = [primitives.cast(part(values), float64) for part in parts]
    return sum(primitives.matmul(part, part) for part in parts)


def _shortened(gradient, total, limit):
    """A gradient scaled so that a norm, of which the square is `total`, does not exceed the limit."""
    norm = primitives.sqrt(total)
    scale = primitives.where(norm <= limit, 1.0, limit / norm)
    return _mapped(primitives.multiply, gradient, primitives.cast(scale, gradient.dtype))
