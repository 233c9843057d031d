"""What every row of the table buys: the scalar and the array room say the same formula, and say it alike."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

from microgrid.oracle import pair_verdicts as check
from microgrid.oracle.distance import Conditioned
from microgrid.oracle.pairs import PAIRS
from tests.arguments import as_arrays

FORMULAS = [pair for pair in PAIRS if not pair.walks]
BOUNDS = (4, 8)  # ULP, of values and of gradients


def named(pairs, every=1):
    """A test of each row, of one in so many unless slow tests run."""
    marks = [() if k % every == 0 else pytest.mark.slow for k in range(len(pairs))]
    chosen = [pytest.param(pair, id=pair.name, marks=mark) for pair, mark in zip(pairs, marks, strict=True)]
    return pytest.mark.parametrize("pair", chosen)


@named(PAIRS)
def test_signatures_are_the_same(pair):
    scalar, array = check.rooms(pair)
    assert check.signature(scalar) == check.signature(array)
    assert set(pair.arguments) <= set(check.inspect.signature(scalar).parameters)


@named(PAIRS)
def test_formula_lines_are_the_same_to_the_letter(pair):
    scalar, array = check.rooms(pair)
    assert check.formula(scalar) == check.formula(array) != ""


@named(PAIRS)
def test_values_and_gradients_agree_within_the_bounds(pair):
    found = check.verdict(pair)
    assert found.ok, str(found)
    assert found.cases > 5


@pytest.mark.slow
@named(PAIRS)
def test_a_thousand_cases_agree_within_the_bounds(pair):
    found = check.verdict(pair, count=1000, seed=1)
    assert found.ok, str(found)


@named(FORMULAS)
def test_both_rooms_agree_with_fifty_digits(pair):
    """The scalar formula again, on numbers of 50 digits: what both rooms should have said."""
    scalar, array = check.rooms(pair)
    run = check.runner(pair, array)
    for case in list(check.cases(pair, count=3))[::2]:
        scales = check.scalar_run(pair, case, scalar, Conditioned)
        with mpmath.workdps(50):
            truth = [[float(x) for x in xs] for xs in check.scalar_run(pair, case, scalar, mpmath.mpf)]
        for got in (run(case), check.scalar_run(pair, case, scalar, float)):
            distances = [check.worst(t, g, s) for t, g, s in zip(truth, got, scales, strict=True)]
            assert distances[0] <= pair.ulps[0] and distances[1] <= pair.ulps[1], (case, distances)


@named(FORMULAS, every=4)
def test_jit_changes_nothing(pair):
    scalar, array = check.rooms(pair)
    compiled, eager = (check.runner(pair, array, compiled) for compiled in (True, False))
    for case in list(check.cases(pair, count=2))[:: 4 if pair.room == "jaxnets" else 16]:
        scales = check.scalar_run(pair, case, scalar, Conditioned)
        for one, other, scale in zip(compiled(case), eager(case), scales, strict=True):
            assert check.worst(one, other, scale) <= 4, case  # the compiler may add up in another order


@named(FORMULAS, every=2)
def test_vmap_changes_nothing(pair):
    scalar, array = check.rooms(pair)
    chosen = next(iter(check.cases(pair, count=0)))
    fixed = {name: chosen[name] for name, sampler in pair.arguments.items() if sampler.choices}
    batch = [case for case in check.cases(pair, count=4) if fixed.items() <= case.items()]
    stacked = {name: np.stack([case[name] for case in batch]) for name in batch[0].keys() - fixed.keys()}

    @jax.jit
    def alone(free):
        return jnp.concatenate([jnp.ravel(y) for y in jax.tree.leaves(array(**free, **fixed))])

    together = jax.jit(jax.vmap(alone))(stacked)
    for i, case in enumerate(batch):
        one = alone({name: xs[i] for name, xs in stacked.items()})
        scales = check.scalar_run(pair, case, scalar, Conditioned)[0]
        assert check.worst(one, together[i], scales) <= 4, case


@named([pair for pair in PAIRS if pair.walks])
def test_a_compiled_trajectory_agrees_too(pair):
    scalar, array = check.rooms(pair)
    case = next(iter(check.cases(pair, count=1, seed=2)))
    params, slopes = check.path(case)
    optimizer = array(**case)

    @jax.jit
    def run(params, slopes):
        def step(carry, grads):
            params, state = carry
            updates, state = optimizer.update(grads, state, params)
            return (params + updates, state), params + updates

        return jax.lax.scan(step, (params, optimizer.init(params)), slopes)[1]

    expected = check.optimizer_run(scalar(**case), params, slopes)
    steps = run(jnp.asarray(params), jnp.asarray(slopes))
    assert check.path_distance(case, scalar, expected, steps) <= pair.ulps[0]


@named([pair for pair in PAIRS if pair.kinks])
def test_slope_at_each_kink_is_the_same_to_the_bit(pair):
    scalar, array = check.rooms(pair)
    run = check.runner(pair, array)
    for argument, point in pair.kinks.items():
        for case in check.cases(pair, count=3):
            case |= {argument: check.filled(case[argument], point)}
            assert check.scalar_run(pair, case, scalar, float)[1] == run(case)[1].tolist()


@named([pair for pair in PAIRS if pair.fails])
def test_the_same_mistake_gets_the_same_sentence(pair):
    case = next(iter(check.cases(pair, count=1)))
    for wrong, words in pair.fails:
        sentences = []
        for function in check.rooms(pair):
            with pytest.raises((ValueError, TypeError)) as error:
                function(**as_arrays(case | wrong, function))
            sentences.append((error.type, str(error.value)))
        assert sentences[0] == sentences[1]
        assert words in sentences[0][1]
        assert sentences[0][1].startswith(f"{pair.function}: ")


def test_no_bound_is_loosened_without_a_reason():
    for pair in PAIRS:
        assert pair.ulps == BOUNDS or (len(pair.reason) > 40 and max(pair.ulps) <= 16), pair.name


@named(PAIRS)
def test_array_room_lowers_for_cpu_cuda_and_tpu(pair):
    _, array = check.rooms(pair)
    case = next(iter(check.cases(pair, count=1)))
    if pair.walks:
        optimizer = array(**case)
        params = np.zeros(3, np.float32)

        def function(params, grads):
            return optimizer.update(grads, optimizer.init(params), params)

        arguments = (params, params)
    else:
        fixed = {name: case[name] for name, sampler in pair.arguments.items() if sampler.choices}
        free = {name: np.asarray(x) for name, x in case.items() if name not in fixed}
        names = check.differentiated(pair)

        def function(free):
            def contracted(chosen):
                leaves = jax.tree.leaves(array(**(free | chosen), **fixed))
                return sum(leaf.sum() for leaf in leaves)

            return jax.value_and_grad(contracted)({name: free[name] for name in names})

        arguments = ({name: x.astype(np.float32) if x.dtype == float else x for name, x in free.items()},)
    exported = jax.export.export(jax.jit(function), platforms=["cpu", "cuda", "tpu"])(*arguments)
    assert exported.platforms == ("cpu", "cuda", "tpu")
