"""replay: what a function of arrays really is, to as many digits as are wanted."""

import jax
import numpy as np

from . import exact
from .arrays import Unsupported
from .call import check_pair
from .flat import Flat
from .proof import Proof, taken
from .report import told
from .tracing import untraced

MOST_DIGITS = 100_000


def replay(f, args, digits=50):
    """What a function of arrays really is at args, to so many digits: its program scalar by scalar in balls.

    f, args: as for `check_grads`. Branches are those that JAX takes. Returns the float outputs as a list of
    numpy arrays of flint.arb, [...], and of flint.acb where they are complex. Raises NotImplementedError for
    what cannot be replayed, and TypeError or ValueError for a mistaken call.

    >>> print(replay(jnp.tanh, (0.5,))[0].item().str(30, radius=False))
    0.462117157260009758502318483644
    """
    check_pair("replay", f, args)
    if isinstance(digits, bool) or not isinstance(digits, int | np.integer) or not 1 <= digits <= MOST_DIGITS:
        raise ValueError(f"replay: digits must be a whole number from 1 to {MOST_DIGITS}; got {digits!r}.")
    flat = Flat(f, tuple(args))
    try:
        outputs = jax.eval_shape(flat, *flat.numbers)
        if outputs and not flat.strange:
            with exact.precision(int(digits * 3.33) + 16):
                proof = Proof(flat)
                return [_balls(proof.values, array) for array in proof.outputs]
    except Unsupported:
        raise
    except Exception as error:
        if not (sentence := untraced(told(f), flat, error)):
            raise
        raise NotImplementedError(f"replay: {sentence}") from error
    came = f"{' and '.join(flat.strange)} beside them" if flat.strange else flat.returned
    raise ValueError(f"replay: f must return floats, and arrays alone; got {came}. Fix: return floats alone.")


def _balls(values, array):
    """A numpy array of balls, complex ones for a complex array."""
    import flint

    balls = taken(values, array.scalars)
    if array.imaginary is not None:
        half = len(balls) // 2
        balls = list(map(flint.acb, balls[:half], balls[half:]))
    return np.array(balls, object).reshape(array.shape)
