"""Rules of custom_vjp and custom_jvp: how JAX keeps them, which of them are wrong, and which are declared.

rule_of_equation.py  the rule that an equation brings along
malformed.py         rules that JAX cannot use
linearity.py         whether a rule is linear
rule_by_rule.py      the same of each rule of a run by itself
alone.py             whether each rule of a run is right by itself
twice.py             the rule that is wrong at the second order
surrogates.py        rules that a user declares to be the truth
declared.py          the operations of JAX's program that come of these
custom_root.py       custom_root as JAX keeps it
"""
