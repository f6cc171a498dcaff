# Written by tools/stubs.py: change that, or random.py, instead.

from typing import Any, Self, SupportsIndex

from ._core._tensor import Tensor, _DType, _Shape, _TensorLike

def set_seed(seed: Any) -> None: ...

class Generator:
    def __init__(self, stream: Any, *given: Any) -> None: ...
    @classmethod
    def from_seed(cls, seed: Any, alg: Any = ...) -> Self: ...
    @classmethod
    def from_non_deterministic_state(cls, alg: Any = ...) -> Self: ...
    def split(self, count: SupportsIndex = ...) -> list[Generator]: ...
    def normal(
        self,
        shape: _Shape,
        mean: _TensorLike = ...,
        stddev: _TensorLike = ...,
        dtype: _DType = ...,
        name: str | None = ...,
    ) -> Tensor: ...
    def truncated_normal(
        self,
        shape: _Shape,
        mean: _TensorLike = ...,
        stddev: _TensorLike = ...,
        dtype: _DType = ...,
        name: str | None = ...,
    ) -> Tensor: ...
    def uniform(
        self,
        shape: _Shape,
        minval: _TensorLike = ...,
        maxval: _TensorLike | None = ...,
        dtype: _DType = ...,
        name: str | None = ...,
    ) -> Tensor: ...
    def uniform_full_int(
        self, shape: _Shape, dtype: _DType = ..., name: str | None = ...
    ) -> Tensor: ...
    def exponential(
        self, shape: _Shape, scale: _TensorLike = ..., dtype: _DType = ..., name: str | None = ...
    ) -> Tensor: ...
    def laplace(
        self,
        shape: _Shape,
        loc: _TensorLike = ...,
        scale: _TensorLike = ...,
        dtype: _DType = ...,
        name: str | None = ...,
    ) -> Tensor: ...
    def logistic(
        self,
        shape: _Shape,
        loc: _TensorLike = ...,
        scale: _TensorLike = ...,
        dtype: _DType = ...,
        name: str | None = ...,
    ) -> Tensor: ...
    def gumbel(
        self,
        shape: _Shape,
        loc: _TensorLike = ...,
        scale: _TensorLike = ...,
        dtype: _DType = ...,
        name: str | None = ...,
    ) -> Tensor: ...
    def multivariate_normal(
        self,
        shape: _Shape,
        mean: _TensorLike,
        covariance: _TensorLike | None = ...,
        scale_tril: _TensorLike | None = ...,
        dtype: _DType = ...,
        name: str | None = ...,
    ) -> Tensor: ...
    def gamma(
        self,
        shape: _Shape,
        alpha: _TensorLike,
        beta: _TensorLike | None = ...,
        dtype: _DType = ...,
        name: str | None = ...,
    ) -> Tensor: ...
    def beta(
        self,
        shape: _Shape,
        alpha: _TensorLike,
        beta: _TensorLike,
        dtype: _DType = ...,
        name: str | None = ...,
    ) -> Tensor: ...
    def dirichlet(
        self, shape: _Shape, alpha: _TensorLike, dtype: _DType = ..., name: str | None = ...
    ) -> Tensor: ...
    def student_t(
        self,
        shape: _Shape,
        df: _TensorLike,
        loc: _TensorLike = ...,
        scale: _TensorLike = ...,
        dtype: _DType = ...,
        name: str | None = ...,
    ) -> Tensor: ...
    def poisson(
        self, shape: _Shape, lam: _TensorLike, dtype: _DType = ..., name: str | None = ...
    ) -> Tensor: ...
    def bernoulli(
        self, shape: _Shape, probs: _TensorLike = ..., dtype: _DType = ..., name: str | None = ...
    ) -> Tensor: ...
    def binomial(
        self,
        shape: _Shape,
        counts: _TensorLike,
        probs: _TensorLike,
        dtype: _DType = ...,
        name: str | None = ...,
    ) -> Tensor: ...
    def categorical(
        self,
        logits: _TensorLike,
        num_samples: SupportsIndex,
        dtype: _DType = ...,
        name: str | None = ...,
    ) -> Tensor: ...
    def permutation(self, n: SupportsIndex, name: str | None = ...) -> Tensor: ...
    def shuffle(self, value: _TensorLike, name: str | None = ...) -> Tensor: ...
    def dropout(
        self, x: _TensorLike, rate: float, noise_shape: _Shape | None = ..., name: str | None = ...
    ) -> Tensor: ...

def normal(
    shape: _Shape,
    mean: _TensorLike = ...,
    stddev: _TensorLike = ...,
    dtype: _DType = ...,
    seed: Any = ...,
    name: str | None = ...,
) -> Tensor: ...
def truncated_normal(
    shape: _Shape,
    mean: _TensorLike = ...,
    stddev: _TensorLike = ...,
    dtype: _DType = ...,
    seed: Any = ...,
    name: str | None = ...,
) -> Tensor: ...
def uniform(
    shape: _Shape,
    minval: _TensorLike = ...,
    maxval: _TensorLike | None = ...,
    dtype: _DType = ...,
    seed: Any = ...,
    name: str | None = ...,
) -> Tensor: ...
def exponential(
    shape: _Shape,
    scale: _TensorLike = ...,
    dtype: _DType = ...,
    seed: Any = ...,
    name: str | None = ...,
) -> Tensor: ...
def laplace(
    shape: _Shape,
    loc: _TensorLike = ...,
    scale: _TensorLike = ...,
    dtype: _DType = ...,
    seed: Any = ...,
    name: str | None = ...,
) -> Tensor: ...
def logistic(
    shape: _Shape,
    loc: _TensorLike = ...,
    scale: _TensorLike = ...,
    dtype: _DType = ...,
    seed: Any = ...,
    name: str | None = ...,
) -> Tensor: ...
def gumbel(
    shape: _Shape,
    loc: _TensorLike = ...,
    scale: _TensorLike = ...,
    dtype: _DType = ...,
    seed: Any = ...,
    name: str | None = ...,
) -> Tensor: ...
def multivariate_normal(
    shape: _Shape,
    mean: _TensorLike,
    covariance: _TensorLike | None = ...,
    scale_tril: _TensorLike | None = ...,
    dtype: _DType = ...,
    seed: Any = ...,
    name: str | None = ...,
) -> Tensor: ...
def gamma(
    shape: _Shape,
    alpha: _TensorLike,
    beta: _TensorLike | None = ...,
    dtype: _DType = ...,
    seed: Any = ...,
    name: str | None = ...,
) -> Tensor: ...
def beta(
    shape: _Shape,
    alpha: _TensorLike,
    beta: _TensorLike,
    dtype: _DType = ...,
    seed: Any = ...,
    name: str | None = ...,
) -> Tensor: ...
def dirichlet(
    shape: _Shape, alpha: _TensorLike, dtype: _DType = ..., seed: Any = ..., name: str | None = ...
) -> Tensor: ...
def student_t(
    shape: _Shape,
    df: _TensorLike,
    loc: _TensorLike = ...,
    scale: _TensorLike = ...,
    dtype: _DType = ...,
    seed: Any = ...,
    name: str | None = ...,
) -> Tensor: ...
def poisson(
    shape: _Shape, lam: _TensorLike, dtype: _DType = ..., seed: Any = ..., name: str | None = ...
) -> Tensor: ...
def bernoulli(
    shape: _Shape,
    probs: _TensorLike = ...,
    dtype: _DType = ...,
    seed: Any = ...,
    name: str | None = ...,
) -> Tensor: ...
def binomial(
    shape: _Shape,
    counts: _TensorLike,
    probs: _TensorLike,
    dtype: _DType = ...,
    seed: Any = ...,
    name: str | None = ...,
) -> Tensor: ...
def categorical(
    logits: _TensorLike,
    num_samples: SupportsIndex,
    dtype: _DType = ...,
    seed: Any = ...,
    name: str | None = ...,
) -> Tensor: ...
def permutation(n: SupportsIndex, seed: Any = ..., name: str | None = ...) -> Tensor: ...
def shuffle(value: _TensorLike, seed: Any = ..., name: str | None = ...) -> Tensor: ...
def dropout(
    x: _TensorLike,
    rate: float,
    noise_shape: _Shape | None = ...,
    seed: Any = ...,
    name: str | None = ...,
) -> Tensor: ...
def stateless_normal(
    shape: _Shape,
    seed: Any,
    mean: _TensorLike = ...,
    stddev: _TensorLike = ...,
    dtype: _DType = ...,
    name: str | None = ...,
) -> Tensor: ...
def stateless_truncated_normal(
    shape: _Shape,
    seed: Any,
    mean: _TensorLike = ...,
    stddev: _TensorLike = ...,
    dtype: _DType = ...,
    name: str | None = ...,
) -> Tensor: ...
def stateless_uniform(
    shape: _Shape,
    seed: Any,
    minval: _TensorLike = ...,
    maxval: _TensorLike | None = ...,
    dtype: _DType = ...,
    name: str | None = ...,
) -> Tensor: ...
def stateless_categorical(
    logits: _TensorLike,
    num_samples: SupportsIndex,
    seed: Any,
    dtype: _DType = ...,
    name: str | None = ...,
) -> Tensor: ...
def stateless_binomial(
    shape: _Shape,
    seed: Any,
    counts: _TensorLike,
    probs: _TensorLike,
    output_dtype: _DType = ...,
    name: str | None = ...,
) -> Tensor: ...
def stateless_shuffle(value: _TensorLike, seed: Any, name: str | None = ...) -> Tensor: ...
def stateless_dropout(
    x: _TensorLike, rate: float, seed: Any, noise_shape: _Shape | None = ..., name: str | None = ...
) -> Tensor: ...
def stateless_gamma(
    shape: _Shape,
    seed: Any,
    alpha: _TensorLike,
    beta: _TensorLike | None = ...,
    dtype: _DType = ...,
    name: str | None = ...,
) -> Tensor: ...
def stateless_poisson(
    shape: _Shape, seed: Any, lam: _TensorLike, dtype: _DType = ..., name: str | None = ...
) -> Tensor: ...
def split(seed: Any, num: SupportsIndex = ...) -> Tensor: ...
def fold_in(seed: Any, data: _TensorLike) -> Tensor: ...
