"""The part of Keras that fastgrad has: optimisers and losses."""

from . import losses as losses
from . import optimizers as optimizers
