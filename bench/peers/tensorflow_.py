"""TensorFlow, eager: fastgrad's own programs with another import."""

import os

from ..library import GradientTapeLibrary, Library, installed
from . import use_one_thread


def library() -> Library:
    use_one_thread()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    if installed("tf_keras"):  # the last Keras whose optimizers have `minimize`
        os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
    tensorflow = GradientTapeLibrary("TensorFlow", "tensorflow")
    tensorflow.ops = 99
    tensorflow.steps = 100
    tensorflow.memory_ops = 20_000
    if not hasattr(tensorflow.tf.keras.optimizers.SGD, "minimize"):
        tensorflow.descents = ("apply_gradients",)
    return tensorflow
