"""Devices and threads."""

import pytest

import fastgrad as fg

config = fg.config
CPU = "PhysicalDevice(name='/physical_device:CPU:0', device_type='CPU')"


@pytest.fixture
def cpu():
    (device,) = config.list_physical_devices("CPU")
    return device


def test_devices(cpu):
    assert repr(cpu) == CPU and (cpu.name, cpu.device_type) == ("/physical_device:CPU:0", "CPU")
    assert config.list_physical_devices()[0] == cpu != "CPU"
    assert cpu in {cpu} and config.experimental.list_physical_devices("CPU") == [cpu]
    assert config.list_physical_devices("TPU") == []


def test_visible_devices(cpu):
    assert cpu in config.get_visible_devices()
    config.set_visible_devices(cpu, "CPU")
    config.set_visible_devices([], "GPU")
    assert config.get_visible_devices() == [cpu]
    with pytest.raises(ValueError, match="CPU"):
        config.set_visible_devices([], "CPU")
    with pytest.raises(ValueError, match="CPU"):
        config.set_visible_devices([cpu], "GPU")
    with pytest.raises(TypeError, match="list_physical_devices"):
        config.set_visible_devices(["CPU"])


def test_memory(cpu):
    config.experimental.set_memory_growth(cpu, True)
    assert config.experimental.get_memory_growth(cpu) is True
    with pytest.raises(ValueError, match="as needed"):
        config.experimental.set_memory_growth(cpu, False)
    with pytest.raises(TypeError, match="list_physical_devices"):
        config.experimental.set_memory_growth("GPU:0", True)
    limit = config.experimental.VirtualDeviceConfiguration(memory_limit=4096)
    assert repr(limit) == "VirtualDeviceConfiguration(memory_limit=4096)"
    config.experimental.set_virtual_device_configuration(cpu, [limit])
    config.set_logical_device_configuration(cpu, [config.LogicalDeviceConfiguration(1024)])
    with pytest.raises(ValueError, match="one device"):
        config.experimental.set_virtual_device_configuration(cpu, [limit, limit])


@pytest.mark.parametrize("kind", ["inter", "intra"])
def test_threads(kind):
    get = getattr(config.threading, f"get_{kind}_op_parallelism_threads")
    put = getattr(config.threading, f"set_{kind}_op_parallelism_threads")
    assert get() == 0
    put(2)
    assert get() == 2
    put(0)
    for bad in (-1, 1.5, "2", 2000):
        with pytest.raises((TypeError, ValueError), match="num_threads"):
            put(bad)


def test_functions_run_eagerly_either_way():
    seen = []
    f = fg.function(lambda x: seen.append(x))
    for eagerly in (True, False):
        config.run_functions_eagerly(eagerly)
        assert config.functions_run_eagerly() is eagerly
        f(fg.constant(1.0))
    assert len(seen) == 2
