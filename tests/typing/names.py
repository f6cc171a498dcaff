"""A typed program: operations by their row's names for arguments and by TensorFlow's."""

import fastgrad as tf


def main() -> None:
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    columns: tf.Tensor = tf.reduce_sum(input_tensor=x, axis=0)
    rows: tf.Tensor = tf.reduce_sum(x, axis=[1], keepdims=True, name="rows")
    assert (columns.shape, rows.shape) == ((2,), (2, 1))

    clipped = tf.clip_by_value(x, clip_value_min=1.5, clip_value_max=3.5)
    assert clipped.numpy().tolist() == [[1.5, 2.0], [3.0, 3.5]]
    assert tf.pow(x=x, y=2.0)[0, 1].numpy() == 4.0
    assert tf.where(x > 2.0, x=x, y=0.0)[0][0].numpy() == 0.0
    assert tf.transpose(x, perm=[1, 0]).numpy().tolist() == [[1.0, 3.0], [2.0, 4.0]]

    left, right = tf.split(value=x, num_or_size_splits=2, axis=1)
    both: tf.Tensor = tf.concat([left, right], axis=1)
    assert tf.reduce_all(both == x).numpy()

    labels = tf.one_hot([0, 1], depth=2)
    loss = tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=x)
    assert loss.shape == (2,) and loss.dtype == tf.float32
    assert tf.cast(tf.argmax(x, axis=1), tf.int32).numpy().tolist() == [1, 1]
    assert int(tf.random.normal([2, 3], seed=1).size) == 6
    assert tf.random.Generator.from_seed(1).gamma([2], 3.0).shape == (2,)

    largest: tf.Tensor = tf.math.top_k(x, k=1).values
    assert tf.sort(largest, axis=0, direction="DESCENDING").numpy().tolist() == [[4.0], [2.0]]
    sign, log = tf.linalg.slogdet(x)
    assert sign.numpy() == -1.0 and log.shape == ()
    assert tf.numpy.cumsum(x, axis=0).shape == (2, 2)


if __name__ == "__main__":
    main()
