"""What the tests of derivatives.py share: the meaning of each row, points in its domain, and its edges."""

import math
import random
import re
from functools import cache

import mpmath
from mpmath import mpf

from microgrid.oracle.distance import ulps
from microgrid.systems import common
from microgrid.systems.nested import innermost

INF, NAN = math.inf, math.nan
MEANING = {  # the textbook's formula, in mpmath
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "truediv": lambda a, b: a / b,
    "pow": lambda a, b: a**b,
    "neg": lambda a: 0 - a,
    "abs": lambda a: max(a, 0 - a),
    "sign": lambda a: mpmath.sign(a),
    "floor": lambda a: mpmath.floor(a),
    "exp": lambda a: mpmath.exp(a),
    "expm1": lambda a: mpmath.exp(a) - 1,
    "log": lambda a: mpmath.log(a),
    "log1p": lambda a: mpmath.log(1 + a),
    "sqrt": lambda a: mpmath.sqrt(a),
    "cbrt": lambda a: mpmath.sign(a) * mpmath.root(abs(a), 3),
    "hypot": lambda a, b: mpmath.sqrt(a * a + b * b),
    "sin": lambda a: mpmath.sin(a),
    "cos": lambda a: mpmath.cos(a),
    "tan": lambda a: mpmath.sin(a) / mpmath.cos(a),
    "asin": lambda a: mpmath.asin(a),
    "acos": lambda a: mpmath.acos(a),
    "atan": lambda a: mpmath.atan(a),
    "atan2": lambda a, b: mpmath.arg(mpmath.mpc(b, a)),
    "sinh": lambda a: (mpmath.exp(a) - mpmath.exp(0 - a)) / 2,
    "cosh": lambda a: (mpmath.exp(a) + mpmath.exp(0 - a)) / 2,
    "tanh": lambda a: mpmath.sinh(a) / mpmath.cosh(a),
    "sech2": lambda a: 1 / mpmath.cosh(a) ** 2,
    "asinh": lambda a: mpmath.sign(a) * mpmath.log(abs(a) + mpmath.sqrt(a * a + 1)),
    "acosh": lambda a: mpmath.log(a + mpmath.sqrt(a * a - 1)),
    "atanh": lambda a: mpmath.log((1 + a) / (1 - a)) / 2,
    "erf": lambda a: mpmath.erf(a),
    "erfc": lambda a: mpmath.erfc(a),
    "bell": lambda a: 2 / mpmath.sqrt(mpmath.pi) / mpmath.exp(a * a),
    "normal_cdf": lambda a: mpmath.erfc(-a / mpmath.sqrt(2)) / 2,
    "normal_pdf": lambda a: 1 / mpmath.sqrt(2 * mpmath.pi) / mpmath.exp(a * a / 2),
    "lgamma": lambda a: mpmath.log(abs(mpmath.gamma(a))) if a < 1e3 else mpmath.loggamma(a),
    "digamma": lambda a: mpmath.digamma(a),
    "polygamma": lambda n, a: mpmath.psi(int(n), a),
    "sigmoid": lambda a: 1 / (1 + mpmath.exp(0 - a)),
    "softplus": lambda a: mpmath.log(1 + mpmath.exp(a)),
    "relu": lambda a: max(a, mpf(0)),
    "step": lambda a: mpf(a >= 0),
    "maximum": lambda a, b: max(a, b),
    "minimum": lambda a, b: min(a, b),
    "clip": lambda a, low, high: min(max(a, low), high),
    "xlogy": lambda a, b: a * mpmath.log(b),
    "xlog1my": lambda a, b: a * mpmath.log(1 - b),
}
ORDER = "n"  # an operand of this name is whole, and nothing is differentiated by it


def inside(x):
    """A number of the open interval (-1, 1)."""
    return math.tanh(x) / 1.001


DOMAIN = {  # (row, index of the operand): how to make a number of its domain from any number
    ("log", 0): abs,
    ("log1p", 0): abs,
    ("sqrt", 0): abs,
    ("pow", 0): abs,
    ("xlogy", 1): abs,
    ("lgamma", 0): abs,
    ("digamma", 0): abs,
    ("polygamma", 0): lambda x: int(abs(x)) % 5,
    ("polygamma", 1): abs,
    ("asin", 0): inside,
    ("acos", 0): inside,
    ("atanh", 0): inside,
    ("acosh", 0): lambda x: 1 + abs(x),
    ("normal_cdf", 0): lambda x: x if x < 20 else x / 2,  # a quotient of 1 - 1e-290 would need 500 digits
    ("floor", 0): lambda x: x + 0.125,
    ("xlog1my", 1): lambda x: inside(abs(x)),
}
SIZES = (1e-9, 1e-3, 0.3, 0.75, 5.0, 15.0, 36.5)
NEAR_1 = 1 - 2.0**-53
HARD = {  # where the obvious formula overflows, cancels or loses its digits
    "truediv": [(1e-300, 1e300), (1e300, -3.0), (5e-324, 7.0)],
    "pow": [(1e-300, -1.0), (1e-300, 1.5), (1e200, 1.5), (1.0000001, 1e9)],
    "abs": [(-5e-324,), (1e308,)],
    "sqrt": [(5e-324,), (1e308,)],
    "cbrt": [(5e-324,), (-5e-324,), (1e308,), (-3e-310,)],
    "log": [(5e-324,), (1e308,), (NEAR_1,)],
    "log1p": [(-NEAR_1,), (1e-300,), (-0.4,)],
    "expm1": [(1e-300,), (-745.0,), (709.0,)],
    "exp": [(-740.0,), (709.0,)],
    "sin": [(1e22,), (3.141592653589793,)],
    "cos": [(1e22,), (1.5707963267948966,)],
    "tan": [(1e22,), (1.5707963267948966,), (-4.71238898038469,)],
    "asin": [(NEAR_1,), (-NEAR_1,), (1e-300,)],
    "acos": [(NEAR_1,), (-NEAR_1,), (1e-300,)],
    "atan": [(1e150,), (-1e-300,)],
    "atan2": [(1e308, 1e308), (-1e308, -1e307), (1e-300, 1e-302), (5e-324, 1.0), (1.0, -1e-300)],
    "hypot": [(1e308, 1e308), (-1e-320, 1e-320), (3.0, 1e-300), (1e-200, -1e-200)],
    "sinh": [(710.0,), (-710.4,), (1e-300,)],
    "cosh": [(710.0,), (-710.4,), (1e-300,)],
    "tanh": [(19.0,), (-350.0,), (1e-300,)],
    "sech2": [(19.0,), (-350.0,), (1e-300,)],
    "asinh": [(1e300,), (-1e300,), (1e-300,)],
    "acosh": [(1 + 2.0**-52,), (1e300,), (1 + 1e-9,)],
    "atanh": [(NEAR_1,), (-NEAR_1,), (1e-300,)],
    "erf": [(1e-300,), (6.0,), (-26.0,)],
    "erfc": [(26.0,), (10.1,), (-5.0,), (1e-300,)],
    "bell": [(25.7,), (-10.1,), (1e-300,)],
    "normal_cdf": [(-37.3,), (-10.1,), (-1.7,), (36.9,), (1e-300,)],
    "normal_pdf": [(37.3,), (-10.1,), (1e-300,)],
    "lgamma": [(1 + 2.0**-52,), (NEAR_1,), (2 - 2.0**-52,), (2 + 2.0**-51,), (1e-300,), (1e300,), (3.0,),
               (9.99,), (-0.5,), (-1.5,), (-10.25,)],
    "digamma": [(1.4616321449683622,), (1.461632,), (1e-150,), (1e300,), (9.99,), (-0.1,), (-1.75,)],
    "polygamma": [(1, 1e-150), (1, 1e300), (2, 11.0), (1, -0.25), (1, -1.5), (2, -5.9), (3, -10.25)],
    "sigmoid": [(-700.0,), (700.0,)],
    "softplus": [(-700.0,), (700.0,)],
}  # fmt: skip
EDGES = [  # operands, value, slopes (nan: there is none; None: not asked)
    ("abs", (0,), 0, (1,)),
    ("sign", (0,), 0, (0,)),
    ("floor", (2,), 2, (0,)),
    ("relu", (0,), 0, (0,)),
    ("relu", (NAN,), NAN, (None,)),
    ("step", (0,), 1, (0,)),
    ("step", (NAN,), NAN, (0,)),
    ("maximum", (NAN, 1), NAN, (None, None)),
    ("maximum", (1, NAN), NAN, (None, None)),
    ("minimum", (NAN, 1), NAN, (None, None)),
    ("maximum", (3, 3), 3, (0.5, 0.5)),
    ("minimum", (3, 3), 3, (0.5, 0.5)),
    ("clip", (0, 0, 1), 0, (0.5, 0.5, 0)),
    ("clip", (1, 0, 1), 1, (0.5, 0, 0.5)),
    ("clip", (0, 0, 0), 0, (0.25, 0.25, 0.5)),
    ("clip", (2, 3, 1), 1, (0, 0, 1)),
    ("clip", (1, 3, 1), 1, (0, 0, 1)),
    ("clip", (-1, 0, 0), 0, (0, 0.5, 0.5)),
    ("pow", (0, 0), 1, (0, 0)),
    ("pow", (0, 1), 0, (1, 0)),
    ("pow", (0, 2), 0, (0, 0)),
    ("pow", (0, 0.5), 0, (INF, 0)),
    ("pow", (-3, 0), 1, (0, NAN)),
    ("pow", (-2, 3), -8, (12, NAN)),
    ("sqrt", (0,), 0, (INF,)),
    ("cbrt", (0,), 0, (INF,)),
    ("cbrt", (-8,), -2, (1 / 12,)),
    ("hypot", (0, 0), 0, (0.5, 0.5)),
    ("hypot", (-3, 0), 3, (-1, 0)),
    ("atan2", (0, 0), 0, (NAN, NAN)),
    ("atan2", (0, 1), 0, (1, 0)),
    ("atan2", (0, -1), math.pi, (-1, 0)),
    ("asin", (1,), math.pi / 2, (INF,)),
    ("asin", (-1,), -math.pi / 2, (INF,)),
    ("acos", (1,), 0, (-INF,)),
    ("acosh", (1,), 0, (INF,)),
    ("sin", (0,), 0, (1,)),
    ("cos", (0,), 1, (0,)),
    ("erf", (0,), 0, (None,)),
    ("normal_cdf", (-800,), 0, (0,)),
    ("normal_cdf", (800,), 1, (0,)),
    ("tanh", (800,), 1, (0,)),
    ("sech2", (800,), 0, (0,)),
    ("sigmoid", (-800,), 0, (0,)),
    ("softplus", (800,), 800, (1,)),
    ("softplus", (-800,), 0, (0,)),
    ("xlogy", (0, 0), 0, (0, 0)),
    ("xlogy", (1, 0), -INF, (-INF, INF)),
    ("xlogy", (2, 0), -INF, (-INF, INF)),
    ("xlogy", (-1, 0), INF, (-INF, -INF)),
    ("xlogy", (0, 0.5), 0, (math.log(0.5), 0)),
    ("xlog1my", (0, 1), 0, (0, 0)),
    ("xlog1my", (1, 1), -INF, (-INF, -INF)),
    ("xlog1my", (2, 1), -INF, (-INF, -INF)),
]

NO_RESULT = [  # operands outside the domain
    ("truediv", (1, 0)),
    ("truediv", (0, 0)),
    ("pow", (0, -1)),
    ("pow", (-8, 0.5)),
    ("log", (0,)),
    ("log", (-1,)),
    ("log1p", (-1,)),
    ("log1p", (-2,)),
    ("sqrt", (-1,)),
    ("asin", (2,)),
    ("acos", (-2,)),
    ("acosh", (0.5,)),
    ("atanh", (1,)),
    ("lgamma", (-1,)),
    ("digamma", (0,)),
    ("digamma", (-2,)),
    ("polygamma", (1, 0)),
    ("polygamma", (1, -3)),
    ("xlogy", (1, -1)),
    ("xlog1my", (1, 2)),
]
STRADDLING = [  # balls as (middle, radius) over a kink, a pole or the edge of a domain
    ("truediv", ((1, 0), (0, 1))),
    ("pow", ((0, 1), (0.5, 0))),
    ("pow", ((0, 1), (-1, 0))),
    ("abs", ((0, 0.5),)),
    ("sign", ((0, 1),)),
    ("floor", ((2, 0.25),)),
    ("relu", ((0, 1),)),
    ("step", ((0, 0.5),)),
    ("maximum", ((0, 1), (0.5, 1))),
    ("minimum", ((0, 1), (0.5, 1))),
    ("clip", ((0, 0.5), (0, 0), (1, 0))),
    ("clip", ((1, 0.5), (0, 0), (1, 0))),
    ("log", ((0.5, 0.75),)),
    ("log1p", ((0, 1.5),)),
    ("sqrt", ((0, 1),)),
    ("cbrt", ((0, 1),)),
    ("tan", ((1.5, 0.25),)),
    ("asin", ((1, 0.25),)),
    ("acos", ((-1, 0.25),)),
    ("acosh", ((1, 0.25),)),
    ("atanh", ((1, 0.25),)),
    ("atan2", ((0, 0.25), (0, 0.25))),
    ("atan2", ((0, 0.25), (-1, 0.25))),
    ("atan2", ((0, 0), (0, 0.25))),
    ("hypot", ((0, 0.25), (0, 0.25))),
    ("lgamma", ((0, 0.25),)),
    ("digamma", ((-1, 0.25),)),
    ("polygamma", (1, (-1, 0.25))),
    ("xlogy", ((1, 0), (0, 0.25))),
    ("xlog1my", ((1, 0), (1, 0.25))),
]


@cache
def compiled(text):
    return compile(text, f"<{text}>", "eval"), set(re.findall(r"(\w+)\(", text)) - {"abs"}


def numbers(rule, operands, kind):
    """Operands as numbers of a kind; what nothing is differentiated by stays whole."""
    return tuple(x if name == ORDER else kind(x) for name, x in zip(rule.operands, operands, strict=True))


def evaluate(text, rule, operands, y=None):
    """A cell of a row at plain numbers, with the functions of their number system."""
    system = common(rule.name, *operands)
    code, names = compiled(text)
    space = {name: getattr(system, name) for name in names} | dict(zip(rule.operands, operands, strict=True))
    return eval(code, space | {"y": y})


def cells(rule, operands):
    """The value of a row and its slopes, at plain numbers."""
    y = evaluate(rule.value, rule, operands)
    return y, [evaluate(text, rule, operands, y) for text in rule.slopes]


def refuse(rule, operands):
    """Raises AssertionError unless the row has no result at plain numbers."""
    try:
        answer = cells(rule, operands)
    except (ArithmeticError, ValueError):
        return
    raise AssertionError(f"{rule.name}{operands} must have no result; got {answer}")


def assert_edge(got, expected):
    """Value and slopes are those of EDGES, within the last digit of a float."""
    for x, y in zip([got[0], *got[1]], [expected[0], *expected[1]], strict=True):
        x = float(innermost(x))
        assert y is None or ulps(x, y) <= 1 or (math.isnan(x) and math.isnan(y)), (got, expected)


@cache
def points(name, count):
    """Operands of a row in its domain, away from kinks: drawn ones, sizes of all kinds, hard ones; floats."""
    draw = random.Random(name)
    columns = []
    for i in range(count):
        column = [x for size in SIZES for x in (size, -size)] + [draw.gauss(0, 3) for _ in range(20)]
        draw.shuffle(column)
        columns.append([DOMAIN.get((name, i), float)(x) for x in column])
    return list(zip(*columns, strict=True)) + HARD.get(name, [])


@cache
def truth(name, operands):
    """Value and slopes of the textbook's formula, right to 100 digits, by difference quotients."""
    hard = operands in HARD.get(name, [])
    with mpmath.workdps(250 if not hard else 400 if "gamma" in name else 1500):
        exact = [mpf(x) for x in operands]
        slopes = []
        for i, x in enumerate(exact):
            h = (abs(x) or 1) * mpf(10) ** -60  # the quotient is wrong by its square, and by rounding
            up, down = (MEANING[name](*exact[:i], x + way * h, *exact[i + 1 :]) for way in (1, -1))
            slopes.append((up - down) / (2 * h))
        return MEANING[name](*exact), slopes
