"""The steps of backward as HTML: one page, or a fragment for a notebook. No scripts; light, dark, and on paper."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from .step import Contribution, RuleRun, Step, shown

MOST_STEPS = 100  # in a notebook, and in print

# Colours are those around it: greys are half transparent, so that they suit a light and a dark ground.
STYLE = """
.tg-steps { line-height: 1.45; max-width: 68rem; }
.tg-steps h1 { font-size: 1.35rem; margin: 0 0 .8rem; }
.tg-steps section { border: 1px solid rgba(128,128,128,.4); border-left: 4px solid #4a86c5; border-radius: 6px;
  padding: .55rem .9rem .7rem; margin: 0 0 .8rem; break-inside: avoid; }
.tg-steps section.tg-leaves { border-left-color: #c27a0e; }
.tg-steps h2 { font-size: 1.02rem; margin: 0 0 .15rem; }
.tg-steps .tg-number { display: inline-block; min-width: 1.9em; opacity: .65; font-weight: normal; }
.tg-steps .tg-where { font-size: .85rem; opacity: .75; margin: 0 0 .3rem; overflow-wrap: anywhere; }
.tg-steps table { border-collapse: collapse; width: 100%; margin: .3rem 0 0; font-size: .9rem; text-align: left; }
.tg-steps th, .tg-steps td { text-align: left; vertical-align: top; padding: .15rem .8rem .15rem 0; border: 0;
  background: none; color: inherit; }
.tg-steps th { font-weight: normal; opacity: .75; width: 9.5rem; white-space: nowrap; }
.tg-steps tr.tg-rule > * { border-top: 1px solid rgba(128,128,128,.35); padding-top: .35rem; }
.tg-steps code, .tg-steps pre { font: .86rem/1.45 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
  background: none; color: inherit; padding: 0; margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; }
.tg-steps .tg-note { opacity: .75; }
"""

PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font-family: system-ui, "Helvetica Neue", Arial, sans-serif; margin: 1.5rem; }}
@media print {{ :root {{ color-scheme: light; }} body {{ margin: 0; }} }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def page(title: str, steps: Sequence[Step], leaves: Sequence[tuple[str, str]]) -> str:
    """A page that needs nothing else."""
    return PAGE.format(title=escape(title), body=_body(title, steps, leaves, 0))


def fragment(title: str, steps: Sequence[Step], leaves: Sequence[tuple[str, str]]) -> str:
    """A part of a page, with the first steps of many."""
    return _body(title, steps[:MOST_STEPS], leaves, len(steps) - MOST_STEPS)


def _body(title: str, steps: Sequence[Step], leaves: Sequence[tuple[str, str]], more: int) -> str:
    parts = [f'<div class="tg-steps">\n<style>{STYLE}</style>\n<h1>{escape(title)}</h1>']
    parts += map(_section, steps)
    if more > 0:
        parts.append(f'<p class="tg-note">... {more} more steps; to_html() has them all</p>')
    rows = "".join([_row(escape(name), _code(g)) for name, g in leaves])
    parts.append(
        f'<section class="tg-leaves">\n<h2>what the leaves get</h2>\n<table>{rows}</table>\n</section>\n</div>'
    )
    return "\n".join(parts)


def _section(step: Step) -> str:
    file, line = step.where
    where = f'<p class="tg-where">{escape(file)} {_code(line)}</p>\n' if file else ""
    rows = [_row("gradient of its output", _code(shown(step.gradient)))]
    for run in step.rules:
        rows += _of_rule(run)
    head = f'<h2><span class="tg-number">{step.number}</span> {escape(step.title())}</h2>'
    return f"<section>\n{head}\n{where}<table>{''.join(rows)}</table>\n</section>"


def _of_rule(run: RuleRun) -> list[str]:
    source = f"<pre>{escape(run.source)}</pre>" if run.source else '<span class="tg-note">cannot be read</span>'
    rows = [_row(f"rule for {escape(run.names)}", source, "tg-rule")]
    if lines := run.lines():
        rows.append(_row("sees", "<br>".join(map(_code, lines))))
    return rows + [_row(f"gives {escape(c.argument)}", _given(c)) for c in run.contributions]


def _given(c: Contribution) -> str:
    total = "the first" if c.first else f"so far {_code(shown(c.so_far))}"
    return f'{_code(shown(c.value))}<br><span class="tg-note">added to {escape(c.to)}: {total}</span>'


def _row(head: str, cell: str, kind: str = "") -> str:
    return f'\n<tr{f" class={kind!r}" if kind else ""}><th scope="row">{head}</th><td>{cell}</td></tr>'


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"
