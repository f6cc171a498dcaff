"""What effects gave in branches and loops: kept for gradients, which go through these again.

A. *Tickets.* A branch or loop with such effects inside has an operand more: the ticket of this run of
   it, a number that another effect gives out before it. Zero is the ticket where nobody will ask.
B. *Records.* Under a positive ticket each effect inside notes what it gives, one after the other. So it
   does with the tickets of what stands deeper: they lead to the next records.
C. *Readers.* A gradient goes through it again under a negative ticket, of a new reader of that record:
   effects give what was noted, in the same order, and tickets of new readers for the tickets noted.
D. *Journals* keep records and readers alive: one for each call that may ask, kept for its gradient.
"""

from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from weakref import WeakValueDictionary

from ._core._dispatch import constant
from ._core._evaluate import effects
from ._core._graph import tracing
from .dtypes import int64

_found: WeakValueDictionary = WeakValueDictionary()  # ticket -> Record or Reader
_numbers = count(1)
_here: ContextVar = ContextVar("journal", default=None)


class Journal:
    """What records and readers are kept by. levels: how many derivatives may be asked for from outside."""

    def __init__(self, levels=0):
        self.kept, self.levels, self.outer = [], levels, journal()

    def keep(self, x, sign=1):
        """The ticket of a new record or reader."""
        ticket = sign * next(_numbers)
        self.kept.append(x)
        _found[ticket] = x
        return ticket


def journal():
    """The journal of what is replayed here, or None."""
    return _here.get()


@contextmanager
def kept_by(new):
    """A context in which records and readers are kept by a journal, unless it is None."""
    token = _here.set(new)
    try:
        yield
    finally:
        _here.reset(token)


class Record:
    """What the effects of one run gave. `tapes`: see `effects.Followed`."""

    __slots__ = ("__weakref__", "given", "tapes")

    def __init__(self):
        self.given, self.tapes = {}, None


class Reader:
    """Gives what a record has, from the beginning."""

    __slots__ = ("__weakref__", "places", "record")

    def __init__(self, record):
        self.record, self.places = record, {}

    def next(self, effect):
        k = self.places.get(effect, 0)
        self.places[effect] = k + 1
        return self.record.given[effect][k]


def record_of(ticket):
    """The record that a ticket leads to, or None."""
    found = _found.get(int(ticket))
    return found.record if isinstance(found, Reader) else found


# ------------------------------------------------------------------------------------------- effects
class Effect:
    """A call that happens in each replay, as a graph has it: a list of Tensors for a list of Tensors.

    example: gives Tensors like the results where the graph is gone through once more; by default, zeros.
    pure: it is left out where nothing needs what it gives. records, reads: it needs a journal, for what
    will be asked for; now.
    """

    example, pure, records, reads = None, False, False, False

    def __repr__(self):
        return getattr(self, "__qualname__", type(self).__name__)

    def again(self, results):
        """What it gives in a gradient, where it gave `results`."""
        return results


class Ticket(Effect):
    """Gives the ticket of a new record."""

    pure = records = True

    def __call__(self, tensors):
        here = journal()
        return [_ticket(0 if here is None else here.keep(Record()))]

    def again(self, results):
        return [_ticket(_opened(results[0]))]


class Opening(Ticket):
    """Gives the ticket of a new reader for a ticket."""

    reads = True

    def __call__(self, tensors):
        return self.again(tensors)


class Noted(Effect):
    """An effect inside of a branch or loop. Its last operand is the ticket of that."""

    def __init__(self, effect):
        self.effect = effect
        self.pure, self.records, self.reads = effect.pure, effect.records, effect.reads
        self.__qualname__ = getattr(effect, "__qualname__", type(effect).__name__)
        if effect.example is not None:
            self.example = lambda tensors: effect.example(tensors[:-1])

    def __call__(self, tensors):
        *given, ticket = tensors
        ticket = int(ticket)
        if ticket < 0:
            reader = _found[ticket]
            if not self.pure or self in reader.record.given:  # else it was left out then
                return self.effect.again(reader.next(self))
        results = self.effect(given)
        if ticket > 0:
            _found[ticket].given.setdefault(self, []).append(results)
        return results


def log(effect, tensors, examples):
    """Log an `Effect` in the function that is traced; gives its results, Tensors like `examples`."""
    graph = tracing()
    if examples and graph.inside:
        effect, tensors = Noted(effect), [*tensors, graph.ticket()]
    return graph.effect(effect, tensors, examples)


effects(log)


def new_ticket():
    """The Tensor of a ticket for what comes next."""
    return log(Ticket(), [], [_ticket(0)])[0]


def opened(ticket):
    """The Tensor of a ticket under which a gradient goes through the same again."""
    return log(Opening(), [ticket], [_ticket(0)])[0]


def _ticket(number):
    return constant(number, int64)


def _opened(ticket):
    return journal().keep(Reader(record_of(ticket)), -1)
