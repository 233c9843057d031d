"""Two networks that learn in turns: alike in both rooms, in chunks of any length; and what is refused."""

import copy
import math
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import jaxnets as jn
import microgrid as mg
from jaxnets.gan_step import Batches
from microgrid.oracle import to_microgrid

REAL = np.random.default_rng(0).normal(size=(24, 3))


def layers():
    return (
        [jn.Linear(2, 4), jn.tanh, jn.Linear(4, 3)],
        [jn.Linear(3, 5), jn.tanh, jn.Linear(5, 1)],
    )


def game(networks=None, seed=0, rate=0.1, **chosen):
    net = jn.GAN(*(networks or layers()), latent_features=2, seed=seed, dtype="float64")
    net.compile(jn.sgd(rate), jn.sgd(rate), **chosen)
    return net


def state(net):
    """All that both networks hold, as one list of numpy arrays."""
    leaves = [x for m in (net.generator, net.discriminator) for x in jax.tree.leaves(nnx.state(m))]
    keys = [jnp.issubdtype(x.dtype, jax.dtypes.prng_key) for x in leaves]
    return [np.asarray(jax.random.key_data(x) if key else x) for x, key in zip(leaves, keys, strict=True)]


def assert_same(net, other):
    for a, b in zip(state(net), state(other), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("kind", "penalty"), [("minimax", 0.0), ("least_squares", 0.0), ("wasserstein", 10.0)]
)
def test_both_rooms_play_the_same_game(kind, penalty):
    """Five steps of Adam on the same noise: every weight of both networks within 1e-12."""
    generator, discriminator = layers()
    net = jn.GAN(generator, discriminator, latent_features=2, dtype="float64")
    twins = [
        to_microgrid(jn.NeuralNet(given, dtype="float64")).layers for given in (generator, discriminator)
    ]
    scalar = mg.GAN(*twins, latent_features=2)
    for room, player in ((jn, net), (mg, scalar)):
        player.compile(room.adam(0.05), room.adam(0.02), loss=kind, gradient_penalty=penalty)
    history = net.fit(REAL, epochs=1, batch_size=5, shuffle=False, verbose=0)
    for k in range(5):
        first, second = (jax.random.wrap_key_data(jnp.array([0, n], jnp.uint32)) for n in (2 * k, 2 * k + 1))
        real = np.take(REAL, range(5 * k, 5 * k + 5), axis=0, mode="wrap").tolist()
        noise = jax.random.normal(first, (5, 2), float).tolist()
        losses = scalar.step(real, noise, jax.random.uniform(second, (5,), float).tolist())
        assert losses[0] == pytest.approx(history.step_losses[k], rel=1e-12)
    for module, mine in ((net.generator, scalar.generator), (net.discriminator, scalar.discriminator)):
        for layer, twin in zip(module.layers, mine.layers, strict=True):
            for name, values in getattr(twin, "parameters", {}).items():
                told = (
                    [[x.data for x in row] for row in values]
                    if name == "kernel"
                    else [x.data for x in values]
                )
                np.testing.assert_allclose(getattr(layer, name)[...], told, rtol=1e-12, atol=1e-12)


def test_the_scalar_room_learns_a_number_and_refuses_what_the_array_room_refuses():
    net = mg.GAN([mg.Linear(1, 1)], [mg.Linear(1, 4), mg.tanh, mg.Linear(4, 1)], latent_features=1)
    with pytest.raises(ValueError, match=r"fit: the GAN must be compiled first. Fix: compile\("):
        net.fit([[3.0]])
    with pytest.raises(
        TypeError, match=r"generator_optimizer must be one of microgrid\.optimizers; got 'adam'"
    ):
        net.compile("adam", mg.adam(0.01))
    with pytest.raises(ValueError, match=r"GAN\.compile: loss must be one of minimax, non_saturating"):
        net.compile(mg.adam(0.01), mg.adam(0.01), loss="hinge")
    with pytest.raises(ValueError, match=r"step: the GAN must be compiled first. Fix: compile\("):
        net.step([[3.0]], [[0.0]])
    net.compile(mg.adam(0.02), mg.adam(0.02))
    with pytest.raises(ValueError, match=r"sample: the GAN must be fitted first. Fix: fit\(x\)\."):
        net.sample(1)
    with pytest.raises(
        ValueError, match=r"the shape of what the generator makes, \(1,\) an example; got \(2,\)"
    ):
        net.fit([[3.0, 3.0]])
    history = net.fit([[3.0], [3.2], [2.8], [3.1]], epochs=150, batch_size=4)
    assert len(history.epoch) == len(history.history["generator_loss"]) == 150
    assert abs(np.mean(net.sample(50)) - 3) < 0.7


@pytest.mark.parametrize(
    ("sizes", "end", "words"),
    [
        (
            (3, 1, 1, 1),
            [],
            r"GAN: the generator does not take an? .*; Linear: inputs must end in ",
        ),
        (
            (2, 3, 2, 1),
            [],
            r"GAN: the discriminator does not take an? .*; Linear: inputs must end in",
        ),
        (
            (2, 3, 3, 2),
            [],
            r"GAN: the discriminator must return one score an example, \[N, 1\] or \[N\]",
        ),
        (
            (2, 3, 3, 1),
            ["sigmoid"],
            r"GAN: the discriminator must return scores, and its last layer squ",
        ),
        (
            (2, 3, 3, 1),
            ["softmax"],
            r"GAN: the discriminator must return scores, and its last layer squ",
        ),
    ],
)
def test_nets_that_do_not_meet_are_refused_in_both_rooms(sizes, end, words):
    for room in (mg, jn):
        generator, discriminator = room.Linear(*sizes[:2]), room.Linear(*sizes[2:])
        with pytest.raises(ValueError, match=words):
            room.GAN([generator], [discriminator, *(getattr(room, name) for name in end)], 2)


class Mixed(nnx.Module):
    """A discriminator with running statistics and a stream of random numbers."""

    def __init__(self):
        self.first = nnx.Linear(3, 6, rngs=nnx.Rngs(1))
        self.norm = jn.BatchNorm(6, rngs=nnx.Rngs(2))
        self.drop = nnx.Dropout(0.5, rngs=nnx.Rngs(3))
        self.last = nnx.Linear(6, 1, rngs=nnx.Rngs(4))

    def __call__(self, x):
        return self.last(self.drop(nnx.relu(self.norm(self.first(x)))))[:, 0]


def mixed(seed=0):
    generator = nnx.Sequential(nnx.Linear(2, 3, rngs=nnx.Rngs(seed)))
    return game((generator, Mixed()), seed, loss="non_saturating", discriminator_steps=2, ema=0.9)


def test_the_same_seed_plays_the_same_game_in_chunks_of_any_length():
    one, other = mixed(), mixed()
    first = one.fit(REAL, epochs=4, batch_size=4, verbose=0, chunk_steps=1)
    second = other.fit(REAL, epochs=1, batch_size=4, verbose=0, chunk_steps=12)
    assert list(first.history) == ["discriminator_loss", "generator_loss"] and first.epoch == [0, 1, 2, 3]
    assert first.history["generator_loss"][0] == second.history["generator_loss"][0]
    third = other.fit(REAL, epochs=3, batch_size=4, verbose=0)  # goes on where it ended
    assert first.history["discriminator_loss"][1:] == third.history["discriminator_loss"]
    assert third.epoch == [1, 2, 3] and one.steps == other.steps == 12
    assert_same(one, other)
    np.testing.assert_array_equal(one.sample(3), other.sample(3))
    assert not np.array_equal(one.sample(3), one.sample(3, seed=1))


def test_statistics_and_streams_inside_the_networks_move_on():
    net = mixed()
    before = state(net)
    net.fit(REAL, batch_size=4, verbose=0)
    norm, drop = net.discriminator.norm, net.discriminator.drop
    # three steps of the generator, each after two of the discriminator on real examples and fakes
    assert int(drop.rngs.count[...]) == 3 * (2 * 2 + 1)
    assert np.abs(norm.mean[...]).max() > 0
    assert all(np.isfinite(x).all() for x in state(net)) and len(before) == len(state(net))


def test_the_averaged_generator_answers_for_the_one_that_learns():
    net, plain = game(ema=0.5), game()
    after = []
    for _ in range(3):
        for each in (net, plain):
            each.fit(REAL, batch_size=None, verbose=0)
        after.append(np.array(net.generator.layers[0].kernel[...]))
    assert_same(net, plain)  # the average is looked at, and never learnt from
    mean = (after[0] + 2 * after[1] + 4 * after[2]) / 7  # what was there before the first step has no weight
    np.testing.assert_allclose(net._average.mean["layers"][0]["kernel"], mean, rtol=1e-14)
    latent = np.ones((1, 2))
    assert not np.array_equal(net.generate(latent), plain.generate(latent))


def test_r1_is_half_the_squared_slope_at_real_examples():
    networks, losses = layers(), []
    for rate in (0.0, 3.0):
        net = game(networks, rate=0.0, r1_penalty=rate)
        losses.append(net.fit(REAL, batch_size=None, verbose=0).history["discriminator_loss"][0])
    first, _, last = net.discriminator.layers
    kernel, bias, out = (np.asarray(x[...]) for x in (first.kernel, first.bias, last.kernel))
    slopes = (1 - np.tanh(REAL @ kernel + bias) ** 2) @ (kernel * out.T).T
    assert losses[1] - losses[0] == pytest.approx(1.5 * (slopes**2).sum(1).mean(), rel=1e-12)


def test_every_example_is_seen_before_one_is_seen_again():
    plan = Batches(10, 4, 2, True, 7)  # 2 steps of 8 rows an epoch
    assert plan.steps == 2
    rows = plan.lines(0, 5)[0][:5].ravel()
    for i in range(0, 40, 10):
        assert sorted(rows[i : i + 10]) == list(range(10))
    np.testing.assert_array_equal(plan.lines(3, 2)[0][:2].ravel(), rows[24:40])
    assert not np.array_equal(rows[:10], rows[10:20])
    assert Batches(3, None, 5, False, 0).lines(0, 1)[0][0].tolist() == [0, 1, 2] * 5


def test_nan_stops_with_a_sentence():
    net = game(([jn.Linear(2, 3)], [jn.Linear(3, 1)]), rate=1e200, loss="least_squares")
    with pytest.warns(RuntimeWarning, match="the discriminator loss became nan in epoch"):
        history = net.fit(REAL, epochs=50, batch_size=8, verbose=0)
    assert len(history.epoch) < 50


def test_nan_stops_the_scalar_room_with_the_same_sentence():
    for rate, name in ((1e200, "discriminator"), (1e30, "generator")):
        net = mg.GAN([mg.Linear(2, 1)], [mg.Linear(1, 1)], 2)
        net.compile(mg.sgd(rate), mg.sgd(rate), loss="least_squares")
        with pytest.warns(RuntimeWarning, match=f"^fit: the {name} loss became nan in epoch 1; the learning"):
            history = net.fit([[0.5], [1.0]], epochs=50, batch_size=1)
        assert math.isnan(history.history[f"{name}_loss"][0]) and history.epoch == [0]


def test_an_interrupted_game_keeps_its_last_chunk(monkeypatch):
    net, calls = game(), []
    learn = jn.training.Pace.learn

    def interrupt(self, *seen):
        calls.append(seen)
        if len(calls) == 3:
            raise KeyboardInterrupt
        learn(self, *seen)

    monkeypatch.setattr(jn.training.Pace, "learn", interrupt)
    with pytest.raises(KeyboardInterrupt):
        net.fit(REAL, epochs=9, batch_size=8, verbose=0, chunk_steps=3)
    monkeypatch.undo()
    whole = game()
    whole.fit(REAL, epochs=2, batch_size=8, verbose=0)
    assert net.steps == 6
    assert_same(net, whole)


GENERATOR, DISCRIMINATOR = [jn.Linear(2, 3)], [jn.Linear(3, 1)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            (GENERATOR, [jn.Linear(3, 2)], 2),
            r"must return one score an example, \[N, 1\] or \[N\]; got \(2, 2\)",
        ),
        ((GENERATOR, [jn.Linear(3, 1), jn.sigmoid], 2), "its last layer squashes them into probabilities"),
        ((GENERATOR, [jn.Linear(4, 1)], 2), r"the discriminator does not take an input of shape \(2, 3\)"),
        ((GENERATOR, DISCRIMINATOR, 5), r"the generator does not take an input of shape \(2, 5\)"),
        ((GENERATOR, DISCRIMINATOR, 0), "latent_features must be a whole number >= 1; got 0"),
        (
            ([lambda x: x[:1]], DISCRIMINATOR, 2),
            "the generator must return one array with a row for each of the 2",
        ),
        ((GENERATOR, [], 2), "GAN: discriminator must hold at least one layer"),
        (
            (GENERATOR, [jn.Linear(3, 1), lambda x: (x > 0).astype(int)], 2),
            "GAN: the discriminator must return floats, which have slopes; got an array of int",
        ),
    ],
)
def test_networks_that_cannot_play_are_refused(arguments, words):
    with pytest.raises((TypeError, ValueError), match=words):
        jn.GAN(*arguments)


@pytest.mark.parametrize(
    ("chosen", "error", "words"),
    [
        (
            dict(loss="hinge"),
            ValueError,
            "one of minimax, non_saturating, least_squares, wasserstein; got 'hinge'",
        ),
        (dict(gradient_penalty=-1), ValueError, "gradient_penalty must be a finite number >= 0; got -1.0"),
        (dict(r1_penalty=math.nan), ValueError, "r1_penalty must be a finite number >= 0; got nan"),
        (dict(discriminator_steps=0), ValueError, "discriminator_steps must be a whole number >= 1; got 0"),
        (
            dict(discriminator_steps=True),
            ValueError,
            "discriminator_steps must be a whole number >= 1; got True",
        ),
        (dict(ema=1.0), ValueError, r"ema must be in \[0, 1\); got 1.0"),
        (dict(generator_optimizer="adam"), TypeError, "generator_optimizer must be an Optax transformation"),
        (dict(discriminator_optimizer=None), TypeError, "Fix: discriminator_optimizer=jaxnets.adam"),
    ],
)
def test_rules_that_make_no_game_are_refused(chosen, error, words):
    net = jn.GAN(GENERATOR, DISCRIMINATOR, 2)
    with pytest.raises(error, match=rf"GAN\.compile: .*{words}"):
        net.compile(**(dict(generator_optimizer=jn.sgd(0.1), discriminator_optimizer=jn.sgd(0.1)) | chosen))


def test_bad_data_is_refused_before_anything_is_touched():
    net = jn.GAN(*layers(), latent_features=2)
    before = state(net)
    with pytest.raises(ValueError, match="fit: the GAN must be compiled first"):
        net.fit(REAL)
    with pytest.raises(
        ValueError, match=r"sample: the GAN must be fitted or be given weights first. Fix: fit\(x\)"
    ):
        net.sample(3)
    net.compile(jn.sgd(0.1), jn.sgd(0.1))
    for x, words in (
        (REAL[:, :2], r"x must have the shape of what the generator makes, \(3,\) an example; got \(2,\)"),
        (REAL[:, 0], "x must have one row an example"),
        (np.full((4, 3), np.nan), "x must be finite; got nan"),
        (REAL[:0], "x must not be empty"),
    ):
        with pytest.raises(ValueError, match=words):
            net.fit(x, verbose=0)
    for wrong, words in (
        (dict(epochs=-1), "epochs"),
        (dict(batch_size=0), "batch_size"),
        (dict(verbose=3), "verbose"),
    ):
        with pytest.raises(ValueError, match=f"fit: {words} must be"):
            net.fit(REAL, **wrong)
    with pytest.raises(
        ValueError, match=r"latent must be \[N, 2\], the latent_features of the GAN; got \(1, 3\)"
    ):
        net.generate(np.ones((1, 3)))
    assert net.generate(np.ones((1, 2))).shape == (1, 3)
    assert net.fit(REAL, epochs=0).epoch == [] and net.steps == 0
    for a, b in zip(before, state(net), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_gan_is_told_in_one_line_copied_and_not_pickled():
    gan = jn.GAN([jn.Linear(2, 1)], [jn.Linear(1, 4), jn.relu, jn.Linear(4, 1)], latent_features=2, seed=3)
    assert repr(gan) == "GAN([Linear], [Linear, relu, Linear], latent_features=2, seed=3, dtype='float32')"
    fresh = pickle.loads(pickle.dumps(gan))
    gan.compile(jn.adam(0.1), jn.adam(0.1))
    with pytest.raises(
        TypeError, match=r"^GAN: it must be pickled before it is compiled .* Fix: save the weights, j"
    ):
        pickle.dumps(gan)
    twin = copy.deepcopy(gan)
    for one in (gan, twin, fresh):
        one.compile(jn.adam(0.1), jn.adam(0.1))
        one.fit(np.ones((8, 1)), verbose=0)
    assert gan.sample(3).tolist() == twin.sample(3).tolist() == fresh.sample(3).tolist()


@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_a_saved_gan_answers_as_it_did(ema, tmp_path):
    def made(seed):
        networks = [jn.Linear(2, 4), jn.BatchNorm(4), jn.Linear(4, 3)], layers()[1]
        return game(networks, seed=seed, ema=ema)

    old, new = made(0), made(1)
    old.fit(REAL, epochs=3, batch_size=8, verbose=0)
    jn.checkpoint.save(tmp_path / "gan", old.weights)
    new.weights, _ = jn.checkpoint.restore(tmp_path / "gan", new.weights)
    np.testing.assert_array_equal(new.sample(5), old.sample(5))
    answers = [net.discriminator(jnp.array(REAL)) for net in (old, new)]
    np.testing.assert_array_equal(*answers)
    assert jax.tree.all(jax.tree.map(lambda a, b: bool((a == b).all()), old.weights, new.weights))
    if ema:
        assert new.weights["average"]["weight"] == pytest.approx(1 - ema**9)
        plain = new.generator.layers[2].kernel[...]
        assert not np.array_equal(new.weights["average"]["mean"][2]["kernel"], plain)


def test_weights_of_another_gan_are_refused_and_change_nothing():
    averaged, net = game(ema=0.9), game()
    before = state(net)
    with pytest.raises(ValueError, match=r"GAN.weights: an average must .* Fix: compile\(\.\.\., ema="):
        net.weights = averaged.weights
    with pytest.raises(ValueError, match=r"GAN.weights: weights must have the keys .*'average'"):
        averaged.weights = net.weights
    with pytest.raises(ValueError, match=r"generator.0.bias must have the shape \(4,\); got \(3,\)"):
        net.weights = net.weights | {"generator": {0: {"kernel": np.ones((2, 4)), "bias": np.ones(3)}, 2: 0}}
    for a, b in zip(before, state(net), strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(ValueError, match="be given weights first"):
        net.sample(1)
