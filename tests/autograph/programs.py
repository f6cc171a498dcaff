"""Programs whose meaning on Python values conversion must keep: (function, arguments, ...)."""

import contextlib
import functools
import math

LOG = []
COUNTER = 0
PROGRAMS = []


def on(*calls):
    """Decorator: a program, with the arguments of its calls."""

    def add(function):
        PROGRAMS.append((function, calls))
        return function

    return add


def say(x):
    LOG.append(x)
    return x


# ------------------------------------------------------------------------------------------ choices
@on((1,), (0,), (-1,))
def sign(x):
    if x > 0:
        return "positive"
    elif x < 0:
        return "negative"
    else:
        return "zero"


@on((1,), (0,))
def unassigned(x):
    if x:
        y = 1
    return y


@on((1,), (0,), (None,), ([],), ([0],))
def truth(x):
    if not x:
        say("empty")
    return "yes" if x else "no"


@on((0, 1), (1, 0), (2, 3), ("", "a"))
def short_circuit(a, b):
    x = say(a) and say(b)
    y = say(a) or say(b)
    z = say(a) and say(b) and say("c") or say("d")
    return x, y, z, not a, not (a and b)


# fmt: off
@on((1, "a"), ("a", 1), (1, 2))
def chain_error_over_lines(a, b):
    return (
        0
        < 1
        < a
        < b
    )


@on((1,), (0,))
def error_over_lines(x):
    y = x + 1
    if y:
        for _ in range(2):
            y = (
                y
                / x
            )
    return y


@on((0,),)
def error_in_condition(x):
    if (
        x == 0
        and 1 / x
    ):
        return x


@on((0,), (1,))
def error_in_call(x):
    def inner(y):
        if y:
            return 1
        return 1 / y

    text = (
        "a b"
        .split()
        .index(
            "abc"[x],
        )
    )
    return text + inner(
        x,
    )


@on((1,), (0,))
def odd_layout(x):
    if x: y = 1; z = 2  # noqa: E701, E702
    else: y = 3; z = (  # noqa: E701, E702
  4)
# a comment to the left
    return (y,
z)
# fmt: on


@on((1, 2, 3), (3, 2, 1), (1, 3, 2), (1, 1, 1))
def chains(a, b, c):
    r = say(a) < say(b) < say(c)
    s = a <= b != c
    t = a < b <= c > 0 in [True, False, 1]
    u = a is b is not c
    return r, s, t, u, 0 < a < 2 < 3


@on((1, "a"), ("a", 1), (1, 2))
def chain_error(a, b):
    return 0 < 1 < a < b


@on((3,), (20,), (0,))
def nested_conditional(x):
    return "a" if x < 1 else "b" if x < 10 else say("c")


@on((1,), (0,))
def checked(x):
    assert x, f"x is {x}"
    assert say(x) == 1
    return x


@on((1,), (0,))
def checked_without_text(x):
    assert x
    return x


@on((4,), (5,))
def walrus(n):
    if (half := n // 2) * 2 == n and (m := half + 1):
        return half, m
    return [y := 1, y**2], (z := half) + z


@on((3,), (None,), (0,))
def walrus_in_choice(n):
    a = (b := n) if n else (b := -1)
    c = n and (d := n + 1)
    return a, b, c, d


@on((0,), (5,), ((1, 2),), ({"k": 3},), ([1, 2, 3],), ("s",))
def matched(x):
    match x:
        case 0:
            return "zero"
        case (a, b):
            y = a + b
        case {"k": v}:
            y = v if v > 2 else -v
        case [first, *rest]:
            y = (first, rest)
        case str() as s if len(s) == 1:
            return s
        case _:
            y = None
    return y


# -------------------------------------------------------------------------------------------- loops
@on((0,), (3,), (10,))
def counted(n):
    total = 0
    while n > 0:
        n -= 1
        if n == 7:
            continue
        if total > 20:
            break
        total += n
    else:
        return "else", total
    return total, n


@on((0,), (3,), (10,))
def for_else(n):
    for i in range(n):
        if i == 5:
            break
    else:
        i = -1
    return i


@on((0,), (1,), (4,))
def loop_variable_after(n):
    for i in range(n):  # noqa: B007
        pass
    return i


@on((3, 3), (5, 2), (0, 1))
def nested_loops(n, m):
    found = []
    for i in range(n):
        for j in range(m):
            if i == j:
                continue
            if i * j > 3:
                break
            found.append((i, j))
            if len(found) > 6:
                return found
        else:
            found.append("whole")
            continue
        break
    return found, i


@on((2,), (7,))
def forever(n):
    while True:
        n += 1
        if n % 5 == 0:
            return n
        if n > 100:
            break


@on(([3, 1, 2],), ([],), ("ab",), (5,), (None,))
def items(xs):
    out = []
    for n, x in enumerate(xs):
        out.append((n, x))
    for a, (b, *c) in zip(xs, [(1, 2, 3), (4,)]):  # noqa: B905
        out.append((a, b, c))
    return out


@on(([(1, 2), (3, 4)],), ([(1, 2), (3,)],))
def unpacked(pairs):
    d = {}
    for d["k"], d[1] in pairs:
        say(dict(d))
    return d


@on(
    (3,),
)
def one_iterator(n):
    it = iter(range(n * 2))
    out = []
    for x in it:
        out.append((x, next(it, None)))
        if x == 2:
            break
    return out, list(it)


@on(
    (5,),
)
def changed_while_looping(n):
    xs = [n]
    for x in xs:
        if x > 0:
            xs.append(x - 1)
    return xs


@on((5,), (0,))
def while_else_return(n):
    while n:
        n -= 1
        if n == 2:
            return "two"
    else:
        say("done")
    return n


@on(
    (3,),
)
def break_in_else(n):
    out = []
    for i in range(n):
        for _ in range(2):
            pass
        else:
            if i == 1:
                break
        out.append(i)
    else:
        out.append("never")
    return out


# ---------------------------------------------------------------------------------------------- try
@on((0,), (1,), (2,))
def try_else(x):
    try:
        y = 1 / x
    except ZeroDivisionError as error:
        return str(error)
    else:
        if x == 1:
            return "one"
        y = -y
    finally:
        say(x)
    return y


@on(
    (5,),
)
def jumps_in_try(n):
    out = []
    for i in range(n):
        try:
            if i == 1:
                continue
            if i == 3:
                break
            out.append(i)
        finally:
            out.append("f")
    return out


@on((0,), (1,))
def error_name_is_gone(x):
    e = 1
    try:
        if x:
            raise ValueError("v")
    except ValueError as e:  # noqa: F841
        pass
    return e


@on((0,), (1,), (2,))
def reraised(x):
    try:
        try:
            if x == 0:
                raise ValueError("first")
            elif x == 1:
                raise KeyError("other")
        except ValueError as error:
            raise RuntimeError("second") from error
    except KeyError:
        raise
    return x


@on((0,), (1,))
def groups(x):
    try:
        if x:
            raise ExceptionGroup("g", [ValueError(1), KeyError(2)])
    except* ValueError as found:
        say(len(found.exceptions))
    except* KeyError:
        say("key")
    return x


@on((0,), (1,), (2,))
def managed(x):
    with contextlib.suppress(ZeroDivisionError), contextlib.nullcontext(x) as y:
        if y == 2:
            return "inside"
        say(1 / y)
        return "one"
    return "suppressed"


@on(
    (1,),
)
def wrong_arguments(x):
    def inner(a, *, b):
        return a if b else b

    if x:
        return inner(1, 2)


@on(
    (3,),
)
def not_iterable(x):
    for y in x:
        say(y)


# ---------------------------------------------------------------------------------------- functions
@on((5,), (0,))
def factorial(n):
    return 1 if n <= 1 else n * factorial(n - 1)


@on(
    (6,),
)
def recursive_closure(n):
    def fib(k):
        if k < 2:
            return k
        return fib(k - 1) + fib(k - 2)

    return fib(n), fib.__qualname__, fib.__name__


@on(
    (3,),
)
def counter_closure(n):
    count = 0

    def up(by=1):
        nonlocal count
        if by:
            count += by
        return count

    while up() < n:
        say(count)
    return count, up(0)


@on(
    (4,),
)
def late_binding(n):
    fs = [lambda: i if i else -1 for i in range(n)]  # noqa: B023
    gs = [lambda i=i: i if i % 2 else -i for i in range(n)]
    return [f() for f in fs], [g() for g in gs]


@on((2,), (0,))
def lambdas_in_a_line(x):
    f, g = (lambda a: a if a else 1), (lambda a: a if a else 2)
    return f(x), g(x), (lambda: f(0) and g(0))(), sorted([3, 1], key=lambda v: -v if v else v)


@on((1, 2), (1,), ())
def defaults(a=1, b=[]):  # noqa: B006
    if a:
        b.append(a) if isinstance(b, list) else say(b)
    return a, b


@on(
    (1,),
)
def mutable_default(x, seen=[]):  # noqa: B006
    if x not in seen:
        seen.append(x)
    return list(seen)


@on((1, 2, 3), (1,))
def stars(first, *rest, key=4, **more):
    def take(*args, **kwargs):
        return (args, kwargs) if args or kwargs else None

    return take(first, *rest, *[5, 6], key=key, **more, **{"z": 1}), take(), take(*rest)


@on(
    (2,),
)
def positional(a, /, b=2, *, c=3):
    if a > 1 and b > 1:
        return a + b + c
    return None


@on(
    (3,),
)
def generators(n):
    def produce(k):
        while k:
            k -= 1
            got = yield k if k != 1 else "one"
            if got:
                say(got)

    g = produce(n)
    return [*produce(n)], next(g), g.send("x"), sum(x for x in produce(n) if x != "one")


@on(
    (3,),
)
def comprehensions(n):
    x = "outer"
    a = [x for x in range(n) if x and x != 1]
    b = {x: (y if y else -1) for x in range(n) for y in range(x) if x > 1 or y}
    c = {say(x) for x in range(n) if not x}
    d = [[y for y in range(x)] for x in range(n)]
    last = [total := v for v in a]
    return a, b, c, d, x, last, total


def traced_calls(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        if args:
            say(("call", args))
        return function(*args, **kwargs)

    return wrapper


@on((3,), (-3,))
@traced_calls
def decorated(x):
    """Has a docstring."""
    return x if x > 0 else -x


@traced_calls
@traced_calls
def twice(x):
    if x > 1:
        return twice(x - 1)
    return "end"


@on(
    (3,),
)
def calls_decorated(x):
    return twice(x), decorated.__doc__, decorated.__name__


@functools.cache
def cached(n):
    return n if n < 2 else cached(n - 1) + cached(n - 2)


@on(
    (10,),
)
def calls_cached(n):
    return cached(n), [functools.partial(sign, k)() for k in (-1, 0)]


@on(
    (3,),
)
def local_decorator(n):
    def twice(f):
        return lambda *a: f(f(*a)) if a else None

    @twice
    def inc(x):
        return x + 1 if x < 100 else x

    return inc(n)


@on(
    (1,),
)
def names_of_frame(x):
    if x:
        y = 2
    return sorted(locals().items())


@on(
    (1,),
)
def evaluated(x):
    z = 3  # noqa: F841
    return eval("x + z") if x else 0


@on(
    (2,),
)
def globals_kept(x):
    global COUNTER
    if x:
        COUNTER = x
    before = COUNTER
    COUNTER += 1
    return before, COUNTER, globals()["COUNTER"] == COUNTER


@on(
    (2,),
)
def deleted(x):
    y = x
    if x > 1:
        del y
    d = {"a": 1}
    del d["a"]
    return d, y


@on(
    (2,),
)
def imports(x):
    import math as m

    if x:
        from math import floor, pi
    return floor(pi), m.ceil(pi), math.sqrt(x * 2)


@on((2.5, "w"), (0.0, ""))
def formatted(x, w):
    return f"{x!r:>{8}} {w if w else 'none'} {'yes' if x and w else 'no'} {sign(x)} {x=}"


@on((1,), (0,))
def annotated(x: int):
    y: int = 3
    z: str
    if x:
        y: int = 4
        z = "a"
    return y, z


@on(
    (5,),
)
def augmented(n):
    a = [0] * 3
    i = 0
    while i < n:
        a[i % 3] += i if i else 1
        i += 1
    a += (9,) if i else ()
    return a


@on(
    (1,),
)
def tuples(n):
    a = b = (n, n + 1)
    (c, d), *e = a, *b, 7
    a, b = (b, a) if n else (a, b)
    return a, b, c, d, e, (*a, *b), [*a], {**{"k": 1}}


@on((1,), (2,))
def shadowed_builtins(n):
    len = lambda x: "mine" if x else "yours"  # noqa: E731
    range = say
    return len([n]), range(n)


@on(
    (3,),
)
def builtins_kept(n):
    return (
        [*range(n)],
        [*enumerate("ab", n)],
        int("7", 8),
        float("1.5"),
        bool([]),
        any(x > 1 for x in [1, 2]),
        all([]),
        max(1, 2, n),
        min([3, 1]),
        max([], default=0),
        max("ab", "c", key=len),
        list(map(sign, [1, -1])),
        isinstance(range(3), range),
    )


@on(
    (3,),
)
def empty_max(n):
    return max([]) if n else 0
