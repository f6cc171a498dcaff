"""A call for every row that answers to a NumPy function, spelled once: on arrays and on Tensors.

`CASES` maps a row's name to `call(np, ...)`, where `np` is `numpy` or `fastgrad.numpy` and the names
of the other parameters say which inputs the call wants, of those that `inputs` makes. Elementwise
rows have no case: they take arrays from their domain.
"""

import numpy

INPUTS = """
v, w   vectors of n elements        m, o   matrices of n elements
s, r   a square matrix and a vector fit for solving      h      a positive definite matrix
p, q   vectors of sqrt(n) elements  k      a vector of 5 elements
u      a sorted vector              gaps   a vector with some NaNs
c      a vector of bools            i      n integers below n / 2
z      a complex vector             x3, y3 vectors of 3 elements, n elements in all
b      n elements as [., 5, 2]      zm     a complex matrix
"""


def inputs(n, dtype):
    """{name: array} for arrays of about `n` elements: see `INPUTS`."""
    rng = numpy.random.default_rng(n)
    rows = {10: 2, 1000: 25, 100_000: 250}[n]
    side = int(n**0.5)

    def normal(*shape):
        return rng.normal(size=shape)

    square = normal(side, side) + 3 * side**0.5 * numpy.eye(side)
    gaps = normal(n)
    gaps[::7] = numpy.nan
    found = {
        "v": normal(n), "w": normal(n), "m": normal(rows, n // rows), "o": normal(n // rows, rows),
        "s": square, "r": normal(side), "h": square @ square.T / side, "p": normal(side),
        "q": normal(side), "k": normal(5), "u": numpy.sort(normal(n)), "gaps": gaps,
        "x3": normal(n // 3, 3), "y3": normal(n // 3, 3), "b": normal(n // 10, 5, 2),
    }  # fmt: skip
    found = {name: array.astype(dtype) for name, array in found.items()}
    found["c"] = rng.random(n) < 0.5
    found["i"] = rng.integers(0, max(n // 2, 1), n)
    found["z"] = found["v"] + 1j * found["w"]
    found["zm"] = found["m"] + 1j * found["m"][::-1]
    return found


CASES = {
    # ------------------------------------------------------------------------------------- shapes
    "reshape": lambda np, m: np.reshape(m, (-1,)),
    "expand_dims": lambda np, v: np.expand_dims(v, 0),
    "squeeze": lambda np, v: np.squeeze(v),
    "transpose": lambda np, m: np.transpose(m),
    "swapaxes": lambda np, b: np.swapaxes(b, 0, 1),
    "matrix_transpose": lambda np, b: np.matrix_transpose(b),
    "flip": lambda np, m: np.flip(m, 1),
    "broadcast_to": lambda np, k: np.broadcast_to(k, (20, 5)),
    "ravel": lambda np, m: np.ravel(m),
    "atleast_1d": lambda np, v: np.atleast_1d(v),
    "atleast_2d": lambda np, v: np.atleast_2d(v),
    "atleast_3d": lambda np, v: np.atleast_3d(v),
    "broadcast_arrays": lambda np, m, v: np.broadcast_arrays(m, m[:1]),
    "moveaxis": lambda np, b: np.moveaxis(b, 0, -1),
    "rollaxis": lambda np, b: np.rollaxis(b, 2),
    "fliplr": lambda np, m: np.fliplr(m),
    "flipud": lambda np, m: np.flipud(m),
    "rot90": lambda np, m: np.rot90(m),
    "resize": lambda np, m: np.resize(m, (10, 10)),
    # ------------------------------------------------------------------------ joining, parts, order
    "stack": lambda np, v, w: np.stack([v, w]),
    "unstack": lambda np, x3: np.unstack(x3, axis=1),
    "concatenate": lambda np, v, w: np.concatenate([v, w]),
    "hstack": lambda np, v, w: np.hstack([v, w]),
    "vstack": lambda np, v, w: np.vstack([v, w]),
    "dstack": lambda np, v, w: np.dstack([v, w]),
    "column_stack": lambda np, v, w: np.column_stack([v, w]),
    "block": lambda np, m: np.block([[m, m], [m, m]]),
    "append": lambda np, v, w: np.append(v, w),
    "insert": lambda np, v: np.insert(v, 3, 1.0),
    "delete": lambda np, v: np.delete(v, 3),
    "np_split": lambda np, v: np.split(v, 2),
    "array_split": lambda np, v: np.array_split(v, 3),
    "hsplit": lambda np, v: np.hsplit(v, 2),
    "vsplit": lambda np, m: np.vsplit(m, [1]),
    "dsplit": lambda np, b: np.dsplit(b, 2),
    "np_tile": lambda np, m: np.tile(m, (2, 2)),
    "repeat": lambda np, v: np.repeat(v, 2),
    "roll": lambda np, v: np.roll(v, 3),
    "tril": lambda np, m: np.tril(m),
    "triu": lambda np, m: np.triu(m),
    "diagonal": lambda np, m: np.diagonal(m),
    "diag_part": lambda np, m: np.linalg.diagonal(m),
    "diag": lambda np, p: np.diag(p),
    "diagflat": lambda np, p: np.diagflat(p),
    "meshgrid": lambda np, p, q: np.meshgrid(p, q),
    "ix": lambda np, p, q: np.ix_([0, 1], [1, 2]),
    "vander": lambda np, p: np.vander(p, 5),
    "trim_zeros": lambda np, v: np.trim_zeros(v),
    "pad": lambda np, m: np.pad(m, 1),
    "take": lambda np, v, i: np.take(v, i),
    "take_along_axis": lambda np, v, i: np.take_along_axis(v, i, 0),
    "compress": lambda np, c, v: np.compress(c, v),
    "extract": lambda np, c, v: np.extract(c, v),
    "choose": lambda np, c, v, w: np.choose(c, [v, w]),
    "select": lambda np, c, v, w: np.select([c], [v], w),
    "piecewise": lambda np, v, c: np.piecewise(v, [c], [1.0, 2.0]),
    "sort_complex": lambda np, v: np.sort_complex(v),
    "sort_along": lambda np, v: np.sort(v),
    "argsort_along": lambda np, v: np.argsort(v),
    "partition": lambda np, v: np.partition(v, 5)[5],
    "argpartition": lambda np, v: np.argpartition(v, 5)[5],
    "np_lexsort": lambda np, v, w: np.lexsort([v, w]),
    "np_searchsorted": lambda np, u, v: np.searchsorted(u, v),
    "digitize": lambda np, v, u: np.digitize(v, u),
    "argwhere": lambda np, c: np.argwhere(c),
    "nonzero": lambda np, c: np.nonzero(c),
    "flatnonzero": lambda np, c: np.flatnonzero(c),
    "unique": lambda np, i: np.unique(i),
    "unique_counts": lambda np, i: np.unique_counts(i),
    "unique_inverse": lambda np, i: np.unique_inverse(i),
    "unique_all": lambda np, i: np.unique_all(i),
    "isin": lambda np, i: np.isin(i, [0, 1, 2]),
    "union1d": lambda np, v, w: np.union1d(v, w),
    "setdiff1d": lambda np, v, w: np.setdiff1d(v, w),
    "setxor1d": lambda np, v, w: np.setxor1d(v, w),
    "intersect1d": lambda np, v, w: np.intersect1d(v, w),
    "interp": lambda np, v, u, w: np.interp(v, u, w),
    # -------------------------------------------------------------------------------- elementwise
    "real": lambda np, z: np.real(z),
    "imag": lambda np, z: np.imag(z),
    "real_if_close": lambda np, z: np.real_if_close(z),
    "angle": lambda np, z: np.angle(z),
    "isreal": lambda np, v: np.isreal(v),
    "iscomplex": lambda np, z: np.iscomplex(z),
    "modf": lambda np, v: np.modf(v),
    "frexp": lambda np, v: np.frexp(v),
    "ldexp": lambda np, v: np.ldexp(v, 2),
    "divmod": lambda np, v, w: np.divmod(v, w),
    "around": lambda np, v: np.round(v, 2),
    "nan_to_num": lambda np, gaps: np.nan_to_num(gaps),
    "isclose": lambda np, v, w: np.isclose(v, w),
    "unwrap": lambda np, v: np.unwrap(v),
    # --------------------------------------------------------------------------------- reductions
    "sum": lambda np, v: np.sum(v),
    "mean": lambda np, v: np.mean(v),
    "max": lambda np, v: np.max(v),
    "min": lambda np, v: np.min(v),
    "prod": lambda np, v: np.prod(v),
    "any": lambda np, c: np.any(c),
    "all": lambda np, c: np.all(c),
    "argmax": lambda np, v: np.argmax(v),
    "argmin": lambda np, v: np.argmin(v),
    "ptp": lambda np, v: np.ptp(v),
    "np_var": lambda np, v: np.var(v),
    "np_std": lambda np, v: np.std(v),
    "average": lambda np, v, u: np.average(v, weights=u),
    "count_nonzero": lambda np, c: np.count_nonzero(c),
    "median": lambda np, v: np.median(v),
    "quantile": lambda np, v: np.quantile(v, 0.3),
    "percentile": lambda np, v: np.percentile(v, 30),
    "np_cumsum": lambda np, v: np.cumsum(v),
    "np_cumprod": lambda np, v: np.cumprod(v),
    "cumulative_sum": lambda np, v: np.cumulative_sum(v),
    "cumulative_prod": lambda np, v: np.cumulative_prod(v),
    "nansum": lambda np, gaps: np.nansum(gaps),
    "nanprod": lambda np, gaps: np.nanprod(gaps),
    "nancumsum": lambda np, gaps: np.nancumsum(gaps),
    "nancumprod": lambda np, gaps: np.nancumprod(gaps),
    "nanmean": lambda np, gaps: np.nanmean(gaps),
    "nanvar": lambda np, gaps: np.nanvar(gaps),
    "nanstd": lambda np, gaps: np.nanstd(gaps),
    "nanmax": lambda np, gaps: np.nanmax(gaps),
    "nanmin": lambda np, gaps: np.nanmin(gaps),
    "nanargmax": lambda np, gaps: np.nanargmax(gaps),
    "nanargmin": lambda np, gaps: np.nanargmin(gaps),
    "nanmedian": lambda np, gaps: np.nanmedian(gaps),
    "nanquantile": lambda np, gaps: np.nanquantile(gaps, 0.3),
    "nanpercentile": lambda np, gaps: np.nanpercentile(gaps, 30),
    "cov": lambda np, v, w: np.cov(v, w),
    "corrcoef": lambda np, v, w: np.corrcoef(v, w),
    "bincount": lambda np, i: np.bincount(i),
    "histogram2d": lambda np, v, w: np.histogram2d(v, w),
    "histogramdd": lambda np, x3: np.histogramdd(x3, 4)[0],
    "histogram": lambda np, v: np.histogram(v),
    "diff": lambda np, v: np.diff(v),
    "ediff1d": lambda np, v: np.ediff1d(v),
    "gradient": lambda np, v: np.gradient(v),
    "trapezoid": lambda np, v, u: np.trapezoid(v, u),
    # ----------------------------------------------------------------------------------- products
    "matmul": lambda np, m, o: np.matmul(m, o),
    "dot": lambda np, m, o: np.dot(m, o),
    "inner": lambda np, v, w: np.inner(v, w),
    "vdot": lambda np, v, w: np.vdot(v, w),
    "vecdot": lambda np, x3, y3: np.vecdot(x3, y3),
    "matvec": lambda np, s, p: np.matvec(s, p),
    "vecmat": lambda np, p, s: np.vecmat(p, s),
    "outer": lambda np, p, q: np.outer(p, q),
    "linalg_outer": lambda np, p, q: np.linalg.outer(p, q),
    "kron": lambda np, p, q: np.kron(p, q),
    "einsum": lambda np, m, o: np.einsum("ij,ji->i", m, o),
    "tensordot": lambda np, m, o: np.tensordot(m, o, 1),
    "linalg_tensordot": lambda np, m, o: np.linalg.tensordot(m, o, axes=1),
    "multi_dot": lambda np, s, h, p: np.linalg.multi_dot([s, h, p]),
    "cross": lambda np, x3, y3: np.cross(x3, y3),
    "linalg_cross": lambda np, x3, y3: np.linalg.cross(x3, y3),
    "convolve": lambda np, v, k: np.convolve(v, k),
    "correlate": lambda np, v, k: np.correlate(v, k),
    "polyval": lambda np, k, v: np.polyval(k, v),
    "polyadd": lambda np, v, k: np.polyadd(v, k),
    "polysub": lambda np, v, k: np.polysub(v, k),
    "polymul": lambda np, v, k: np.polymul(v, k),
    "polydiv": lambda np, p, k: np.polydiv(p, k),
    "roots": lambda np, k: np.roots(k),
    "polyder": lambda np, v: np.polyder(v),
    "polyint": lambda np, v: np.polyint(v),
    # ----------------------------------------------------------------------------- linear algebra
    "inv": lambda np, s: np.linalg.inv(s),
    "solve": lambda np, s, r: np.linalg.solve(s, r),
    "cholesky": lambda np, h: np.linalg.cholesky(h),
    "det": lambda np, s: np.linalg.det(s),
    "slogdet": lambda np, s: np.linalg.slogdet(s),
    "trace": lambda np, s: np.trace(s),
    "linalg_trace": lambda np, s: np.linalg.trace(s),
    "eigvalsh": lambda np, h: np.linalg.eigvalsh(h),
    "eigh": lambda np, h: np.abs(np.linalg.eigh(h)[1]),
    "eigvals": lambda np, h: np.linalg.eigvals(h),
    "eig": lambda np, h: np.linalg.eig(h)[0],
    "svdvals": lambda np, s: np.linalg.svdvals(s),
    "svd": lambda np, s: np.linalg.svd(s)[1],
    "qr": lambda np, s: np.linalg.qr(s),
    "pinv": lambda np, s: np.linalg.pinv(s),
    "matrix_rank": lambda np, s: np.linalg.matrix_rank(s),
    "lstsq": lambda np, s, r: np.linalg.lstsq(s, r)[0],
    "tensorsolve": lambda np, s, r: np.linalg.tensorsolve(s, r),
    "tensorinv": lambda np, s: np.linalg.tensorinv(s, 1),
    "matrix_power": lambda np, s: np.linalg.matrix_power(s, 3),
    "cond": lambda np, s: np.linalg.cond(s),
    "norm": lambda np, v: np.linalg.norm(v),
    "vector_norm": lambda np, v: np.linalg.vector_norm(v),
    "matrix_norm": lambda np, m: np.linalg.matrix_norm(m),
    # ---------------------------------------------------------------------------------- transforms
    "fft": lambda np, z: np.fft.fft(z),
    "ifft": lambda np, z: np.fft.ifft(z),
    "rfft": lambda np, v: np.fft.rfft(v),
    "irfft": lambda np, z: np.fft.irfft(z),
    "hfft": lambda np, z: np.fft.hfft(z),
    "ihfft": lambda np, v: np.fft.ihfft(v),
    "fft2": lambda np, zm: np.fft.fft2(zm),
    "ifft2": lambda np, zm: np.fft.ifft2(zm),
    "rfft2": lambda np, m: np.fft.rfft2(m),
    "irfft2": lambda np, zm: np.fft.irfft2(zm),
    "fftn": lambda np, zm: np.fft.fftn(zm),
    "ifftn": lambda np, zm: np.fft.ifftn(zm),
    "rfftn": lambda np, m: np.fft.rfftn(m),
    "irfftn": lambda np, zm: np.fft.irfftn(zm),
    "fftshift": lambda np, v: np.fft.fftshift(v),
    "ifftshift": lambda np, v: np.fft.ifftshift(v),
}  # fmt: skip
