"""Operations whose gradients are fast inside a compiled loop on CPU, where XLA's own are not.

Values are those of `lax`. What differs is the form in which the derivative is written down; on GPU and TPU it
is lax's own.
"""
