"""The row behind gradients that users state. It is no public operation, so no theme lists it."""

from .._rules import primitive


@primitive(
    vjp=None,
    whole_vjp=lambda cts, values, y, metadata: metadata["gradient"](cts),
    variadic=True,
    many=True,
    samples=lambda rng: [],
    doc="What a user's function gave, with the gradient that this user states.",
)
def custom_gradient(inputs, *, gradient):
    raise NotImplementedError("recorded with its outputs, never run")


custom_gradient.name, custom_gradient.theme = "custom_gradient", "custom"
