"""Parts of networks and losses: values in closed form, limits, and calls that cannot be right."""

import numpy as np
import pytest

import fastgrad as fg
from fastgrad.primitives import ROWS

RNG = np.random.default_rng(11)
NN, LOSSES = fg.nn, fg.keras.losses


def close(got, want, rtol=1e-12):
    got = got.numpy() if hasattr(got, "numpy") else got
    np.testing.assert_allclose(got, want, rtol=rtol, atol=1e-13)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# ---------------------------------------------------------------------------------- normalisation
def test_bias_of_both_layouts():
    x, b = RNG.normal(size=(2, 3, 4, 3)), RNG.normal(size=3)
    close(NN.bias_add(x, b), x + b)
    close(NN.bias_add(x, b, data_format="NHWC"), x + b)
    close(NN.bias_add(x, b, "NCHW"), x + b[:, None, None])
    with pytest.raises(ValueError, match="axis 1"):
        NN.bias_add(x, np.ones(4), "NCHW")
    with pytest.raises(ValueError, match="data_format"):
        NN.bias_add(x, b, "CHWN")


@pytest.mark.parametrize("rows", [1, 7, 4096])
def test_the_gradient_of_a_bias_is_the_sum(rows):
    x, b = RNG.normal(size=(rows, 6)), fg.constant(np.zeros(6))
    with fg.GradientTape() as tape:
        tape.watch(b)
        y = NN.bias_add(x, b)
    close(tape.gradient(y, b, output_gradients=fg.constant(x)), x.sum(0), 1e-11)


def test_moments():
    x, w = RNG.normal(size=(3, 4, 5)), RNG.integers(1, 4, size=(3, 4, 5))
    mean, variance = NN.moments(x, [0, 2])
    close(mean, x.mean((0, 2)))
    close(variance, x.var((0, 2)))
    mean, variance = NN.weighted_moments(x, (0, 1, 2), w.astype(float), keepdims=True)
    often = np.repeat(x.reshape(-1), w.reshape(-1))
    close(mean, [[[often.mean()]]])
    close(variance, [[[often.var()]]])


def test_normalisations():
    x, g, b = RNG.normal(size=(2, 3, 4)), RNG.normal(size=4), RNG.normal(size=4)
    centred = x - x.mean(-1, keepdims=True)
    want = centred / np.sqrt(x.var(-1, keepdims=True) + 1e-3)
    close(NN.layer_normalization(x), want)
    close(NN.layer_normalization(x, g, b), want * g + b)
    close(NN.rms_normalization(x, g), x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-6) * g)
    close(NN.batch_normalization(x, 1.0, 4.0, None, None, 0.0), (x - 1) / 2)
    close(NN.batch_normalization(x, 1.0, 4.0, b, g, 0.0), (x - 1) / 2 * g + b)
    close(NN.l2_normalize(x, -1), x / np.sqrt((x * x).sum(-1, keepdims=True)))
    close(NN.l2_normalize(np.zeros(3)), np.zeros(3))
    near = [(x * x)[..., max(0, i - 1) : i + 2].sum(-1) for i in range(4)]
    close(NN.lrn(x, 1, 2.0, 0.5, 0.75), x / (2 + 0.5 * np.stack(near, -1)) ** 0.75)


# --------------------------------------------------------------------------- embedding, attention
def test_embeddings():
    table, ids = RNG.normal(size=(5, 3)), np.array([[0, 4], [4, 1]])
    close(NN.embedding_lookup(table, ids), table[ids])
    norms = np.sqrt((table[ids] ** 2).sum(-1, keepdims=True))
    close(NN.embedding_lookup(table, ids, max_norm=1.0), table[ids] * np.minimum(1, 1 / norms))
    close(NN.embedding_lookup(np.zeros((2, 3)), [1], max_norm=1.0), np.zeros((1, 3)))


def attention(q, k, v, mask):
    scores = np.einsum("bthd,bshd->bhts", q, k) / np.sqrt(q.shape[-1])
    weights = softmax(np.where(mask, scores, -np.inf))
    return np.einsum("bhts,bshd->bthd", weights, v)


def test_attention():
    q, k, v = (RNG.normal(size=(2, n, 3, 4)) for n in (5, 6, 6))
    close(NN.dot_product_attention(q, k, v), attention(q, k, v, True))
    mask = RNG.random((5, 6)) < 0.7
    mask[:, 0] = True
    close(NN.dot_product_attention(q, k, v, mask=mask), attention(q, k, v, mask))
    causal = np.tril(np.ones((6, 6), bool))
    close(NN.dot_product_attention(k, k, v, is_causal=True), attention(k, k, v, causal))
    with pytest.raises(ValueError, match="dot_product_attention: query"):
        NN.dot_product_attention(q, k[:, :, :2], v)


def test_a_query_without_a_key_gives_zeros_with_gradient_zero():
    q = fg.constant(RNG.normal(size=(1, 2, 1, 3)))
    mask = np.array([[False, False], [True, True]])
    with fg.GradientTape() as tape:
        tape.watch(q)
        y = NN.dot_product_attention(q, q, q, mask=mask)
    g = tape.gradient(y, q)
    assert not y.numpy()[0, 0].any() and np.isfinite(g.numpy()).all()


def test_heads_of_attention():
    x, z = RNG.normal(size=(2, 3, 4)), RNG.normal(size=(2, 5, 4))
    wq, wk, wv = (RNG.normal(size=(4, 2, 3)) for _ in range(3))
    wo, bq, bo = RNG.normal(size=(2, 3, 4)), RNG.normal(size=(2, 3)), RNG.normal(size=4)
    q, k, v = (np.einsum("btd,dhe->bthe", a, w) for a, w in ((x, wq), (z, wk), (z, wv)))
    want = np.einsum("bthe,hed->btd", attention(q + bq, k, v, True), wo) + bo
    got = NN.multi_head_attention(x, z, z, wq, wk, wv, wo, query_bias=bq, output_bias=bo)
    close(got, want, 1e-11)
    with pytest.raises(ValueError, match="does not fit kernel"):
        NN.multi_head_attention(x[..., :3], z, z, wq, wk, wv, wo)
    with pytest.raises(ValueError, match="do not fit output_kernel"):
        NN.multi_head_attention(x, z, z, wq, wk, wv, wo[:1])


def test_recurrent_cells():
    x, h, c = RNG.normal(size=(2, 3)), RNG.normal(size=(2, 4)), RNG.normal(size=(2, 4))
    w, u, b = (RNG.normal(size=s) for s in ((3, 16), (4, 16), (16,)))
    close(NN.simple_rnn_cell(x, h, w[:, :4], u[:, :4], b[:4]),
          np.tanh(x @ w[:, :4] + h @ u[:, :4] + b[:4]))  # fmt: skip
    i, f, g, o = np.split(x @ w + h @ u + b, 4, -1)
    c2 = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    got_h, got_c = NN.lstm_cell(x, h, c, w, u, b)
    close(got_c, c2)
    close(got_h, sigmoid(o) * np.tanh(c2))
    w, u, b, b2 = w[:, :12], u[:, :12], b[:12], RNG.normal(size=12)
    (xz, xr, xh), (hz, hr, hh) = np.split(x @ w + b, 3, -1), np.split(h @ u + b2, 3, -1)
    z = sigmoid(xz + hz)
    close(NN.gru_cell(x, h, w, u, b, b2), z * h + (1 - z) * np.tanh(xh + sigmoid(xr + hr) * hh))


# ------------------------------------------------------------------------------------------- losses
A, B = RNG.normal(size=(3, 4)), RNG.normal(size=(3, 4))
P, Q = RNG.uniform(0.1, 0.9, size=(3, 4)), RNG.uniform(0.1, 0.9, size=(3, 4))
LABELS = np.array([2, 0, 3])
HOT = np.eye(4)[LABELS]
PN = P / P.sum(-1, keepdims=True)


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (LOSSES.mse(A, B), ((A - B) ** 2).mean(-1)),
        (LOSSES.mae(A, B), np.abs(A - B).mean(-1)),
        (LOSSES.mape(A, B), 100 * np.abs((A - B) / A).mean(-1)),
        (LOSSES.msle(P, Q), ((np.log1p(P) - np.log1p(Q)) ** 2).mean(-1)),
        (LOSSES.huber(A, B, 0.5), np.where(
            np.abs(A - B) < 0.5, (A - B) ** 2 / 2, 0.5 * np.abs(A - B) - 0.125).mean(-1)),
        (LOSSES.log_cosh(A, B), np.log(np.cosh(A - B)).mean(-1)),
        (LOSSES.hinge(np.sign(A), B), np.maximum(1 - np.sign(A) * B, 0).mean(-1)),
        (LOSSES.hinge(HOT, B), np.maximum(1 - (2 * HOT - 1) * B, 0).mean(-1)),
        (LOSSES.squared_hinge(np.sign(A), B), (np.maximum(1 - np.sign(A) * B, 0) ** 2).mean(-1)),
        (LOSSES.categorical_hinge(HOT, B),
         np.maximum(1 + ((1 - HOT) * B).max(-1) - (HOT * B).sum(-1), 0)),
        (LOSSES.kl_divergence(P, Q), (P * np.log(P / Q)).sum(-1)),
        (LOSSES.poisson(P, Q), (Q - P * np.log(Q + 1e-7)).mean(-1)),
        (LOSSES.cosine_similarity(A, B), -(A * B).sum(-1) / np.sqrt(
            (A * A).sum(-1) * (B * B).sum(-1))),
        (LOSSES.binary_crossentropy(HOT, P), -np.where(HOT, np.log(P), np.log(1 - P)).mean(-1)),
        (LOSSES.binary_crossentropy(HOT, B, from_logits=True),
         -np.where(HOT, np.log(sigmoid(B)), np.log(sigmoid(-B))).mean(-1)),
        (LOSSES.categorical_crossentropy(HOT, P), -np.log(PN[range(3), LABELS])),
        (LOSSES.categorical_crossentropy(HOT, B, from_logits=True),
         -np.log(softmax(B)[range(3), LABELS])),
        (LOSSES.categorical_crossentropy(HOT, P, label_smoothing=0.2),
         -((0.8 * HOT + 0.05) * np.log(PN)).sum(-1)),
        (LOSSES.sparse_categorical_crossentropy(LABELS, P), -np.log(PN[range(3), LABELS])),
        (LOSSES.sparse_categorical_crossentropy(LABELS, B, from_logits=True, ignore_class=0),
         -np.log(softmax(B)[range(3), LABELS]) * (LABELS != 0)),
        (NN.l2_loss(A), (A * A).sum() / 2),
        (NN.weighted_cross_entropy_with_logits(HOT, B, 3.0),
         -np.where(HOT, 3 * np.log(sigmoid(B)), np.log(sigmoid(-B)))),
        (NN.log_poisson_loss(P, A), np.exp(A) - P * A),
        (NN.softmax_cross_entropy_with_logits(HOT, B, axis=0),
         -(HOT * np.log(softmax(B.T).T)).sum(0)),
    ],
    ids=str,
)  # fmt: skip
def test_losses_in_closed_form(got, want):
    close(got, want, 1e-10)


def test_stirlings_term_leaves_0_and_1_out():
    counts = np.array([0.0, 0.5, 1.0, 5.0])
    got = NN.log_poisson_loss(counts, np.zeros(4), compute_full_loss=True).numpy()
    more = 5 * np.log(5) - 5 + 0.5 * np.log(2 * np.pi * 5)
    np.testing.assert_allclose(got, [1, 1, 1, 1 + more], rtol=1e-14)


def test_targets_may_be_integers_lists_or_of_one_axis_more():
    y = fg.keras.losses.mse([0, 1], fg.constant([0.5, 0.5]))
    assert y.dtype == "float32" and y.numpy() == 0.25
    assert LOSSES.mse([[0.0], [1.0]], [0.5, 0.5]).numpy().tolist() == 0.25
    assert LOSSES.sparse_categorical_crossentropy(
        [[1.0]], [[0.0, 0.0]], from_logits=True
    ).shape == (1,)


def test_losses_at_the_ends_are_finite():
    for loss in (LOSSES.binary_crossentropy, LOSSES.categorical_crossentropy, LOSSES.kl_divergence):
        p = fg.constant([[0.0, 1.0]])
        for y in ([[0.0, 1.0]], [[1.0, 0.0]]):
            with fg.GradientTape() as tape:
                tape.watch(p)
                value = loss(y, p)
            assert np.isfinite(value.numpy()).all()
            assert np.isfinite(tape.gradient(value, p).numpy()).all()
    x = fg.constant([0.0, 1e-4, 50.0, 1e3, -1e3])
    np.testing.assert_allclose(
        ROWS["log_of_cosh"](x).numpy(), [0, 5e-9, 50 - np.log(2), 1e3 - np.log(2), 1e3 - np.log(2)],
        rtol=1e-6,
    )  # fmt: skip
    zeros = fg.constant(np.zeros((2, 3)))
    with fg.GradientTape() as tape:
        tape.watch(zeros)
        y = LOSSES.cosine_similarity(np.ones((2, 3)), zeros)
    assert not y.numpy().any() and np.isfinite(tape.gradient(y, zeros).numpy()).all()
    big = LOSSES.cosine_similarity(np.array([[1e200, 1e200]]), np.array([[1e200, 0.0]]))
    assert np.isfinite(big.numpy()).all()


def test_bad_losses():
    with pytest.raises(ValueError, match="axis must be the last one"):
        LOSSES.sparse_categorical_crossentropy(LABELS, B, axis=0)
    with pytest.raises(ValueError, match="reduction"):
        LOSSES.MeanSquaredError(reduction="all")


# ------------------------------------------------------------------------------------------ classes
def test_loss_objects_reduce():
    each = ((A - B) ** 2).mean(-1)
    close(LOSSES.MeanSquaredError()(A, B), each.mean())
    close(LOSSES.MeanSquaredError(reduction="sum")(A, B), each.sum())
    close(LOSSES.MeanSquaredError(reduction=None)(A, B), each)
    w = np.array([1.0, 0.0, 3.0])
    close(LOSSES.MeanSquaredError()(A, B, w), (each * w).mean())
    close(LOSSES.MeanSquaredError()(A, B, w[:, None]), (each * w).mean())
    close(LOSSES.MeanSquaredError("mean_with_sample_weight")(A, B, w), (each * w).sum() / 4)
    loss = LOSSES.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0)
    each = -np.log(softmax(B)[range(3), LABELS]) * (LABELS != 0)
    close(loss(LABELS, B), each.sum() / 2)
    assert LOSSES.Huber(0.3).get_config() == {
        "name": "Huber", "reduction": "sum_over_batch_size", "delta": 0.3,
    }  # fmt: skip


@pytest.mark.parametrize("name", [n for n in vars(LOSSES) if n[0].isupper() and not n.isupper()])
def test_every_loss_class_calls_its_function(name):
    loss = getattr(LOSSES, name)()
    if name == "Loss":
        return
    labels = LABELS if name.startswith("Sparse") else HOT
    close(loss(labels, P), type(loss).function(labels, P).numpy().mean())
    assert type(loss)(**loss.get_config()).get_config() == loss.get_config()
