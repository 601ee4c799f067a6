// The page: its state, what it shows of it, and what keys and pointers do.

const MOST_DRAWN = 4000; // nodes at once: the depth slider goes no further
const AT_FIRST = 150; // nodes when the page opens: modules are open to the greatest depth at which they are legible
const LEGIBLE = 0.5; // the zoom at which names can be read
const MOST_HITS = 40; // of so many matches of a search, all modules around them are opened

const $ = (id) => document.getElementById(id);
const graph = JSON.parse($('graph').textContent);
const arrangement = JSON.parse($('arrangement').textContent);
const { nodes, scopes, ops } = graph, { boxes } = arrangement;

const home = new Array(nodes.length); // the box that each node is in
const inputs = nodes.map(() => []), users = nodes.map(() => []); // of each node: [other, argument]
for (const [number, box] of boxes.entries()) {
  box.number = number;
  box.depth = number ? boxes[box.parent].depth + 1 : 0;
  for (const child of box.children) if (child >= 0) home[child] = number;
}
{
  const index = new Map(nodes.map((node, i) => [node.id, i]));
  for (const { source, target, argument } of graph.edges) {
    inputs[index.get(target)].push([index.get(source), argument]);
    users[index.get(source)].push([index.get(target), argument]);
  }
}
const deepest = Math.max(...boxes.map((box) => box.depth));

const state = {
  opened: new Set([0]), depth: 0, scale: null, dark: matchMedia('(prefers-color-scheme: dark)').matches,
  pinned: null, hits: [], hit: -1, // items: a number n >= 0 is a node, -1 - n is box n, as among children
};
let composed, at = { x: 0, y: 0, zoom: 1 }; // at: what is in the upper left corner, and pixels per unit
const elements = new Map(); // of items that are drawn

const scopeOf = (box) => (box.scope === null ? undefined : scopes[box.scope]);
const timesOf = (box) => scopeOf(box)?.times ?? 1;
const isGradient = (index) => nodes[index].kind === 'gradient';
const arranged = (opened) => compose(arrangement, opened, (box) => titleRoom(box, timesOf(box)),
  (source) => graph.view === 'both' && isGradient(source));

function chainOf(number) {
  const chain = [];
  for (; number; number = boxes[number].parent) chain.unshift(boxes[number]);
  return chain;
}

// Drawing

function paintOf(item) {
  if (!state.scale) return null;
  const value = item < 0 ? state.scale.ofBoxes[-1 - item] : state.scale.ofNodes[item];
  return value === undefined ? { fill: 'var(--unknown)', ink: 'var(--soft)' } : shade(shareOf(state.scale, value), state.dark);
}

function kindOfWire({ sources, head }) {
  if (sources.every(isGradient)) return 'gradient';
  return head >= 0 && head !== null && isGradient(head) ? 'kept' : '';
}

/** Draw what is open, and nothing else. `anchor` is an item that stays where it is on the screen. */
function draw(anchor = null) {
  const before = anchor === null ? null : placeOf(anchor);
  composed = arranged(state.opened);
  const drawn = new Map();
  for (const frame of composed.frames) {
    drawn.set(-1 - frame.number, drawHeader(frame, { times: timesOf(frame.box), below: plural(frame.box.nodes, 'node') }));
  }
  for (const spot of composed.items) {
    const { child } = spot, box = boxes[-1 - child];
    drawn.set(child, child >= 0 ? drawNode(nodes[child], child, spot, paintOf(child))
      : drawClosed(box, -1 - child, spot, { times: timesOf(box), below: plural(box.nodes, 'node'), paint: paintOf(child) }));
  }
  const focused = itemOf(document.activeElement);
  elements.clear();
  for (const item of inOrder()) elements.set(item, drawn.get(item));
  $('frames').replaceChildren(...composed.frames.map(drawFrame));
  $('wires').replaceChildren(...composed.wires.map((wire) => (wire.element = drawWire(wire, kindOfWire(wire)))));
  $('items').replaceChildren(...elements.values());
  elements.get(focused)?.focus({ preventScroll: true });
  if (before) {
    const after = placeOf(anchor);
    look({ x: at.x + after.x - before.x, y: at.y + after.top - before.top });
  }
  mark();
}

/** What is drawn, in the order of the flow: each module before what is in it. So goes the Tab key. */
function inOrder() {
  const order = [], todo = boxes[0].children.toReversed();
  while (todo.length) {
    const item = todo.pop();
    order.push(item);
    if (item < 0 && composed.inside.has(-1 - item)) todo.push(...boxes[-1 - item].children.toReversed());
  }
  return order;
}

/** Where an item is: the middle of its upper side, its height, and its width. */
function placeOf(item) {
  const frame = item < 0 && composed.inside.get(-1 - item);
  if (frame) return { x: frame.left + frame.width / 2, top: frame.top, width: frame.width, height: HEADER };
  const spot = composed.items.find(({ child }) => child === item);
  return { x: spot.x, top: spot.y - spot.height / 2, width: spot.width, height: spot.height };
}

/** Show which items match, and which is pinned or under the pointer, with its wires. */
function mark(over = null) {
  const hits = new Set(state.hits), holders = new Set();
  for (const hit of state.hits) {
    for (let box = hit < 0 ? boxes[-1 - hit].parent : home[hit]; box; box = boxes[box].parent) holders.add(-1 - box);
  }
  for (const [item, element] of elements) {
    element.classList.toggle('hit', hits.has(item));
    element.classList.toggle('holds', holders.has(item) && !composed.inside.has(-1 - item));
    element.classList.toggle('current', state.hits[state.hit] === item);
    element.classList.toggle('pinned', state.pinned === item);
  }
  const lit = over ?? state.pinned;
  for (const { element, sources, head } of composed.wires) {
    element.classList.toggle('lit', lit !== null && (head === lit || sources.includes(lit)));
  }
}

// The view

function look(to) {
  at = { ...at, ...to };
  const { clientWidth, clientHeight } = $('canvas');
  $('canvas').setAttribute('viewBox', `${at.x} ${at.y} ${clientWidth / at.zoom} ${clientHeight / at.zoom}`);
}

const MARGIN = 16, BELOW = 58; // pixels around a drawing, and below it, where the legend is

/** The zoom at which a whole drawing is in sight. */
function zoomFor({ width, height }) {
  const { clientWidth, clientHeight } = $('canvas');
  return Math.min((clientWidth - 2 * MARGIN) / width, (clientHeight - MARGIN - BELOW) / height, 1.25);
}

function fit() {
  const { clientWidth, clientHeight } = $('canvas'), to = zoomFor(composed);
  look({ zoom: to, x: (composed.width - clientWidth / to) / 2, y: (composed.height - (clientHeight + MARGIN - BELOW) / to) / 2 });
}

/** The whole drawing if it can be read then, else its upper end. */
function begin() {
  fit();
  if (at.zoom >= LEGIBLE) return;
  const { x } = placeOf(boxes[0].children[0]), { clientWidth } = $('canvas');
  look({ zoom: 0.8, x: x - clientWidth / 0.8 / 2, y: -MARGIN });
}

/** Zoom by a factor; what is at a point of the screen stays there. */
function zoom(factor, x = $('canvas').clientWidth / 2, y = $('canvas').clientHeight / 2) {
  const to = Math.min(Math.max(at.zoom * factor, 0.01), 6);
  look({ zoom: to, x: at.x + x / at.zoom - x / to, y: at.y + y / at.zoom - y / to });
}

/** Bring an item that is drawn into the middle, unless it is in sight, and at least so large. */
function reveal(item, least = LEGIBLE) {
  const { x, top, height } = placeOf(item), { clientWidth, clientHeight } = $('canvas');
  const [left, up] = [(x - at.x) * at.zoom, (top - at.y) * at.zoom];
  if (at.zoom >= least && left > 60 && left < clientWidth - 60 && up > 20 && up < clientHeight - 60) return;
  const to = at.zoom >= least ? at.zoom : 0.9;
  look({ zoom: to, x: x - clientWidth / to / 2, y: top + height / 2 - clientHeight / to / 2 });
}

// Opening and closing

function say(text) {
  $('said').textContent = text;
}

function toggle(number) {
  const opens = !state.opened.delete(number);
  if (opens) state.opened.add(number);
  draw(-1 - number);
  say(`${visible(boxes[number].name)} ${opens ? 'opened' : 'closed'}`);
}

/** How many nodes and closed modules are drawn when all boxes to a depth are open. */
function drawnAt(depth) {
  return boxes.reduce((sum, box) => sum + (box.depth <= depth ? box.children.length : 0), 0);
}

const openAt = (depth) => new Set(boxes.filter((box) => box.depth <= depth).map((box) => box.number));

function openTo(depth) {
  state.depth = Math.min(Math.max(depth, 0), Number($('depth').max));
  state.opened = openAt(state.depth);
  $('depth').value = state.depth;
  $('level').textContent = `${state.depth} / ${deepest}`;
  draw();
  fit();
}

/** Open the modules around items. */
function expose(items) {
  const before = state.opened.size;
  for (const item of items) for (const box of chainOf(item < 0 ? boxes[-1 - item].parent : home[item])) state.opened.add(box.number);
  if (state.opened.size > before) draw();
}

function go(item) {
  expose([item]);
  reveal(item);
  pin(item);
}

// Details

function pin(item) {
  state.pinned = item;
  $('panel').hidden = item === null;
  if (item !== null) {
    $('panel').replaceChildren(...(item < 0 ? about(boxes[-1 - item]) : aboutNode(nodes[item], {
      nodes, ops, inputs: inputs[item], users: users[item], chain: chainOf(home[item]),
    })).filter(Boolean));
    $('panel').scrollTop = 0;
  }
  mark();
  if (elements.has(item)) reveal(item, 0);
}

function about(box) {
  const kinds = {};
  for (const todo = [box]; todo.length;) {
    for (const child of todo.pop().children) {
      if (child < 0) todo.push(boxes[-1 - child]);
      else kinds[nodes[child].kind] = (kinds[nodes[child].kind] ?? 0) + 1;
    }
  }
  return aboutBox(box, { nodes, boxes, scope: scopeOf(box), chain: chainOf(box.number), kinds });
}

function hover(item, event) {
  $('tooltip').hidden = item === null;
  mark(item);
  if (item === null) return;
  const node = nodes[item], box = boxes[-1 - item];
  $('tooltip').replaceChildren(...(node
    ? brief(titleOf(node), [...besides(node).filter(Boolean).map((text) => ['', text]), [node.kind, `${shapeOf(node)} ${node.dtype}`],
      ...factsOf(node.facts), ...(node.facts?.values ? [['values', `${number(node.facts.values.min)} … ${number(node.facts.values.max)}`]] : [])])
    : brief(visible(box.name), [['module', plural(box.nodes, 'node')], ...factsOf(scopeOf(box)?.facts)])));
  const stage = $('stage').getBoundingClientRect(), tip = $('tooltip').getBoundingClientRect();
  const x = Math.min(event.clientX - stage.left + 16, stage.width - tip.width - 8);
  const y = event.clientY - stage.top + 18;
  $('tooltip').style.left = `${Math.max(x, 8)}px`;
  $('tooltip').style.top = `${y + tip.height > stage.height ? y - tip.height - 30 : y}px`;
}

// Search

let haystack;

function search(text) {
  const wanted = text.trim().toLowerCase();
  haystack ??= [
    ...boxes.slice(1).map((box) => [-1 - box.number, box.name]),
    ...nodes.map((node, i) => [i, [node.name, node.op, node.kind, shapeOf(node), node.dtype, node.scope.join('/')].join('\n')]),
  ].map(([item, words]) => [item, words.toLowerCase()]);
  state.hits = wanted ? haystack.filter(([, words]) => words.includes(wanted)).map(([item]) => item) : [];
  state.hit = -1;
  $('found').textContent = wanted ? plural(state.hits.length, 'match').replace('matchs', 'matches') : '';
  if (state.hits.length && state.hits.length <= MOST_HITS) {
    expose(state.hits);
    reveal(state.hits[0]);
  }
  mark();
}

function next(step) {
  const count = state.hits.length;
  if (!count) return;
  state.hit = (state.hit + step + count) % count;
  $('found').textContent = `${state.hit + 1} of ${count.toLocaleString('en')}`;
  go(state.hits[state.hit]);
}

// Colours

function colour(id) {
  state.scale = scales.get(id) ?? null;
  legend();
  draw();
}

function legend() {
  const kinds = ['op', 'output', 'parameter', 'input', 'gradient'].filter((kind) =>
    nodes.some((node) => (kind === 'output' ? node.output && node.kind !== 'gradient' : node.kind === kind)));
  if (boxes.length > 1) kinds.push('module');
  $('legend').replaceChildren(...legendOf(state.scale, state.dark, kinds));
  $('legend').setAttribute('aria-label', state.scale ? `colours show ${state.scale.metric.label}` : `kinds: ${kinds.join(', ')}`);
}

function theme(dark) {
  state.dark = dark;
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  legend();
  if (composed) draw();
}

// Pointers and keys

function itemOf(element) {
  const found = element?.closest?.('[data-node], [data-box]');
  return !found ? null : found.dataset.node !== undefined ? Number(found.dataset.node) : -1 - Number(found.dataset.box);
}

/** The innermost open module around the pointer. */
function around(event) {
  const { left, top } = canvas.getBoundingClientRect();
  const [x, y] = [at.x + (event.clientX - left) / at.zoom, at.y + (event.clientY - top) / at.zoom];
  const found = composed.frames.filter((f) => x > f.left && x < f.left + f.width && y > f.top && y < f.top + f.height);
  return found.length ? -1 - found.reduce((a, b) => (a.box.depth > b.box.depth ? a : b)).number : null;
}

const act = (item) => (item < 0 ? toggle(-1 - item) : pin(item));

const canvas = $('canvas'), pointers = new Map();
let moved = 0; // pixels since the pointer went down: more than a few are no click

canvas.addEventListener('pointerdown', (event) => {
  pointers.set(event.pointerId, event);
  if (pointers.size === 1) moved = 0;
});
canvas.addEventListener('pointermove', (event) => {
  const last = pointers.get(event.pointerId);
  if (!last) return pointers.size ? null : hover(itemOf(event.target), event);
  const [dx, dy] = [event.clientX - last.clientX, event.clientY - last.clientY];
  const other = [...pointers.values()].find(({ pointerId }) => pointerId !== event.pointerId);
  pointers.set(event.pointerId, event);
  moved += Math.abs(dx) + Math.abs(dy);
  if (moved < 5) return null;
  canvas.setPointerCapture(event.pointerId); // not before: it would take the click from what was clicked
  canvas.classList.add('dragging');
  hover(null);
  if (!other) return look({ x: at.x - dx / at.zoom, y: at.y - dy / at.zoom });
  const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1;
  const { left, top } = canvas.getBoundingClientRect();
  look({ x: at.x - dx / 2 / at.zoom, y: at.y - dy / 2 / at.zoom });
  return zoom(apart(event) / apart(last), (event.clientX + other.clientX) / 2 - left, (event.clientY + other.clientY) / 2 - top);
});
for (const name of ['pointerup', 'pointercancel']) {
  canvas.addEventListener(name, (event) => {
    pointers.delete(event.pointerId);
    canvas.classList.remove('dragging');
  });
}
canvas.addEventListener('pointerleave', () => hover(null));
canvas.addEventListener('click', (event) => {
  const item = itemOf(event.target);
  if (moved < 5 && event.detail < 2) item === null ? pin(around(event)) : act(item);
});
canvas.addEventListener('dblclick', (event) => {
  const item = itemOf(event.target) === null ? around(event) : null;
  if (item !== null) toggle(-1 - item);
});
canvas.addEventListener('wheel', (event) => {
  event.preventDefault();
  const { left, top } = canvas.getBoundingClientRect(), lines = event.deltaMode ? 20 : 1;
  zoom(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0016)), event.clientX - left, event.clientY - top);
}, { passive: false });
canvas.addEventListener('focusin', (event) => {
  const item = itemOf(event.target);
  if (item !== null && event.target.matches(':focus-visible')) reveal(item);
});

$('panel').addEventListener('click', (event) => {
  const { goNode, goBox } = event.target.dataset;
  if (goNode !== undefined) go(Number(goNode));
  else if (goBox !== undefined) go(-1 - Number(goBox));
  else if (event.target.id === 'close') pin(null);
});
$('search').addEventListener('input', (event) => search(event.target.value));
$('search').addEventListener('keydown', (event) => event.key === 'Enter' && next(event.shiftKey ? -1 : 1));
$('depth').addEventListener('input', (event) => openTo(Number(event.target.value)));
$('colour').addEventListener('change', (event) => colour(event.target.value));

const BUTTONS = {
  in: () => zoom(1.25), out: () => zoom(0.8), fit, theme: () => theme(!state.dark), help: () => $('keys').showModal(),
};
for (const [id, press] of Object.entries(BUTTONS)) $(id).addEventListener('click', press);

const move = (dx, dy) => () => look({ x: at.x + dx / at.zoom, y: at.y + dy / at.zoom });
const KEYS = {
  '+': BUTTONS.in, '=': BUTTONS.in, '-': BUTTONS.out, f: fit, t: BUTTONS.theme, '?': BUTTONS.help,
  '/': () => $('search').focus(), i: () => pin(itemOf(document.activeElement)), '[': () => openTo(state.depth - 1), ']': () => openTo(state.depth + 1),
  ArrowLeft: move(-80, 0), ArrowRight: move(80, 0), ArrowUp: move(0, -80), ArrowDown: move(0, 80),
};
document.addEventListener('keydown', (event) => {
  const { target, key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || $('keys').open) return;
  if (key === 'Escape') {
    if (target === $('search')) {
      target.value = '';
      search('');
      canvas.focus();
    } else pin(null);
  } else if (target.matches('[type=search], select') || (target.matches('input') && key.startsWith('Arrow'))) {
    return;
  } else if ((key === 'Enter' || key === ' ') && itemOf(target) !== null) {
    event.preventDefault();
    act(itemOf(target));
  } else if (key in KEYS) {
    event.preventDefault();
    KEYS[key]();
  }
});

// The size of the window, the printer, and the beginning

new ResizeObserver(() => look({})).observe(canvas);
addEventListener('beforeprint', () => canvas.setAttribute('viewBox', `-8 -8 ${composed.width + 16} ${composed.height + 16}`));
addEventListener('afterprint', () => look({}));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', (event) => theme(event.matches));

const scales = new Map();
for (const metric of METRICS) {
  const scale = measure(metric, nodes, boxes, scopes);
  if (scale) scales.set(metric.id, scale);
}
$('colour').append(html('option', { value: 'kind' }, 'kind'), ...[...scales].map(([id, { metric }]) => html('option', { value: id }, metric.label)));
document.title = `${visible(graph.title)} · tensorgraph`;
$('title').textContent = visible(graph.title);
$('subtitle').textContent = `${{ forward: 'forward', backward: 'backward', both: 'forward and backward' }[graph.view]} · ${plural(nodes.length, 'node')}`;
canvas.setAttribute('aria-label', `Graph of ${visible(graph.title)}, ${plural(nodes.length, 'node')}`);
$('depths').hidden = !deepest;
const allowed = Array.from({ length: deepest + 1 }, (_, depth) => depth).filter((depth) => drawnAt(depth) <= MOST_DRAWN);
$('depth').max = allowed.at(-1) ?? 0;
theme(state.dark);
openTo(allowed.findLast((depth) => drawnAt(depth) <= AT_FIRST && zoomFor(arranged(openAt(depth))) >= LEGIBLE) ?? 0);
begin();
