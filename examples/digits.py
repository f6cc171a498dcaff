"""Handwritten digits: a two-layer network, trained with a gradient tape and SGD.

    pip install '.[examples]'
    python examples/digits.py

The data are the 1,797 scanned digits of 8 x 8 pixels that come with scikit-learn. A third of them is
kept for testing. Writes the loss of each step to digits.png.
"""

import argparse
from time import perf_counter

import matplotlib
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tqdm import trange

import fastgrad as fg

matplotlib.use("Agg")  # a file, not a window
import matplotlib.pyplot as plt  # noqa: E402

HIDDEN, CLASSES = 96, 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--png", default="digits.png")
    options = parser.parse_args()

    start = perf_counter()
    digits = load_digits()
    pixels = (digits.data / 16.0).astype(np.float32)
    train_x, test_x, train_y, test_y = train_test_split(
        pixels, digits.target, test_size=1 / 3, stratify=digits.target, random_state=0
    )
    fg.random.set_seed(0)
    network = Network(pixels.shape[1])
    losses = train(network, train_x, train_y, options.epochs, options.batch)
    accuracy = np.mean(network(test_x).numpy().argmax(axis=1) == test_y)
    seconds = perf_counter() - start

    plot(losses, options.png)
    print(f"test accuracy {accuracy:.1%} after {seconds:.1f} s; loss curve in {options.png}")


class Network:
    """Two dense layers: 64 pixels -> 96 hidden units -> 10 logits."""

    def __init__(self, pixels: int) -> None:
        self.w1 = fg.Variable(fg.random.normal([pixels, HIDDEN], stddev=(2 / pixels) ** 0.5))
        self.b1 = fg.Variable(fg.zeros([HIDDEN]))
        self.w2 = fg.Variable(fg.random.normal([HIDDEN, CLASSES], stddev=(2 / HIDDEN) ** 0.5))
        self.b2 = fg.Variable(fg.zeros([CLASSES]))
        self.variables = [self.w1, self.b1, self.w2, self.b2]

    def __call__(self, x: np.ndarray) -> fg.Tensor:
        hidden = fg.nn.relu(fg.matmul(x, self.w1) + self.b1)
        return fg.matmul(hidden, self.w2) + self.b2


def train(
    network: Network, x: np.ndarray, labels: np.ndarray, epochs: int, batch: int
) -> list[float]:
    """Train on shuffled batches; the loss of each step."""
    optimizer = fg.keras.optimizers.SGD(learning_rate=0.05, momentum=0.9)
    losses: list[float] = []
    rng = np.random.default_rng(0)
    progress = trange(epochs, desc="training", unit="epoch")
    for _ in progress:
        order = rng.permutation(len(x))
        for start in range(0, len(x), batch):
            some = order[start : start + batch]
            with fg.GradientTape() as tape:
                loss = fg.reduce_mean(
                    fg.nn.sparse_softmax_cross_entropy_with_logits(labels[some], network(x[some]))
                )
            gradients = tape.gradient(loss, network.variables)
            optimizer.apply_gradients(zip(gradients, network.variables, strict=True))
            losses.append(float(loss))
        progress.set_postfix(loss=f"{losses[-1]:.4f}")
    return losses


def plot(losses: list[float], path: str) -> None:
    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    axes.semilogy(losses, linewidth=0.6, color="0.7", label="each step")
    width = min(40, len(losses))
    smooth = np.convolve(losses, np.ones(width) / width, mode="valid")
    axes.semilogy(np.arange(width - 1, len(losses)), smooth, label=f"mean of {width}")
    axes.set(xlabel="step", ylabel="cross-entropy", title="Handwritten digits")
    axes.legend()
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
