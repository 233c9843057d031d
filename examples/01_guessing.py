"""What is 1 + 5? A learner guesses 19 and sees only the slope of the error at its guess.

Shows: the guesses 19, 16, 12, 8, 4, 6, exactly, each one step of gradient descent; and steps that
are too large: from a learning rate of 1 on, more steps bring the guess no closer.
"""

from fractions import Fraction

from microgrid import Value, gradient_descent, mean_squared_error

ANSWER, START = Fraction(1 + 5), Fraction(19)
RATES = (Fraction(3, 26), Fraction(1, 5), Fraction(1, 3), Fraction(1), Fraction(1, 2))


def step(guess, learning_rate):
    """The next guess, and the slope of the error (guess - 6)**2 that led there: 2 * (guess - 6)."""
    value = Value(guess)
    error = mean_squared_error([value], [ANSWER], reduction="sum")
    error.backward()
    optimizer = gradient_descent(learning_rate)
    updates, _ = optimizer.update([value.grad], optimizer.init([guess]), [guess])
    return guess + updates[0], value.grad


def guesses(rates):
    """The guesses from 19 on, one step for each learning rate."""
    told = [START]
    for rate in rates:
        told.append(step(told[-1], rate)[0])
    return told


def main():
    """Plays the story. Returns the guesses, and how far off 20 steps end for each fixed learning rate."""
    print("What is 1 + 5? The learner begins at 19. The error is (guess - 6)**2, its slope 2 * (guess - 6),")
    print("and a step is: guess - learning rate * slope.\n")
    print("  guess   error   slope   learning rate   next guess")
    told = guesses(RATES)
    for guess, rate, following in zip(told, RATES, told[1:], strict=False):
        error, slope = (guess - ANSWER) ** 2, step(guess, rate)[1]
        note = "   past the answer, as far off as before" if following < ANSWER else ""
        note = "   there" if following == ANSWER else note
        print(f"{guess!s:>7}{error!s:>8}{slope!s:>8}{rate!s:>16}{following!s:>13}{note}")

    print("\nA step multiplies the distance to 6 by 1 - 2 * learning rate. After 20 steps from 19:\n")
    print("  learning rate   factor   first guesses                    off by")
    ends = {}
    for rate in map(Fraction, ("0.1", "0.4", "0.5", "0.9", "1", "1.1")):
        path = guesses([rate] * 20)
        ends[float(rate)] = float(path[-1] - ANSWER)
        first = "  ".join(f"{float(guess):5.1f}" for guess in path[:4])
        print(f"{float(rate):>15}{float(1 - 2 * rate):>9.1f}   {first}   ...{abs(ends[float(rate)]):>13.6f}")
    print("\nBelow 1/2 it creeps up on the answer, at 1/2 it jumps there, above it overshoots and swings.")
    print("At 1 it swings for ever, and above 1 every step is a step too large: it ends further off.")
    return told, ends


if __name__ == "__main__":
    from command_line import play

    play(main, __doc__)
