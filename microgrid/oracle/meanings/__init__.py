"""What functions mean whose programs only approximate them, and what that explains of JAX's slopes.

meaning.py           the decorator that tells a meaning, and what is known of those told
checks.py            what such a meaning is held to
special_functions.py what special functions mean
pseudo_inverse.py    what pinv means
explanations.py      whether meanings and rounded literals explain a rule
"""
