"""Gymnasium's classic-control tasks as JAX functions, in float32: the same physics, step by step.

State is a tuple of numbers, one array each when many episodes run side by side. Angles are in radians,
positions in metres, dt in seconds.
"""

from functools import cache
from math import pi

import jax.numpy as jnp

from .functional import FunctionalEnv


def _like(env_id, init, step, uniforms):
    """A FunctionalEnv with the spaces and the time limit of one of Gymnasium's."""
    from . import envs

    made = envs.make("functional_env", env_id)
    limit = envs.bare(made).limit
    return FunctionalEnv(
        init, step, made.observation_space, made.action_space, limit, name=env_id, uniforms=uniforms
    )


def _between(low, high, uniforms):
    """Numbers of [0, 1) in [low, high), one by one."""
    return tuple(low + (high - low) * uniforms)


@cache
def cart_pole():
    """CartPole-v1: a pole on a cart, pushed left or right by 10 N; 1 per step, over beyond 12 degrees or 2.4.

        f = force + masspole * length * theta_dot**2 * sin(theta)
        theta_acc = (g * sin(theta) - cos(theta) * f / mass)
                    / (length * (4/3 - masspole * cos(theta)**2 / mass))
        x_acc = (f - masspole * length * theta_acc * cos(theta)) / mass

    Euler steps of 0.02 s. Source: Barto, Sutton and Anderson 1983; Florian 2007, eq. 23 and 24, no friction.
    """
    g, masspole, length, dt = 9.8, 0.1, 0.5, 0.02
    mass, threshold = 1.0 + masspole, 12 * 2 * pi / 360

    def init(uniforms):
        state = _between(-0.05, 0.05, uniforms)
        return state, jnp.stack(state)

    def step(key, state, action):
        x, x_dot, theta, theta_dot = state
        cos, sin = jnp.cos(theta), jnp.sin(theta)
        force = jnp.where(action == 1, 10.0, -10.0) + masspole * length * theta_dot**2 * sin
        theta_acc = (g * sin - cos * force / mass) / (length * (4 / 3 - masspole * cos**2 / mass))
        x_acc = (force - masspole * length * theta_acc * cos) / mass
        x, x_dot = x + dt * x_dot, x_dot + dt * x_acc
        theta, theta_dot = theta + dt * theta_dot, theta_dot + dt * theta_acc
        over = (jnp.abs(x) > 2.4) | (jnp.abs(theta) > threshold)
        state = (x, x_dot, theta, theta_dot)
        return state, jnp.stack(state), jnp.float32(1.0), over

    return _like("CartPole-v1", init, step, uniforms=4)


@cache
def pendulum():
    """Pendulum-v1: a rod to be swung up by a torque within 2 N m; costs the angle, the speed and the torque.

    speed <- clip(speed + (3 * g / 2 * sin(theta) + 3 * torque) * dt, -8, 8),  theta <- theta + speed * dt
    reward = -(theta**2 + 0.1 * speed**2 + 0.001 * torque**2),  theta in [-pi, pi), before the step
    """
    g, dt = 10.0, 0.05

    def seen(theta, speed):
        return jnp.stack([jnp.cos(theta), jnp.sin(theta), speed])

    def init(uniforms):
        theta, speed = _between(-1.0, 1.0, uniforms)
        state = (theta * pi, speed)
        return state, seen(*state)

    def step(key, state, action):
        theta, speed = state
        torque = jnp.clip(action[0], -2.0, 2.0)
        upright = (theta + pi) % (2 * pi) - pi
        reward = -(upright**2 + 0.1 * speed**2 + 0.001 * torque**2)
        speed = jnp.clip(speed + (1.5 * g * jnp.sin(theta) + 3.0 * torque) * dt, -8.0, 8.0)
        state = (theta + speed * dt, speed)
        return state, seen(*state), reward, jnp.bool_(False)

    return _like("Pendulum-v1", init, step, uniforms=2)


def _valley(position, velocity, push):
    """One step of a car in a valley: cos(3 * position) is the slope of its ground."""
    velocity = jnp.clip(velocity + push - 0.0025 * jnp.cos(3 * position), -0.07, 0.07)
    position = jnp.clip(position + velocity, -1.2, 0.6)
    return position, jnp.where((position <= -1.2) & (velocity < 0), 0.0, velocity)


def _parked(uniforms):
    (position,) = _between(-0.6, -0.4, uniforms)
    state = (position, jnp.float32(0.0))
    return state, jnp.stack(state)


@cache
def mountain_car():
    """MountainCar-v0: an engine too weak for the hill pushes left, not at all or right; -1 a step, up to 0.5.

        velocity <- clip(velocity + (action - 1) * 0.001 - 0.0025 * cos(3 * position), -0.07, 0.07)

    Source: Moore 1990; Sutton and Barto 2018, example 10.1.
    """

    def step(key, state, action):
        position, velocity = state
        state = _valley(position, velocity, (action - 1) * 0.001)
        over = (state[0] >= 0.5) & (state[1] >= 0)
        return state, jnp.stack(state), jnp.float32(-1.0), over

    return _like("MountainCar-v0", _parked, step, uniforms=1)


@cache
def mountain_car_continuous():
    """MountainCarContinuous-v0: the push is a number in [-1, 1]; 100 at the top, -0.1 * push**2 a step."""

    def step(key, state, action):
        push = jnp.clip(action[0], -1.0, 1.0)
        position, velocity = state
        state = _valley(position, velocity, push * 0.0015)
        over = (state[0] >= 0.45) & (state[1] >= 0)
        reward = jnp.where(over, 100.0, 0.0) - 0.1 * action[0] ** 2
        return state, jnp.stack(state), reward, over

    return _like("MountainCarContinuous-v0", _parked, step, uniforms=1)


def _acrobot_slope(state, torque):
    """What the two angles and the two speeds change by in a second; links of 1 m and 1 kg."""
    theta1, theta2, speed1, speed2 = state
    g, lc, inertia = 9.8, 0.5, 1.0
    cos2, sin2 = jnp.cos(theta2), jnp.sin(theta2)
    d1 = lc**2 + 1 + lc**2 + 2 * lc * cos2 + 2 * inertia
    d2 = lc**2 + lc * cos2 + inertia
    phi2 = lc * g * jnp.cos(theta1 + theta2 - pi / 2)
    phi1 = -lc * sin2 * speed2 * (speed2 + 2 * speed1) + (lc + 1) * g * jnp.cos(theta1 - pi / 2) + phi2
    top = torque + d2 / d1 * phi1 - lc * speed1**2 * sin2 - phi2
    acc2 = top / (lc**2 + inertia - d2**2 / d1)
    return speed1, speed2, -(d2 * acc2 + phi1) / d1, acc2


def _wrapped(angle):
    """The angle in [-pi, pi]."""
    return angle - 2 * pi * jnp.round(angle / (2 * pi))


@cache
def acrobot():
    """Acrobot-v1: two links, a torque of -1, 0 or 1 between them; -1 per step until the tip is 1 m up.

    One step of Runge-Kutta's method of order 4 over 0.2 s. Over where -cos(theta1) - cos(theta1 + theta2) is
    above 1; the last step pays 0. Source: Sutton 1996; Sutton and Barto 1998, figure 11.5.
    """
    dt = 0.2

    def seen(theta1, theta2, speed1, speed2):
        return jnp.stack([jnp.cos(theta1), jnp.sin(theta1), jnp.cos(theta2), jnp.sin(theta2), speed1, speed2])

    def init(uniforms):
        state = _between(-0.1, 0.1, uniforms)
        return state, seen(*state)

    def step(key, state, action):
        torque = (action - 1).astype(jnp.float32)

        def along(slope, seconds):
            return _acrobot_slope((s + seconds * d for s, d in zip(state, slope, strict=True)), torque)

        k1 = _acrobot_slope(state, torque)
        k2 = along(k1, dt / 2)
        k3 = along(k2, dt / 2)
        k4 = along(k3, dt)
        theta1, theta2, speed1, speed2 = (
            s + dt / 6 * (a + 2 * b + 2 * c + d) for s, a, b, c, d in zip(state, k1, k2, k3, k4, strict=True)
        )
        speeds = jnp.clip(speed1, -4 * pi, 4 * pi), jnp.clip(speed2, -9 * pi, 9 * pi)
        state = (_wrapped(theta1), _wrapped(theta2), *speeds)
        over = -jnp.cos(state[0]) - jnp.cos(state[1] + state[0]) > 1.0
        return state, seen(*state), jnp.where(over, 0.0, -1.0), over

    return _like("Acrobot-v1", init, step, uniforms=4)
