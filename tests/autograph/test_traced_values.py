"""Where traced values decide, a converted function gives what Python gives on the plain numbers."""

import itertools

import pytest

from fastgrad._autograph import convert

from .reference import Traced, TracedList, plain, stage  # noqa: F401

PROGRAMS = []


def on(*calls):
    def add(function):
        PROGRAMS.extend(
            pytest.param(function, arguments, id=f"{function.__name__}{n}")
            for n, arguments in enumerate(calls)
        )
        return function

    return add


def traced(x):
    return TracedList(x) if isinstance(x, list) else Traced(x)


@pytest.mark.parametrize(("function", "arguments"), PROGRAMS)
def test_traced(function, arguments, stage):  # noqa: F811
    want = function(*arguments)
    converted = convert(function)
    for choice in itertools.product([False, True], repeat=len(arguments)):
        given = [traced(x) if c else x for x, c in zip(arguments, choice, strict=True)]
        assert plain(converted(*given)) == want, choice


# ---------------------------------------------------------------------------------------- branches
@on((1,), (-1,), (0,))
def assigns(x):
    y = 0
    if x > 0:
        y = x + 1
    elif x < 0:
        y = x - 1
        z = y
        y = z * 2
    return y


@on((1, 2), (-1, 2), (-1, -2), (1, -2))
def nested(x, y):
    z = 0
    if x > 0:
        z = 1
        if y > 0:
            z = z + x
            w = z
        else:
            w = -z
        z = z * 2 + w
    else:
        if y > 0:
            z = 5
    return z


@on((1,), (-1,))
def returns_both(x):
    if x > 0:
        return x
    else:
        return -x


@on((1,), (-1,), (5,), (50,))
def early_returns(x):
    if x < 0:
        return -x
    y = x + 1
    if x > 10:
        y = y * 2
        if x > 20:
            return y
        y = y + 1
    if y > 5:
        return y * 3
    return y


@on((1,), (5,), (9,), (13,), (30,), (21,))
def many_partial_returns(x):
    y = 0
    if x > 4:
        if x > 20:
            return y + x
        y += 1
    if x > 8:
        if y == 0:
            return x
        else:
            y += 2
    if x > 12:
        if x < 14:
            return y, x
        y += 4
    elif x < 3:
        for k in range(3):
            if k > x:
                return k + 100
    if x == 30:
        if y > 0:
            return -y
        y = 0
    return y


@on((1, 1), (1, -1), (-1, 1), (-1, -1))
def structure(x, y):
    if x > 0:
        if y > 0:
            return {"a": x, "b": (y, [x])}
        return {"a": y, "b": (x, [y])}
    return {"a": 0, "b": (1, [2])}


@on((1, 2, 3), (3, 2, 1), (0, 0, 0), (1, 3, 2))
def logic(a, b, c):
    r = 0
    if a < b < c:
        r = 1
    if a > 0 and b > 1 and c > 2:
        r += 2
    if a > 2 or b > 2 or not c > 2:
        r += 4
    if not (a == b and (b == c or a > c)):
        r += 8
    r += 16 if a < b else 32 if b < c else 64
    return r


@on((1, 2), (2, 1), (0, 0))
def builtins(a, b):
    values = [a > b, b > 1, a > 0]
    return max(a, b), min(a, b, 1), any(values), all(values), any(v for v in values), abs(a - b)


@on((3,), (0,))
def numbers(x):
    return int(x + 0.5), float(x), bool(x), int("3")


@on((3, -2), (-3, -2))
def applied(x, y):
    import functools

    def size(v):
        return v if v > 0 else -v

    def larger(a, b):
        if a > b:
            return a
        return b

    return [*map(size, [x, y])], functools.reduce(larger, [x, y, 0]), [*map(lambda: 0)] if 0 else 1


class Account:
    def __init__(self, x):
        self.x = x
        self.inner = {"a": 1}


@on((1,), (-1,))
def attributes(x):
    a = Account(x)
    d = {"k": 0, 3: 1}
    key = "n"
    if x > 0:
        a.x = a.x * 5
        d["k"] = x
        d[key] = 3
        a.inner["a"] = x
    else:
        a.x = 7
        d[3] = 8
        d[key] = 4
    return a.x, d, a.inner


@on((1,), (-1,))
def attribute_in_one(x):
    a = Account(0)
    if x > 0:
        a.x += 1
        a.x += x
    return a.x


@on((1,), (-1,))
def closures(x):
    total = 10

    def add(k):
        nonlocal total
        if k > 0:
            total = total + k
        return total

    add(x)
    f = lambda v: v * total if v > 0 else -v  # noqa: E731
    if x > 0:
        add(x)
        total += 1
    return total, f(x), add(1)


COUNT = 0


@on((1,), (-1,))
def global_state(x):
    global COUNT
    COUNT = 1
    if x > 0:
        COUNT = COUNT + x
    return COUNT


@on((2,), (-2,))
def temporaries(x):
    if x > 0:
        t = x * 2
        y = t
    else:
        t = "text"
        y = x
    t = 1
    return y + t


@on((2,), (-2,))
def walrus(x):
    if (y := x + 1) > 0:
        z = (w := y * 2) + 1
    else:
        w = z = y
    return y, z, w


@on((2, 1), (-2, 1), (2, 0))
def branch_with_blocks(x, n):
    y = 0
    if x > 0:
        try:
            for i in range(3):
                if i == n:
                    continue
                y += x
                if i == 2:
                    break
        finally:
            y += 100
        y: int = y + 1
        del n
        n = [k for k in range(2) if k]
        f = lambda: y + len(n)  # noqa: E731
        y = f()
    return y


class Parent:
    def scale(self, x):
        if x > 1:
            return x * self.__factor
        return x

    __factor = 3


class Child(Parent):
    def scale(self, x):
        if x > 0:
            y = super().scale(x)
        else:
            y = super().scale(-x) + 1
        return y + self.__own

    __own = 1000


@on((2,), (1,), (-1,), (-5,))
def methods(x):
    return Child().scale(x)


@on((2, 3), (3, 2), (0, 3))
def calls_helper(a, b):
    def larger(p, q=0, *rest, **more):
        if p > q:
            return p
        return q

    return larger(a, b) + larger(a) + larger(*[b, a], k=1)


@on((3,), (-3,))
def checked(x):
    assert x * x > 0, f"{x}"
    assert x != 0
    return x


def test_what_follows_is_traced_once_for_each_way_on(stage):  # noqa: F811
    def f(x):
        if x > 1:
            if x > 11:
                return x
            x += 1
        if x > 2:
            if x > 12:
                return x
            x += 1
        if x > 3:
            if x > 13:
                return x
            x += 1
        return x * x

    assert plain(convert(f)(Traced(5))) == f(5)
    assert stage.branched == 9


# ------------------------------------------------------------------------------------------- loops
@on((0,), (5,), (10,))
def counted(n):
    total, i = 0, 0
    while i < n:
        total += i
        i += 1
    return total, i


@on((27,), (1,), (6,))
def collatz(n):
    steps = 0
    while n != 1:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps


@on((10, 3), (10, 100), (0, 0), (4, 4))
def while_jumps(n, stop):
    i = total = 0
    while i < n:
        i += 1
        if i % 2 == 0:
            continue
        if i > stop:
            break
        total += i
    return i, total


@on((10, 3), (10, 100), (0, 0), (4, 4))
def while_else(n, stop):
    i = 0
    while i < n:
        i += 1
        if i == stop:
            r = 100
            break
    else:
        r = i * 2
    return i, r


@on((10, 3), (10, 100), (0, 0))
def while_returns(n, stop):
    i = 0
    while i < n:
        i += 1
        if i == stop:
            return -i
        elif i == stop + 1:
            return 7
    return i


@on((10, 3), (10, 100), (0, 0), (12, 9))
def while_returns_else(n, stop):
    i = 0
    while i < n:
        i += 1
        if i == stop:
            if i > 5:
                return -i
            i += 100
            break
    else:
        i += 1000
    i += 1
    return i


@on((7,), (0,), (1,))
def walrus_in_test(n):
    total = 0
    while (half := n // 2) > 0:
        total += half
        n = half
    return total, half, n


@on((20, 3), (20, 0), (1, 9), (9, 2))
def walrus_in_test_and_break(n, stop):
    total = 0
    while (half := n // 2) > 0 and total < 100:
        total += half
        if half == stop:
            break
        n = n - 1
    return total, half, n


@on((7,), (1,))
def forever(n):
    while True:
        n += 1
        if n % 5 == 0:
            break
    return n


@on((7,), (1,), (10,))
def forever_returns(n):
    m = 0
    while True:
        n += 1
        if n % 5 == 0:
            return n, m
        if n % 3 == 0:
            m += 1
            continue
        m += 10


@on(([3, 1, 2],), ([],))
def sum_items(xs):
    total = 0
    for x in xs:
        y = x * 2
        total += y
    return total


@on(([3, 1, 2, 5], 2), ([3, 1, 2, 5], 9), ([], 1))
def items_jumps(xs, stop):
    total = 0
    for x in xs:
        if x == 1:
            continue
        if x == stop:
            break
        total += x
    else:
        total += 100
    return total


@on(([3, 1, 2, 5], 2), ([3, 1, 2, 5], 9), ([], 1))
def find(xs, what):
    for n, x in enumerate(xs):
        if x == what:
            return n
    return -1


@on(([3, 1, 2],), ([7],))
def enumerated(xs):
    total = 0
    for n, x in enumerate(xs, 1):
        total += n * x
        last = x
    return total, n, last


@on((5,), (0,), (1,))
def ranged(n):
    total = 0
    for i in range(n):
        total += i
    for i in range(1, n):
        total += i * 10
    for i in range(n, 0, -2):
        total += i * 100
    return total


@on((4, 3), (3, 4), (0, 2))
def nested_ranges(n, m):
    count = 0
    for i in range(n):
        for j in range(m):
            if i == j:
                continue
            if i * j > 4:
                break
            count += 1
        else:
            count += 100
        if count > 500:
            return count
    return count, -1


@on((3,), (0,), (100,))
def python_loop_breaks(x):
    y = 0
    for i in range(5):
        y += i
        if y > x:
            break
        y += 10
    return y


@on((3,), (0,), (12,), (100,))
def python_loop_breaks_else(x):
    y = 0
    for i in range(3):
        y += i
        if y > x:
            y += 1000
            break
        y += 10
    else:
        y = -y
    return y, i


@on((3,), (0,), (12,), (100,))
def python_loop_continues(x):
    y = 0
    for i in range(4):
        if y > x:
            y += 1
            continue
        y += 10 * i
    return y


@on((3,), (0,), (12,), (100,))
def python_loop_returns(x):
    y = 0
    for i in range(4):
        y += i
        if y > x:
            return -y
        if y > x - 5:
            continue
        y += 10
    return y


@on((3,), (0,), (1000,), (600,))
def long_python_loop(x):
    for k in range(300):
        x = x - 2
        if x < 4:
            break
        if x == 200:
            return x, k
    else:
        x = -x
    return x, k


@on((3, 2), (0, 1), (12, 9), (100, 50))
def python_loops_nested(x, z):
    y = 0
    for i in range(3):
        for j in [1, 2]:
            y += i * j
            if y > x:
                break
            if y > z:
                return y + 1000
            y += 1
        else:
            if y > z + 3:
                continue
        y += 100
    return y


@on(([1, 2, 3, 4], 2), ([1, 2, 3, 4], 7), ([5, 6], 1))
def python_list_of_values(xs, limit):
    total = 0
    for x in xs:
        if total + x > limit * 3:
            break
        total += x
    return total


@on((5,), (0,))
def becomes_traced(x):
    i = 0
    while i < 10:
        i += x + 1
    return i


@on((3,), (1,), (10,))
def loop_in_branch(x):
    y = 0
    if x > 2:
        for i in range(x):
            if i > 5:
                break
            y += i
    else:
        while y < x + 4:
            y += 2
    return y


@on((3,), (1,), (10,))
def branch_in_loop(x):
    a = b = 0
    for i in range(x):
        if i % 2 == 0:
            a += i
            if a > 10:
                a, b = b, a
        elif i % 3 == 0:
            b += i
        else:
            c = i
            b += c
    return a, b


@on((3,), (1,))
def loop_attributes(x):
    a = Account(x)
    d = {"k": 0}
    i = 0
    while i < x:
        a.x = a.x + i
        d["k"] += a.x
        i += 1
    return a.x, d["k"]


@on((3,), (1,))
def loop_with_closure(x):
    total = 0

    def add(k):
        nonlocal total
        total += k
        return total > 100

    i = 0
    while i < x and not total > 50:
        if add(i):
            break
        i += 1
    return total, i


@on((3, 4), (10, 2))
def loop_comprehension(x, n):
    t = 0
    while t < x:
        t = t + sum([t + k for k in range(3)]) + 1
    return t, [t if k > n else -t for k in range(3)]


@on((2, 9), (5, 0))
def tuple_state(n, a):
    p, q = a, (a, [a])
    while n > 0:
        p, q = q[0], (p, [q[1][0] + p])
        n -= 1
    return p, q


@on((4,), (10,))
def match_inside(x):
    y = 0
    for n in [1, 10, 2]:
        match n:
            case 10:
                if x > 5:
                    return x
                y = 1
            case _:
                y = 2
                if x > 5:
                    y = x
                    continue
        y += 1
    return y


@on((4, 1), (-4, 0))
def with_inside(x, n):
    import contextlib

    y = 0
    with contextlib.nullcontext(n) as m:
        if x > 0:
            y = x + m
        for i in range(4):
            y += i
            if y > x + 3:
                break
    return y


@on((4,), (-4,), (0,), (9,))
def returns_inside_blocks(x):
    import contextlib

    with contextlib.nullcontext(2) as m:
        try:
            if x > 5:
                y = x
                return y * m, y
            if x > 0:
                return -x, x
            elif x == 0:
                y = 7
            else:
                y = x - 1
            with contextlib.nullcontext(3) as k:
                y += k
            if x == 0:
                return y, k
            return k, m
        except ZeroDivisionError:
            return 0, 0


@on((4,), (-4,))
def returns_inside_blocks_of_a_branch(x):
    import contextlib

    if x > -9:
        if x < 10:
            with contextlib.nullcontext(2) as m:
                if x > 0:
                    return x * m
                return x - m
        x += 1
    return x


@on((20,), (3,), (6,))
def recursion(x):
    def go(x, k):
        if k == 0:
            return x
        if x > 10:
            return go(x - 3, k - 1)
        return go(x * 2, k - 1)

    return go(x, 3)
