"""Devices and threads, under the names of `tf.config`.

fastgrad computes on the CPU. A GPU is listed where CuPy (a package of its own) can use one.
Settings that have nothing to act on are checked, kept and given back when asked for.
"""

from ._core import _threads
from .errors import short
from .functions import functions_run_eagerly as functions_run_eagerly
from .functions import run_functions_eagerly as run_functions_eagerly


class PhysicalDevice:
    """A processor. Equal to another of the same name.

    Attributes: `name`, such as '/physical_device:CPU:0', and `device_type`, 'CPU' or 'GPU'.
    """

    __slots__ = ("device_type", "name")

    def __init__(self, name, device_type):
        self.name = name
        self.device_type = device_type

    def __eq__(self, other):
        return self.name == other.name if isinstance(other, PhysicalDevice) else NotImplemented

    def __hash__(self):
        return hash(self.name)

    def __repr__(self):
        return f"PhysicalDevice(name={self.name!r}, device_type={self.device_type!r})"


class VirtualDeviceConfiguration:
    """How much memory, in megabytes, programs may take on a GPU."""

    __slots__ = ("memory_limit",)

    def __init__(self, memory_limit=None):
        self.memory_limit = memory_limit

    def __repr__(self):
        return f"VirtualDeviceConfiguration(memory_limit={self.memory_limit!r})"


# ------------------------------------------------------------------------------------------ devices
def list_physical_devices(device_type=None):
    """The processors of the machine, or those of one type ('CPU' or 'GPU').

    >>> fg.config.list_physical_devices("CPU")
    [PhysicalDevice(name='/physical_device:CPU:0', device_type='CPU')]
    """
    devices = [PhysicalDevice("/physical_device:CPU:0", "CPU")]
    if device_type != "CPU":
        devices += [
            PhysicalDevice(f"/physical_device:GPU:{i}", "GPU") for i in range(_count_gpus())
        ]
    return [device for device in devices if device_type in (None, device.device_type)]


def get_visible_devices(device_type=None):
    """The devices that a program may use: all, unless `set_visible_devices` left some out."""
    return [
        device
        for device in list_physical_devices(device_type)
        if device in _visible.get(device.device_type, (device,))
    ]


def set_visible_devices(devices, device_type=None):
    """Let a program use only these devices (one or a list), of all those of `device_type`.

    ValueError for a device that is not there, or if no CPU would be left.
    """
    devices = [devices] if isinstance(devices, PhysicalDevice) else list(devices)
    for device in devices:
        _check_device(device, device_type)
    for kind in ("CPU", "GPU") if device_type is None else (device_type,):
        chosen = [device for device in devices if device.device_type == kind]
        if kind == "CPU" and not chosen:
            raise ValueError("set_visible_devices: the CPU can't be left out")
        _visible[kind] = chosen
    if _visible.get("GPU"):
        _cupy().cuda.Device(int(_visible["GPU"][0].name.rpartition(":")[2])).use()


def _set_memory_growth(device, enable):
    """Whether memory of a GPU is taken as needed: it always is, so False raises ValueError."""
    _check_device(device)
    if not enable:
        raise ValueError("set_memory_growth: memory is always taken as needed")


def _get_memory_growth(device):
    """True: memory of a GPU is taken as it is needed."""
    _check_device(device)
    return True


def _set_virtual_device_configuration(device, virtual_devices):
    """Limit the memory of a GPU: one `VirtualDeviceConfiguration` in a list."""
    _check_device(device)
    if len(virtual_devices) != 1:
        raise ValueError(
            f"set_virtual_device_configuration: a device is one device, not {len(virtual_devices)}"
        )
    limit = virtual_devices[0].memory_limit
    if device.device_type == "GPU" and limit is not None:
        cupy = _cupy()
        with cupy.cuda.Device(int(device.name.rpartition(":")[2])):
            cupy.get_default_memory_pool().set_limit(size=int(limit) * 2**20)


class experimental:  # noqa: N801  (a namespace)
    """The names that TensorFlow keeps under `tf.config.experimental`."""

    VirtualDeviceConfiguration = VirtualDeviceConfiguration
    get_memory_growth = staticmethod(_get_memory_growth)
    get_visible_devices = staticmethod(get_visible_devices)
    list_physical_devices = staticmethod(list_physical_devices)
    set_memory_growth = staticmethod(_set_memory_growth)
    set_virtual_device_configuration = staticmethod(_set_virtual_device_configuration)
    set_visible_devices = staticmethod(set_visible_devices)


LogicalDeviceConfiguration = VirtualDeviceConfiguration
set_logical_device_configuration = _set_virtual_device_configuration

_visible = {}  # by device type, once chosen


def _check_device(device, device_type=None):
    if not isinstance(device, PhysicalDevice):
        raise TypeError(f"expected a device of list_physical_devices(), not {short(device)}")
    if device not in list_physical_devices(device_type):
        raise ValueError(f"{device} is not among {list_physical_devices(device_type)}")


def _count_gpus():
    from importlib.util import find_spec

    if find_spec("cupy") is None:
        return 0
    cupy = _cupy()
    try:
        return cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError:  # no driver
        return 0


def _cupy():
    from importlib import import_module

    return import_module("cupy")


# ------------------------------------------------------------------------------------------ threads
class threading:  # noqa: N801  (a namespace)
    """Numbers of threads.

    What works on large arrays is shared among threads, with the same results to the bit: as many as
    FASTGRAD_NUM_THREADS or else OMP_NUM_THREADS said when fastgrad was imported, or else as there are
    processors for this process, up to 8. NumPy's linear algebra has threads of its own, which
    OPENBLAS_NUM_THREADS or OMP_NUM_THREADS governs.
    """

    _inter_op = 0
    _intra_op = 0

    @classmethod
    def get_inter_op_parallelism_threads(cls):
        """The number that was set; 0, the library's own choice, unless one was."""
        return cls._inter_op

    @classmethod
    def set_inter_op_parallelism_threads(cls, num_threads):
        """How many operations may run at once (kept, without effect)."""
        cls._inter_op = _number(num_threads)

    @classmethod
    def get_intra_op_parallelism_threads(cls):
        """The number that was set; 0, the library's own choice, unless one was."""
        return cls._intra_op

    @classmethod
    def set_intra_op_parallelism_threads(cls, num_threads):
        """How many threads one operation may use; 0: as many as by itself. 1: nothing is shared.

        Functions that were traced before don't use more than there were then.
        """
        cls._intra_op = _number(num_threads)
        _threads.set_threads(cls._intra_op)


def _number(number):
    if not hasattr(number, "__index__") or not 0 <= int(number) <= 1024:
        raise ValueError(f"num_threads must be an int from 0 to 1024, not {short(number)}")
    return int(number)
