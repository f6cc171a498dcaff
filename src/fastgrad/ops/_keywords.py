"""Other names for the arguments of rows, taken as keywords besides the rows' own.

They are TensorFlow's, and NumPy's for functions that reach a row through a Tensor.
"""

_TWO = {"x": "a", "y": "b", "x1": "a", "x2": "b"}
_REDUCED = {"input_tensor": "x", "a": "x"}
_FEATURES = {"features": "x"}

KEYWORDS = {
    # elementwise
    "clip": {
        **{"t": "x", "clip_value_min": "low", "clip_value_max": "high"},
        **{"a": "x", "a_min": "low", "a_max": "high", "min": "low", "max": "high"},
    },
    "identity": {"input": "x"},
    "stop_gradient": {"input": "x"},
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
    "broadcast_to": {"input": "x", "array": "x"},
    "concat": {"arrays": "values"},
    "expand_dims": {"input": "x", "a": "x"},
    "flip": {"tensor": "x", "m": "x"},
    "matrix_transpose": {"a": "x"},
    "reshape": {"tensor": "x", "a": "x"},
    "split": {"value": "x"},
    "squeeze": {"input": "x", "a": "x"},
    "stack": {"arrays": "values"},
    "swapaxes": {"a": "x"},
    "tile": {"input": "x"},
    "transpose": {"a": "x", "perm": "axes"},
    "unstack": {"value": "x"},
    # reductions
    "all": _REDUCED,
    "any": _REDUCED,
    "argmax": {"a": "x"},
    "argmin": {"a": "x"},
    "log_softmax": {"logits": "x"},
    "logsumexp": _REDUCED,
    "max": _REDUCED,
    "mean": _REDUCED,
    "min": _REDUCED,
    "prod": _REDUCED,
    "softmax": {"logits": "x"},
    "std": _REDUCED,
    "sum": _REDUCED,
    "var": _REDUCED,
}


def keywords_of(row):
    """{other name: the row's own} of one row. Rows over `a` and `b` also take x and y, x1 and x2."""
    return KEYWORDS.get(row.name) or (_TWO if row.arguments == ("a", "b") else {})
