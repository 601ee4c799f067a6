"""Spans in Chrome's trace format, which Perfetto and Chrome show on a line of time.

Source: "Trace Event Format", Google, https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

from .spans import FORWARD, RULE, Span, scope_runs


def to_json(spans: Sequence[Span], began: float) -> str:
    """The text of a trace. Times are microseconds since ``began``."""
    threads = {thread: number for number, thread in enumerate(dict.fromkeys(span.thread for span in spans), 1)}
    process = os.getpid()

    def event(name: str, category: str, begin: float, end: float, thread: int, args: dict) -> dict[str, Any]:
        return {
            "name": name, "cat": category, "ph": "X", "ts": (begin - began) * 1e6, "dur": (end - begin) * 1e6,
            "pid": process, "tid": threads[thread], "args": args,
        }  # fmt: skip

    # Of events that begin together, the outer one must come first.
    of_scopes = [
        ((begin, -end, len(path)), event(path[-1], "scope", begin, end, thread, {"path": "/".join(path)}))
        for path, begin, end, thread in scope_runs(spans)
    ]
    of_spans = [
        (
            (span.begin, -span.end, len(span.scope) + 1 + span.depth),
            event(_title(span), span.phase, span.begin, span.end, span.thread, _args(span)),
        )
        for span in spans
    ]
    events = [event for _, event in sorted(of_scopes + of_spans, key=lambda pair: pair[0])]
    about: dict[str, Any] = {"ph": "M", "pid": process}
    names = [{"name": "process_name", **about, "tid": 0, "args": {"name": "tensorgraph"}}]
    names += [{"name": "thread_name", **about, "tid": n, "args": {"name": f"thread {n}"}} for n in threads.values()]
    return json.dumps({"traceEvents": names + events, "displayTimeUnit": "ms"})


def _title(span: Span) -> str:
    return f"{span.name}: gradient of {', '.join(span.inputs)}" if span.phase == RULE else span.name


def _args(span: Span) -> dict[str, Any]:
    args: dict[str, Any] = {"module": "/".join(span.scope), "bytes made": span.made}
    if span.phase != RULE:
        args["shapes"] = [list(shape) for shape in span.inputs]
    if span.phase == FORWARD:
        args["bytes saved"] = span.saved
    if span.shape is not None:
        args["shape"] = list(span.shape)
    if span.place is not None:
        args |= {"place": str(span.place), "source": span.place.source}
    return args
