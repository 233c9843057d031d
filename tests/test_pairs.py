"""What every row of the table buys: the scalar and the array room say the same formula, and say it alike."""

import jax
import numpy as np
import pytest

from microgrid.oracle import crosscheck as check
from microgrid.oracle.pairs import PAIRS
from microgrid.oracle.report import Conditioned, ulps

FORMULAS = [pair for pair in PAIRS if pair.topic != "optimizers"]
BOUNDS = (4, 8)  # ULP, of values and of gradients


def named(pairs):
    return pytest.mark.parametrize("pair", pairs, ids=lambda pair: pair.name)


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
    verdict = check.crosscheck(pair)
    assert verdict.ok, str(verdict)
    assert verdict.cases > 5


@pytest.mark.slow
@named(PAIRS)
def test_a_thousand_cases_agree_within_the_bounds(pair):
    verdict = check.crosscheck(pair, count=1000, seed=1)
    assert verdict.ok, str(verdict)


@named(FORMULAS)
def test_jit_changes_nothing(pair):
    scalar, array = check.rooms(pair)
    compiled, eager = (check.runner(pair, array, compiled) for compiled in (True, False))
    for case in list(check.cases(pair, count=2))[::4]:
        scales = check.scalar_run(pair, case, scalar, Conditioned)
        for one, other, scale in zip(compiled(case), eager(case), scales, strict=True):
            assert check.worst(one, other, scale) <= 4, case  # the compiler may add up in another order


@named(FORMULAS)
def test_vmap_changes_nothing(pair):
    _, array = check.rooms(pair)
    chosen = next(iter(check.cases(pair, count=0)))
    fixed = {name: chosen[name] for name, sampler in pair.arguments.items() if sampler.choices}
    batch = [case for case in check.cases(pair, count=4) if fixed.items() <= case.items()]
    batch = [{name: np.asarray(x) for name, x in case.items() if name not in fixed} for case in batch]
    stacked = {name: np.stack([case[name] for case in batch]) for name in batch[0]}
    together = jax.tree.leaves(jax.vmap(lambda free: array(**free, **fixed))(stacked))
    for i, case in enumerate(batch):
        for one, all_ in zip(jax.tree.leaves(array(**case, **fixed)), together, strict=True):
            pairs = zip(np.ravel(one).tolist(), np.ravel(all_[i]).tolist(), strict=True)
            assert max((ulps(x, y) for x, y in pairs), default=0) <= 4, case


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
                function(**check.as_arrays(case | wrong, function))
            sentences.append((error.type, str(error.value)))
        assert sentences[0] == sentences[1]
        assert words in sentences[0][1]
        assert sentences[0][1].startswith(f"{pair.function}: ")


@named([pair for pair in PAIRS if pair.ulps > BOUNDS])
def test_no_bound_is_loosened_without_a_reason(pair):
    assert len(pair.reason) > 40
    assert max(pair.ulps) <= 16


@named(PAIRS)
def test_array_room_lowers_for_cpu_cuda_and_tpu(pair):
    _, array = check.rooms(pair)
    case = next(iter(check.cases(pair, count=1)))
    if pair.topic == "optimizers":
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
