// Shapes: nodes by their kind, modules open and closed, wires, and what is written in them.

const SVG = 'http://www.w3.org/2000/svg';

/** An SVG element. Text goes in as text, whatever is in it. */
function shape(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** The outline of a node, its middle at 0, 0. */
const OUTLINES = {
  op: (w, h) => [shape('rect', { class: 'body', x: -w / 2, y: -h / 2, width: w, height: h, rx: 11 })],
  gradient: (w, h) => [shape('path', { class: 'body',
    d: `M${-w / 2},0 l11,${-h / 2} h${w - 22} l11,${h / 2} l-11,${h / 2} h${22 - w} z` })],
  parameter: (w, h) => [
    shape('path', { class: 'body',
      d: `M${-w / 2},${5 - h / 2} a${w / 2},5 0 0 1 ${w},0 v${h - 10} a${w / 2},5 0 0 1 ${-w},0 z` }),
    shape('path', { class: 'line', d: `M${-w / 2},${5 - h / 2} a${w / 2},5 0 0 0 ${w},0` })],
  input: (w, h) => [
    shape('path', { class: 'body', d: `M${-w / 2},${-h / 2} h${w - 11} l11,11 v${h - 11} h${-w} z` }),
    shape('path', { class: 'line', d: `M${w / 2 - 11},${-h / 2} v11 h11` })],
  module: (w, h) => [
    shape('rect', { class: 'behind', x: 4 - w / 2, y: 4 - h / 2, width: w, height: h, rx: 10 }),
    shape('rect', { class: 'body', x: -w / 2, y: -h / 2, width: w, height: h, rx: 10 })],
};

/** Two lines in the middle of a shape: the parts of the first are [text, class, style for measuring]. */
function label(room, y, parts, below) {
  const title = shape('text', { class: 'title', y: y - 3 });
  let left = room;
  for (const [i, [text, name, style]] of parts.entries()) {
    const gap = i ? 5 : 0, fitted = text && left > 20 ? fitting(text, left - gap, 12, style) : '';
    if (!fitted) continue;
    left -= widthOf(fitted, 12, style) + gap;
    title.append(shape('tspan', { class: name, dx: i ? gap : null }, fitted));
  }
  return [title, shape('text', { class: 'below', y: y + 12 }, fitting(below, room + 6, 10))];
}

/** A node of the graph. */
function drawNode(node, index, { x, y, width, height }, paint) {
  const [name, settings] = besides(node), facts = `${shapeOf(node)} ${node.dtype}`;
  const kind = node.kind in OUTLINES ? node.kind : 'op';
  const drawn = shape('g', {
    class: `node ${kind}${node.output ? ' output' : ''}`, transform: `translate(${x} ${y})`, tabindex: 0, role: 'button',
    'data-node': index, 'aria-label': [titleOf(node), name, node.kind, facts, settings].filter(Boolean).join(', '),
  });
  drawn.append(...OUTLINES[kind](width, height));
  const room = width - (kind === 'gradient' ? 26 : kind === 'input' ? 20 : 14);
  drawn.append(...label(room, kind === 'parameter' ? 3 : 0,
    [[titleOf(node), 'name', 'bold'], [name, 'own', 'italic'], [settings, 'settings', '']], facts));
  return painted(drawn, paint);
}

/** A closed module. */
function drawClosed(box, number, { x, y, width, height }, { times, below, paint }) {
  const drawn = shape('g', {
    class: 'box closed', transform: `translate(${x} ${y})`, tabindex: 0, role: 'button', 'aria-expanded': 'false',
    'data-box': number, 'aria-label': `${visible(box.name)}${times > 1 ? ` × ${times}` : ''}, closed module, ${below}`,
  });
  drawn.append(...OUTLINES.module(width, height), chevron(14 - width / 2, 0, false));
  const lines = shape('g', { transform: 'translate(6 0)' });
  lines.append(...label(width - 36, 0, [[visible(box.name), 'name', 'bold'], times > 1 ? [`× ${times}`, 'times', 'bold'] : ['']], below));
  drawn.append(lines);
  return painted(drawn, paint);
}

/** The title of an open module, over the wires that pass behind it. */
function drawHeader(frame, { times, below }) {
  const { box, number, left, top, width } = frame, r = 11;
  const drawn = shape('g', {
    class: `box open d${Math.min(box.depth, 4)}`, transform: `translate(${left} ${top})`, tabindex: 0, role: 'button',
    'aria-expanded': 'true', 'data-box': number,
    'aria-label': `${visible(box.name)}${times > 1 ? ` × ${times}` : ''}, open module, ${below}`,
  });
  drawn.append(
    shape('path', { class: 'bar', d: `M0.5,${HEADER} v${r - HEADER} a${r},${r} 0 0 1 ${r},${-r} h${width - 2 * r - 1} a${r},${r} 0 0 1 ${r},${r} v${HEADER - r} z` }),
    chevron(16, HEADER / 2, true));
  const title = shape('text', { class: 'title', x: 28, y: HEADER / 2 + 4 });
  title.append(shape('tspan', { class: 'name' }, fitting(visible(box.name), width - 44, 12, 'bold')));
  if (times > 1) title.append(shape('tspan', { class: 'times', dx: 6 }, `× ${times}`));
  drawn.append(title);
  if (width - titleRoom(box, times) > widthOf(below, 10) + 12) {
    drawn.append(shape('text', { class: 'below', x: width - 14, y: HEADER / 2 + 4 }, below));
  }
  return drawn;
}

/** How wide a title must be to be read. */
function titleRoom(box, times) {
  return Math.min(46 + widthOf(visible(box.name), 12, 'bold') + (times > 1 ? 8 + widthOf(`× ${times}`, 12, 'bold') : 0), 300);
}

function drawFrame({ left, top, width, height }) {
  return shape('rect', { class: 'frame', x: left + 0.5, y: top + 0.5, width: width - 1, height: height - 1, rx: 11 });
}

function chevron(x, y, open) {
  return shape('path', { class: 'chevron', d: open ? `M${x - 4},${y - 2} l4,4 l4,-4` : `M${x - 2},${y - 4} l4,4 l-4,4` });
}

function drawWire({ points, sources, arrow }, kind) {
  const [first, ...rest] = points.map(([x, y]) => `${Math.round(x * 10) / 10},${Math.round(y * 10) / 10}`);
  const path = shape('path', { class: `wire ${kind}${arrow ? ' arrow' : ''}`, d: `M${first} C${rest.join(' ')}` });
  if (sources.length > 1) path.style.strokeWidth = Math.min(1.3 + 0.6 * Math.log2(sources.length), 4);
  return path;
}

/** A shape in the colour of what was measured there; without one when it is not known. */
function painted(drawn, paint) {
  if (paint) {
    drawn.classList.add('painted');
    drawn.style.setProperty('--fill', paint.fill);
    drawn.style.setProperty('--ink', paint.ink);
    drawn.style.setProperty('--faint', paint.ink);
  }
  return drawn;
}
