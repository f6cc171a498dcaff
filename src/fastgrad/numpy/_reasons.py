"""Which NumPy functions see values only, and which are not there, and why. Knows nothing else."""

# No rows, and their results have no derivative: they may see any Tensor, recorded or not.
DATA = """
    allclose array2string array_equal array_equiv array_repr array_str broadcast_shapes can_cast
    common_type histogram_bin_edges in1d iscomplexobj isfortran isrealobj isscalar iterable
    may_share_memory min_scalar_type mintypecode ndim packbits promote_types ravel_multi_index
    result_type save savetxt savez savez_compressed shape shares_memory size isdtype issubdtype
    tril_indices_from triu_indices_from diag_indices_from typename unpackbits unravel_index
    fft.fftfreq fft.rfftfreq einsum_path
""".split()

# {reason: names}
NOT_THERE = {
    "it writes into an array, and a Tensor is immutable: use t.at[index].set, np.where or fg.Variable": (
        "copyto fill_diagonal place put put_along_axis putmask random.shuffle"
    ),
    "Tensors hold numbers, not strings, dates or records": (
        "base_repr binary_repr busday_count busday_offset busdaycalendar bytes_ character "
        "datetime64 datetime_as_string datetime_data flexible format_float_positional "
        "format_float_scientific is_busday isnat object_ record recarray rec str_ char core strings "
        "timedelta64 void"
    ),
    "Tensors have no extended precision": "longdouble clongdouble",
    "masks, matrices and memory maps are kinds of ndarray": (
        "asmatrix bmat matrix ma memmap asfortranarray matlib"
    ),
    "it makes or takes apart ndarrays themselves": (
        "broadcast flatiter nditer nested_iters frompyfunc lib ctypeslib require "
        "setbufsize getbufsize"
    ),
    "it is about the ufunc machinery of NumPy": "ufunc",
    "it builds arrays from slices: use np.concatenate or np.stack": "c_ r_",
    "polynomials are objects there: use np.polyval and friends": "poly1d polynomial",
    "it draws in ways of its own": (
        "random.get_state random.set_state random.bytes random.get_bit_generator "
        "random.set_bit_generator random.BitGenerator random.MT19937 random.PCG64 "
        "random.PCG64DXSM random.Philox random.SFC64 random.SeedSequence"
    ),
    "it is about the installation or the build": (
        "test show_config show_runtime get_include info f2py distutils typing dtypes emath"
    ),
}


def why_not(name):
    """Why a NumPy name is not there, or None."""
    for reason, names in NOT_THERE.items():
        if name in names.split():
            return reason
    return None
