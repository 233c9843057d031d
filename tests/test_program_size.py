"""Nothing in a Program recurs over its operations: neither tracing nor writing, nor Python compiling it."""

import pytest

from microgrid import value_and_grad
from microgrid.operations import dot, sin, total, where
from microgrid.program import trace


def chain(length):
    def f(x, w):
        for _ in range(length):
            x = x * w + 0.25
        return x

    return f


def test_a_chain_of_5000_operations_has_the_bits_of_values():
    program = trace(chain(2500), 1.0, 1.0, wrt=(0, 1))
    value, gradient = program.value_and_grad(3.0, 0.75)
    expected = value_and_grad(chain(2500), (0, 1))(3.0, 0.75)
    assert value == expected[0] == chain(2500)(3.0, 0.75)
    assert gradient == pytest.approx(expected[1], rel=1e-13)


@pytest.mark.slow
def test_a_chain_of_100000_operations_is_a_program():
    program = trace(chain(50_000), 1.0, 1.0)
    assert program(3.0, 0.75) == chain(50_000)(3.0, 0.75)
    assert program.value_and_grad(3.0, 0.75)[0] == program(3.0, 0.75)


def test_a_long_product_is_a_program():
    def f(x):
        y = x
        for _ in range(3000):
            y = y * x
        return y

    assert trace(f, 1.0).value_and_grad(1.0) == (1.0, 3001.0)


def test_a_sum_of_1000_products_has_the_bits_of_values():
    xs, ws = [0.1 * k for k in range(1000)], [1 / (k + 1) for k in range(1000)]
    program = trace(lambda xs, ws: dot(xs, ws), xs, ws)
    assert program.value_and_grad(xs, ws) == (dot(xs, ws), ws)


def test_a_sum_of_20000_terms_is_a_program():
    xs = [0.1 * k for k in range(20_000)]
    assert trace(lambda xs: total(xs), xs)(xs) == total(xs)


def test_conditions_within_conditions_are_a_program():
    def f(x):
        y = x
        for k in range(60):
            y = where(y > k, sin(y) * y, where(x > k, y * 2, y / 2))
        return y

    program = trace(f, 1.0)
    for x in (-1.0, 0.5, 2.0, 70.0):
        assert program.value_and_grad(x) == pytest.approx(value_and_grad(f)(x), rel=1e-12)
