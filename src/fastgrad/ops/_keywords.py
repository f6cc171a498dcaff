"""Other names for the arguments of rows, taken as keywords besides the rows' own.

`TENSORFLOW` has TensorFlow's names, `NUMPY` those of the functions that reach a row through a Tensor.
Rows over `a` and `b` take TensorFlow's x and y and NumPy's x1 and x2 without being listed.
"""

_REDUCED = {"input_tensor": "x"}
_FEATURES = {"features": "x"}
_INPUT = {"input": "x"}
_VALUE = {"value": "x"}
_TENSOR = {"tensor": "x"}
_LOGITS = {"logits": "x"}
_MATRIX = {"input": "a"}

TENSORFLOW = {
    # elementwise
    "clip": {"t": "x", "clip_value_min": "low", "clip_value_max": "high"},
    "identity": _INPUT,
    "stop_gradient": _INPUT,
    "where": {"x": "a", "y": "b"},
    # special
    "elu": _FEATURES,
    "leaky_relu": _FEATURES,
    "relu": _FEATURES,
    "relu6": _FEATURES,
    "selu": _FEATURES,
    "softplus": _FEATURES,
    "softsign": _FEATURES,
    # shaping
    "broadcast_to": _INPUT,
    "expand_dims": _INPUT,
    "flip": _TENSOR,
    "matrix_transpose": {"a": "x"},
    "reshape": _TENSOR,
    "split": _VALUE,
    "squeeze": _INPUT,
    "tile": _INPUT,
    "transpose": {"a": "x", "perm": "axes"},
    "unstack": _VALUE,
    # linear algebra
    "adjoint": {"matrix": "a"},
    "cholesky": _MATRIX,
    "det": _MATRIX,
    "eigvalsh": {"tensor": "a"},
    "expm": _MATRIX,
    "logm": _MATRIX,
    "sqrtm": _MATRIX,
    # reductions
    "all": _REDUCED,
    "any": _REDUCED,
    "euclidean_norm": _REDUCED,
    "log_softmax": _LOGITS,
    "logsumexp": _REDUCED,
    "max": _REDUCED,
    "mean": _REDUCED,
    "min": _REDUCED,
    "prod": _REDUCED,
    "softmax": _LOGITS,
    "std": _REDUCED,
    "sum": _REDUCED,
    "var": _REDUCED,
}

_ARRAY = {"a": "x"}
_ARRAYS = {"arrays": "values"}

NUMPY = {
    "all": _ARRAY,
    "any": _ARRAY,
    "argmax": _ARRAY,
    "argmin": _ARRAY,
    "broadcast_to": {"array": "x"},
    "clip": {"a": "x", "a_min": "low", "a_max": "high", "min": "low", "max": "high"},
    "concat": _ARRAYS,
    "expand_dims": _ARRAY,
    "flip": {"m": "x"},
    "max": _ARRAY,
    "mean": _ARRAY,
    "min": _ARRAY,
    "prod": _ARRAY,
    "reshape": _ARRAY,
    "squeeze": _ARRAY,
    "stack": _ARRAYS,
    "sum": _ARRAY,
    "swapaxes": _ARRAY,
    "roll": _ARRAY,
    "tril": {"m": "x"},
    "triu": {"m": "x"},
}


def tensorflow_names(row):
    """{TensorFlow's name for an argument: the row's own}."""
    return TENSORFLOW.get(row.name) or ({"x": "a", "y": "b"} if row.arguments == ("a", "b") else {})


def keywords_of(row):
    """{other name for an argument: the row's own}."""
    pair = {"x1": "a", "x2": "b"} if row.arguments == ("a", "b") else {}
    return {**tensorflow_names(row), **pair, **NUMPY.get(row.name, {})}
