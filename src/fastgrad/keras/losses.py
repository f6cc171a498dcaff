"""Losses: the names of `tf.keras.losses`."""

from .. import losses as _losses
from .. import primitives as _primitives

# ---- functions
binary_crossentropy = _primitives.binary_crossentropy
categorical_crossentropy = _primitives.categorical_crossentropy
categorical_hinge = _primitives.categorical_hinge
cosine_similarity = _primitives.cosine_similarity
hinge = _primitives.hinge
huber = _primitives.huber
KLD = _primitives.kl_divergence
kl_divergence = _primitives.kl_divergence
kld = _primitives.kl_divergence
log_cosh = _primitives.log_cosh
logcosh = _primitives.log_cosh
MAE = _primitives.mean_absolute_error
mae = _primitives.mean_absolute_error
mean_absolute_error = _primitives.mean_absolute_error
MAPE = _primitives.mean_absolute_percentage_error
mape = _primitives.mean_absolute_percentage_error
mean_absolute_percentage_error = _primitives.mean_absolute_percentage_error
MSE = _primitives.mean_squared_error
mean_squared_error = _primitives.mean_squared_error
mse = _primitives.mean_squared_error
MSLE = _primitives.mean_squared_logarithmic_error
mean_squared_logarithmic_error = _primitives.mean_squared_logarithmic_error
msle = _primitives.mean_squared_logarithmic_error
poisson = _primitives.poisson
sparse_categorical_crossentropy = _primitives.sparse_categorical_crossentropy
squared_hinge = _primitives.squared_hinge

# ---- classes
BinaryCrossentropy = _losses.BinaryCrossentropy
CategoricalCrossentropy = _losses.CategoricalCrossentropy
CategoricalHinge = _losses.CategoricalHinge
CosineSimilarity = _losses.CosineSimilarity
Hinge = _losses.Hinge
Huber = _losses.Huber
KLDivergence = _losses.KLDivergence
LogCosh = _losses.LogCosh
Loss = _losses.Loss
MeanAbsoluteError = _losses.MeanAbsoluteError
MeanAbsolutePercentageError = _losses.MeanAbsolutePercentageError
MeanSquaredError = _losses.MeanSquaredError
MeanSquaredLogarithmicError = _losses.MeanSquaredLogarithmicError
Poisson = _losses.Poisson
SparseCategoricalCrossentropy = _losses.SparseCategoricalCrossentropy
SquaredHinge = _losses.SquaredHinge
