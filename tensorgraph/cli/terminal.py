"""What a command shows while it works. With rich in a terminal, else as plain text."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any


class Progress:
    """A bar on the terminal while work goes on, gone when it is done. Nothing where nobody watches, as in a pipe.

    total  steps of the whole work
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self._bar: Any = None
        self._watched = sys.stderr.isatty()
        self._shown = 0.0

    def __enter__(self) -> Progress:
        if self._watched:
            try:
                self._bar = _rich_bar(self.total)
            except ImportError:  # the plain line of update() does as well
                self._bar = None
            if self._bar is not None:
                self._bar.start()
        return self

    def update(self, done: int, text: str) -> None:
        """Show that ``done`` steps are done, and a word about them; ten times a second at most."""
        now = time.monotonic()
        if not self._watched or (now - self._shown < 0.1 and done < self.total):
            return
        self._shown = now
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=done, text=text)
        else:
            print(f"\r{100 * done // self.total:3d} %  {text}\x1b[K", end="", file=sys.stderr, flush=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, place: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        elif self._watched:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _rich_bar(total: int) -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), TextColumn("{task.fields[text]}")
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    bar.add_task("", total=total, text="")
    return bar
