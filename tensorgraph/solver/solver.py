"""Solver: trains a classifier by minibatches and keeps what did best on validation. Source: the course's ``Solver``."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..data import check_examples
from ..errors import ArgumentError, CheckpointError, DataError, NonFiniteError
from ..files import writable_folder
from ..io import Checkpoint, load_checkpoint
from ..nn import Module
from .state import State, put_back, take
from .update_rules import make_optimizer


class Solver:
    """Trains a model on minibatches, and ends with the parameters that did best on the validation examples.

    model              a Module with ``loss``, see below
    data               a Dataset, or a dict with X_train (N, ...), y_train (N,), X_val and y_val
    update_rule        "sgd", "sgd_momentum", "sgd_nesterov_momentum", "rmsprop" or "adam"
    optim_config       the rule's settings: learning_rate, momentum, decay_rate, epsilon, beta1, beta2
    lr_decay           what the learning rate is multiplied with after each epoch
    batch_size         examples in a minibatch; they are drawn with replacement
    num_epochs         an epoch has max(N // batch_size, 1) iterations
    num_train_samples  measure training accuracy on so many examples; None for all
    num_val_samples    the same for validation
    checkpoint_name    save ``<name>_epoch_<N>.npz`` at every measurement
    print_every        iterations between lines about the loss
    verbose            print the loss, and the accuracies after each epoch
    seed               of the minibatches and of the examples that are measured
    on_step, on_epoch  called with this solver after each iteration, after each epoch

    Accuracy is measured after the first iteration and at the end of each epoch. Afterwards the histories are in
    ``loss_history`` (one for each iteration), ``train_acc_history`` and ``val_acc_history``, and the best are
    ``best_val_acc`` and ``best_params``.

    The model is asked for ``model.loss(X)``, scores (N, C) in test mode, and, to learn, for ``model.objective(X, y)``,
    a recorded loss. A model without ``objective`` is asked for ``model.loss(X, y)``: ``(loss, grads)``, the gradients
    as arrays under the names of ``model.named_parameters()``.

    Raises ArgumentError for settings out of range and DataError for malformed data.

    >>> import tensorgraph as tg
    >>> net = tg.nn.FullyConnectedNet([50], input_dim=64, use_batchnorm=True, seed=0)
    >>> solver = tg.Solver(net, tg.data.digits(), update_rule="adam", num_epochs=5, seed=0, verbose=False)
    >>> solver.train()
    >>> solver.best_val_acc > 0.9
    True
    """

    def __init__(
        self,
        model: Module,
        data: Mapping[str, np.ndarray] | Any,
        update_rule: str = "sgd",
        optim_config: Mapping[str, float] | None = None,
        lr_decay: float = 1.0,
        batch_size: int = 100,
        num_epochs: int = 10,
        num_train_samples: int | None = 1000,
        num_val_samples: int | None = None,
        checkpoint_name: str | os.PathLike | None = None,
        print_every: int = 10,
        verbose: bool = True,
        seed: int | None = None,
        on_step: Callable[[Solver], None] | None = None,
        on_epoch: Callable[[Solver], None] | None = None,
    ) -> None:
        _require_whole(
            batch_size=batch_size, num_epochs=num_epochs, print_every=print_every,
            num_train_samples=num_train_samples, num_val_samples=num_val_samples,
        )  # fmt: skip
        if not lr_decay > 0:
            raise ArgumentError(f"Solver: lr_decay is a factor above 0; got {lr_decay}")
        if not callable(getattr(model, "loss", None)):
            raise ArgumentError(f"Solver: the model needs a method loss(X, y=None); {type(model).__name__} has none")
        if missing := [key for key in ("X_train", "y_train", "X_val", "y_val") if key not in data]:
            raise DataError(f"Solver: data lacks {', '.join(missing)}")
        self.X_train, self.y_train, self.X_val, self.y_val = (
            data["X_train"], data["y_train"], data["X_val"], data["y_val"],
        )  # fmt: skip
        check_examples(self.X_train, self.y_train, where="training data")
        check_examples(self.X_val, self.y_val, where="validation data")

        self.model: Any = model
        self.optimizer = make_optimizer(update_rule, model.parameters(), optim_config or {})
        self.lr_decay, self.batch_size, self.num_epochs = lr_decay, batch_size, num_epochs
        self.num_train_samples, self.num_val_samples = num_train_samples, num_val_samples
        self.checkpoint_name = None if checkpoint_name is None else Path(checkpoint_name)
        self.print_every, self.verbose = print_every, verbose
        self.on_step, self.on_epoch = on_step, on_epoch

        self.iterations_per_epoch = max(len(self.y_train) // batch_size, 1)
        self.epoch = self.iteration = 0
        self.loss_history: list[float] = []
        self.train_acc_history: list[float] = []
        self.val_acc_history: list[float] = []
        self.best_val_acc = 0.0
        self.best_state: dict[str, np.ndarray] | None = None  # the best parameters and running statistics
        self.interrupted = False
        # One stream draws minibatches, the other what is measured: measuring more does not change the training.
        self._batches, self._samples = np.random.default_rng(seed).spawn(2)
        self._snapshot: State | None = None  # the whole state at the last measurement

    @property
    def num_iterations(self) -> int:
        """How many iterations the whole training has."""
        return self.num_epochs * self.iterations_per_epoch

    @property
    def best_params(self) -> dict[str, np.ndarray]:
        """The parameters that did best on validation so far, by name."""
        best = self.best_state or {}
        return {name: best[name] for name, _ in self.model.named_parameters() if name in best}

    def train(self) -> None:
        """Train until ``num_epochs`` epochs are done, then restore the best parameters and running statistics.

        Ctrl-C, and any error, ends the training with the best restored and the histories kept; after Ctrl-C
        ``interrupted`` is true. Another call goes on from the last measurement before that: as does one after
        ``num_epochs`` was raised, and one after ``resume``.
        Raises NonFiniteError when the loss is NaN or Inf, and DataError when a label is not a class of the model.
        """
        if self.checkpoint_name is not None:
            writable_folder(self.checkpoint_name.parent)
        self._check_labels()
        if self._snapshot is None:
            self._snapshot = take(self)
        else:
            put_back(self, self._snapshot)
        self.interrupted = False
        mode = self.model.training
        self.model.train()
        try:
            while self.iteration < self.num_iterations:
                self._iterate()
        except KeyboardInterrupt:
            self.interrupted = True
            if self.verbose:
                print(f"interrupted in iteration {self.iteration + 1} of {self.num_iterations}")
        finally:
            self.optimizer.zero_grad()
            self.model.train(mode)
            self.model.load_state_dict(self.best_state or self._snapshot["model"])

    def _iterate(self) -> None:
        loss = self._step()
        self.loss_history.append(loss)
        self.iteration += 1
        if self.verbose and (self.iteration - 1) % self.print_every == 0:
            print(f"(Iteration {self.iteration} / {self.num_iterations}) loss: {loss:.6f}")
        epoch_ends = self.iteration % self.iterations_per_epoch == 0
        if epoch_ends:
            self.epoch += 1
            for group in self.optimizer.groups:
                group["lr"] *= self.lr_decay
        if epoch_ends or self.iteration == 1:
            self._measure()
        if self.on_step is not None:
            self.on_step(self)
        if epoch_ends and self.on_epoch is not None:
            self.on_epoch(self)

    def _step(self) -> float:
        """One minibatch: the loss, its gradients, the update."""
        chosen = self._batches.integers(len(self.y_train), size=self.batch_size)
        loss = self._differentiate(self.X_train[chosen], self.y_train[chosen])
        if not math.isfinite(loss):
            raise NonFiniteError(
                f"Solver: the loss is {loss} in iteration {self.iteration + 1} of {self.num_iterations} "
                f"(epoch {self.epoch + 1}), with learning rate {self.optimizer.groups[0]['lr']:g}. Try a lower rate; "
                "train inside tensorgraph.debug() to be told which op made the first NaN or Inf"
            )
        self.optimizer.step()
        return loss

    def _differentiate(self, X: np.ndarray, y: np.ndarray) -> float:
        """Leave the gradient of the loss in each parameter's ``grad``, and return the loss: a float, so the graph dies.

        ``loss(X, y)`` alone would do for every model, but it switches the model's mode there and back and gathers the
        gradients by name: for a small net, a fifth of the step. So a recorded loss is preferred where there is one.
        """
        self.optimizer.zero_grad()
        if hasattr(self.model, "objective"):
            recorded = self.model.objective(X, y)
            recorded.backward()
            return recorded.item()
        result = self.model.loss(X, y)
        if not isinstance(result, tuple) or len(result) != 2:
            raise ArgumentError(
                f"Solver: {type(self.model).__name__}.loss(X, y) must give (loss, grads); it gave "
                f"{type(result).__name__}. A recorded loss belongs in a method objective(X, y)"
            )
        loss, grads = result
        for name, parameter in self.model.named_parameters():
            if name not in grads:
                raise ArgumentError(f"Solver: {type(self.model).__name__}.loss gave no gradient for {name!r}")
            parameter.grad = grads[name]
        return float(loss)

    def _measure(self) -> None:
        """Measure accuracies, keep the best, take a snapshot, and save it if a name was given."""
        train_acc = self.check_accuracy(self.X_train, self.y_train, num_samples=self.num_train_samples)
        val_acc = self.check_accuracy(self.X_val, self.y_val, num_samples=self.num_val_samples)
        self.train_acc_history.append(train_acc)
        self.val_acc_history.append(val_acc)
        if self.best_state is None or val_acc > self.best_val_acc:
            self.best_val_acc, self.best_state = val_acc, self.model.state_dict()
        self._snapshot = take(self)
        if self.checkpoint_name is not None:
            self.save(self.checkpoint_name.with_name(f"{self.checkpoint_name.name}_epoch_{self.epoch}.npz"))
        if self.verbose:
            print(f"(Epoch {self.epoch} / {self.num_epochs}) train acc: {train_acc:.6f}; val_acc: {val_acc:.6f}")

    def check_accuracy(
        self, X: np.ndarray, y: np.ndarray, num_samples: int | None = None, batch_size: int = 100
    ) -> float:
        """The share of examples whose highest score is at their label.

        X (N, ...), y (N,). With ``num_samples`` below N, so many examples are drawn, and only they are measured.
        ``batch_size`` bounds the memory. Raises DataError when there is not one label for each example, or none at all.
        """
        if len(X) != len(y) or not len(y):
            raise DataError(f"check_accuracy: takes as many labels as examples, and some; got {len(X)} and {len(y)}")
        if num_samples is not None and num_samples < len(y):
            chosen = self._samples.choice(len(y), num_samples, replace=False)
            X, y = X[chosen], y[chosen]
        right = 0
        for start in range(0, len(y), batch_size):
            scores = self.model.loss(X[start : start + batch_size])
            right += int(np.count_nonzero(scores.argmax(axis=1) == y[start : start + batch_size]))
        return right / len(y)

    def _check_labels(self) -> None:
        scores = self.model.loss(self.X_val[:1])
        if not isinstance(scores, np.ndarray) or scores.ndim != 2:
            raise ArgumentError(f"Solver: {type(self.model).__name__}.loss(X) must give an array of scores (N, C)")
        for part, y in ("training", self.y_train), ("validation", self.y_val):
            if y.max() >= scores.shape[1]:
                raise DataError(f"{part} data: label {y.max()} is not a class; the model has {scores.shape[1]} scores")

    # State

    def state_dict(self) -> State:
        """Everything that the training needs to go on, as it was at the last measurement: arrays, numbers, strings.

        Holds the model's and the optimizer's state, the histories, the best parameters, and the state of every random
        generator: training that is stopped and resumed gives the numbers of training that is not, to the last bit.
        """
        return self._snapshot or take(self)

    def load_state_dict(self, state: State) -> None:
        """Go on from a ``state_dict`` of a solver with the same arguments (``num_epochs`` may differ).

        Raises CheckpointError when it does not fit, and then changes nothing.
        """
        before = take(self)
        try:
            here, there = self.iterations_per_epoch, state["progress"]["iterations_per_epoch"]
            if here != there:
                raise CheckpointError(
                    f"Solver: an epoch has {here} iterations here and {there} in the state. "
                    "Use the data and the batch size of that run"
                )
            put_back(self, state)
        except (CheckpointError, KeyError, TypeError, AttributeError) as error:
            put_back(self, before)
            if isinstance(error, CheckpointError):
                raise
            raise CheckpointError(f"Solver: this is no state of a Solver with such a model ({error!r})") from error
        self._snapshot = state

    def save(self, path: str | os.PathLike) -> Path:
        """Write the state to a checkpoint file, which ``resume`` and ``tensorgraph.io.load_checkpoint`` read."""
        state = self.state_dict()
        kind, config = type(self.model).__name__, getattr(self.model, "config", None)
        return Checkpoint(kind, config, state["model"], state["optimizer"], state["progress"]).save(path)

    def resume(self, path: str | os.PathLike) -> None:
        """Go on from a file that ``save`` wrote: call ``train()`` next. Raises FileError and CheckpointError."""
        saved = load_checkpoint(path)
        self.load_state_dict({"model": saved.model, "optimizer": saved.optimizer, "progress": saved.extra})


def _require_whole(**settings: int | None) -> None:
    for name, value in settings.items():
        optional = name.endswith("_samples")
        if not (value is None and optional) and (not isinstance(value, int | np.integer) or value < 1):
            raise ArgumentError(
                f"Solver: {name} is a whole number of at least 1{' or None' if optional else ''}; got {value!r}"
            )
