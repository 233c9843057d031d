"""All written arguments: dotted name -> how to call it. What is missing here is guessed (battery.py)."""

from tests.oracle.arguments_distrax import DISTRAX
from tests.oracle.arguments_flax import FLAX
from tests.oracle.arguments_lax import LAX, RANDOM
from tests.oracle.arguments_numpy import NN, NUMPY
from tests.oracle.arguments_optax import OPTAX
from tests.oracle.arguments_rlax import RLAX
from tests.oracle.arguments_scipy import SCIPY
from tests.oracle.arguments_stats import STATS

TABLES = (NN, NUMPY, SCIPY, STATS, LAX, RANDOM, FLAX, OPTAX, RLAX, DISTRAX)
ARGUMENTS = {
    f"{module}.{name}": call
    for table in TABLES
    for module, calls in table.items()
    for name, call in calls.items()
}
