"""Random programs of reads, views and writes: values as NumPy's, gradients as finite differences, at every order."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import Tensor

PROGRAMS = 300


class Program:
    """A program that is the same for arrays and tensors, drawn from a seed. Each statement is a function of the state:
    ``slots``, a list of arrays, many of which share memory, and ``w``, the inputs."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.rows = int(self.rng.integers(2, 5))
        self.start = self.rng.normal(size=(self.rows, 3))
        self.weights = self.rng.normal(size=(20, self.rows, 3))
        shapes, self.statements = [(self.rows, 3)], []
        memory, self.of_constant = [0], bool(self.rng.integers(2))
        for _ in range(int(self.rng.integers(3, 12))):
            self.statements.append(self.draw(shapes, memory))

    def draw(self, shapes, memory):
        rng = self.rng
        at = int(rng.integers(len(shapes)))
        shape = shapes[at]
        kind = rng.choice(["view", "view", "copy", "write", "write", "write", "add", "times", "itself", "transfer"])
        if kind == "view":
            take, name = self.view(shape)
            shapes.append(take(np.empty(shape)).shape)
            memory.append(memory[at])
            return lambda slots, w: slots.append(take(slots[at])), f"s{len(shapes) - 1} = {name}(s{at})"
        if kind == "copy":
            shapes.append(shape)
            memory.append(len(shapes))
            return lambda slots, w: slots.append(np.sin(+slots[at])), f"s{len(shapes) - 1} = sin(s{at})"
        if kind == "add":
            scale = rng.normal()

            def add(slots, w):
                slots[at] += w.sum() * scale

            return add, f"s{at} += {scale:.2f} * w.sum()"
        if kind == "times":

            def times(slots, w):
                slots[at] *= np.cos(+slots[at])

            return times, f"s{at} *= cos(s{at})"
        if kind == "itself" and shape and shape[0] > 1:

            def overlap(slots, w):
                slots[at][1:] = slots[at][:-1]

            return overlap, f"s{at}[1:] = s{at}[:-1]"
        index = self.index(shape)
        part = np.empty(shape)[index].shape
        if kind == "transfer":
            other = int(rng.integers(len(shapes)))

            def transfer(slots, w):
                slots[at][index] = np.tanh(+slots[other]).sum()

            return transfer, f"s{at}[{index}] = tanh(s{other}).sum()"
        size = int(np.prod(part))
        pick = rng.integers(self.rows * 3, size=size).reshape(part)
        constant = rng.random() < 0.2

        def write(slots, w):
            slots[at][index] = np.full(part, 0.7) if constant else w.reshape(-1)[pick] * 1.5

        return write, f"s{at}[{index}] = {'0.7' if constant else f'1.5 * w.flat[{pick.tolist()}]'}"

    def view(self, shape):
        rng, choices = self.rng, [(lambda a: a[...], "all"), (lambda a: a.reshape(-1), "ravel")]
        if len(shape) > 1:
            choices += [(lambda a: a.T, "T")] * 2
        if shape and shape[0]:
            i, step = int(rng.integers(shape[0])), int(rng.choice([-2, -1, 2]))
            choices += [(lambda a: a[i:], f"[{i}:]"), (lambda a: a[::step], f"[::{step}]")]
            choices += [(lambda a: a[i], f"[{i}]"), (lambda a: a[..., None], "[..., None]")] if len(shape) > 1 else []
        return choices[rng.integers(len(choices))]

    def index(self, shape):
        rng = self.rng
        if not shape:
            return ...
        n = shape[0]
        kind = rng.integers(6) if n else 5
        if kind == 0:
            return int(rng.integers(-n, n))
        if kind == 1:
            return slice(int(rng.integers(n)), None, int(rng.integers(1, 3)))
        if kind == 2:
            return rng.random(shape) < 0.5
        if kind == 3:
            return rng.integers(n, size=4)  # repeats
        if kind == 4 and len(shape) > 1:
            return rng.integers(n, size=3), rng.integers(shape[1], size=3)
        return ...

    def run(self, w):
        """A scalar that depends on all that is there at the end."""
        slots = [Tensor(self.start.copy()) if isinstance(w, Tensor) else self.start.copy()]
        if not self.of_constant:
            slots = [np.sin(w) * self.start]
        for statement, _ in self.statements:
            statement(slots, w)
        return slots

    def loss(self, w):
        total = 0.0
        for slot, weights in zip(self.run(w), self.weights):
            total = total + (np.sin(slot) * weights.sum() + slot * 0.3).sum()
        return total

    def __str__(self):
        first = "s0 = start" if self.of_constant else "s0 = sin(w) * start"
        return "\n".join([first, *[text for _, text in self.statements]])


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_a_random_program(seed):
    program = Program(seed)
    w = np.random.default_rng(seed + 1).normal(size=(program.rows, 3))
    x = Tensor(w.copy(), requires_grad=True)
    for ours, theirs in zip(program.run(x), program.run(w), strict=True):
        np.testing.assert_allclose(ours.data, theirs, rtol=1e-12, atol=1e-12, err_msg=str(program))
    value, gradient = tg.value_and_grad(program.loss)(w)
    np.testing.assert_allclose(value, program.loss(w), rtol=1e-12)
    direction = np.random.default_rng(seed + 2).normal(size=w.shape)
    h = 1e-6
    slope = (program.loss(w + h * direction) - program.loss(w - h * direction)) / (2 * h)
    np.testing.assert_allclose((gradient * direction).sum(), slope, rtol=1e-6, atol=1e-7, err_msg=str(program))
    _, forward = tg.jvp(program.loss, (w,), (direction,))
    np.testing.assert_allclose(forward, slope, rtol=1e-6, atol=1e-7, err_msg=str(program))
    bend = tg.hvp(program.loss, (w,), (direction,))
    h = 1e-5
    expected = (tg.grad(program.loss)(w + h * direction) - tg.grad(program.loss)(w - h * direction)) / (2 * h)
    np.testing.assert_allclose(bend, expected, rtol=1e-5, atol=1e-6, err_msg=str(program))
