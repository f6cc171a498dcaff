"""The compiled core: buffers, loops, Tensor and tape, backward sweep."""
