// The panel at the side, the tooltip and the legend: what is known, in words, tables and small charts.

/** An HTML element. Text goes in as text, whatever is in it. */
function html(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const KNOWN = [ // facts of a node or a module, in the order in which they are told
  ['forward_seconds', 'forward', seconds], ['backward_seconds', 'backward', seconds], ['saved_bytes', 'saved', bytes],
  ['parameters', 'parameters', (value) => value.toLocaleString('en')], ['gradient_norm', 'gradient norm', number],
  ['update_ratio', 'update ratio', number], ['dead', 'dead units', percent],
];

/** Lines of a table: those facts that are known. */
function factsOf(facts = {}) {
  return KNOWN.filter(([key]) => facts[key] !== undefined && facts[key] !== null)
    .map(([key, word, format]) => [word, typeof facts[key] === 'number' ? format(facts[key]) : String(facts[key])]);
}

function table(lines) {
  return html('dl', {}, ...lines.flatMap(([word, value]) => [html('dt', {}, word), html('dd', {}, value)]));
}

function section(title, ...content) {
  return html('section', {}, html('h3', {}, title), ...content);
}

/** A part of the panel that is closed at first. */
function more(title, ...content) {
  return html('details', {}, html('summary', {}, title), ...content);
}

/** Bars of a histogram, with its ends and zero below. */
function histogram({ edges, counts }, name) {
  const width = 300, height = 64, most = Math.max(...counts), step = width / counts.length;
  const chart = shape('svg', { class: `histogram ${name}`, viewBox: `0 0 ${width} ${height + 16}`, role: 'img',
    'aria-label': `histogram of ${name}, from ${number(edges[0])} to ${number(edges.at(-1))}` });
  for (const [i, count] of counts.entries()) {
    const tall = most ? Math.max((count / most) * height, count ? 1.5 : 0) : 0;
    const bar = shape('rect', { x: i * step + 0.5, y: height - tall, width: step - 1, height: tall });
    bar.append(shape('title', {}, `${number(edges[i])} to ${number(edges[i + 1])}: ${count.toLocaleString('en')}`));
    chart.append(bar);
  }
  chart.append(shape('path', { d: `M0,${height + 0.5} h${width}` }));
  const zero = (-edges[0] / (edges.at(-1) - edges[0])) * width;
  if (zero > 40 && zero < width - 40) {
    chart.append(shape('path', { d: `M${zero},${height} v4` }), shape('text', { x: zero, y: height + 14, class: 'zero' }, '0'));
  }
  chart.append(shape('text', { x: 0, y: height + 14 }, number(edges[0])),
    shape('text', { x: width, y: height + 14, class: 'last' }, number(edges.at(-1))));
  return chart;
}

/** Statistics of an array: its chart, and numbers. */
function statistics(title, values, name) {
  const lines = [['min', values.min], ['mean', values.mean], ['max', values.max]].map(([word, value]) => [word, number(value)]);
  for (const key of ['zeros', 'nan', 'inf']) if (values[key]) lines.push([key, percent(values[key])]);
  return section(title, values.counts?.length ? histogram(values, name) : null, table(lines));
}

/** Links to nodes: at most so many, then how many more there are. */
function links(ends, nodes, most = 40) {
  const list = html('ul', { class: 'links' }, ...ends.slice(0, most).map(([index, argument]) => html('li', {},
    html('button', { type: 'button', class: `link ${nodes[index].kind}`, 'data-go-node': index }, titleOf(nodes[index])),
    html('span', { class: 'shape' }, shapeOf(nodes[index])), html('span', { class: 'argument' }, visible(argument)))));
  if (ends.length > most) list.append(html('li', {}, `and ${(ends.length - most).toLocaleString('en')} more`));
  return list;
}

/** The way from the whole graph to a box: each a link. */
function trail(chain) {
  return html('p', { class: 'trail' }, ...chain.flatMap((box, i) => [i ? ' / ' : '',
    html('button', { type: 'button', class: 'link', 'data-go-box': box.number }, visible(box.name))]));
}

function heading(title, under, kind) {
  return html('div', { class: `head ${kind}` }, html('button', { type: 'button', id: 'close', 'aria-label': 'Close' }, '×'),
    html('h2', {}, title), html('p', {}, under));
}

/** A docstring, with what is between double backquotes as code. */
function prose(text) {
  return html('p', { class: 'doc' }, ...text.split('``').map((part, i) => (i % 2 ? html('code', {}, part) : part)));
}

/** All that is known about a node. */
function aboutNode(node, { nodes, ops, inputs, users, chain }) {
  const facts = node.facts ?? {}, op = ops[node.op];
  const settings = Object.entries(node.settings ?? {}).map(([name, value]) => [visible(name), setting(value)]);
  const what = [['kind', node.output ? `${node.kind}, the output` : node.kind], ['shape', shapeOf(node)], ['dtype', node.dtype]];
  if (node.name) what.unshift(['name', visible(node.name)]);
  const measured = factsOf(facts);
  return [
    heading(titleOf(node), `${shapeOf(node)} ${node.dtype}`, node.kind),
    chain.length ? trail(chain) : null,
    table([...what, ...settings]),
    measured.length ? section('Measured', table(measured)) : null,
    facts.values ? statistics(node.kind === 'gradient' ? 'Gradient' : 'Values', facts.values, 'values') : null,
    facts.gradients && node.kind !== 'gradient' ? statistics('Gradient', facts.gradients, 'gradients') : null,
    inputs.length ? section('Inputs', links(inputs, nodes)) : null,
    users.length ? section('Used by', links(users, nodes)) : null,
    node.saved?.length ? section('Saved for the backward', html('ul', { class: 'links' }, ...node.saved.map((saved) => html('li', {},
      html('b', {}, visible(saved.name)), html('span', { class: 'shape' }, `${shapeOf(saved)} ${saved.dtype}`),
      html('span', { class: 'argument' }, bytes(saved.bytes)))))) : null,
    node.place ? section('In the code', html('p', {}, `${visible(node.place.file)}:${node.place.line}`,
      node.place.function ? ` in ${visible(node.place.function)}` : ''),
      node.place.source ? html('pre', {}, node.place.source) : null) : null,
    op?.doc ? section(`About ${visible(node.op)}`, prose(op.doc)) : null,
    ...Object.entries(op?.rules ?? {}).map(([argument, source]) => more(`Backward rule for ${visible(argument)}`, html('pre', {}, source))),
  ];
}

/** All that is known about a module. */
function aboutBox(box, { nodes, boxes, scope, chain, kinds }) {
  const counts = Object.entries(kinds).map(([kind, count]) => [`${kind}s`, count.toLocaleString('en')]);
  const measured = factsOf(scope?.facts);
  const inside = box.children.filter((child) => child >= 0).map((child) => [child, '']);
  const inner = box.children.filter((child) => child < 0).map((child) => boxes[-1 - child]);
  return [
    heading(visible(box.name) + (scope?.times > 1 ? ` × ${scope.times}` : ''), plural(box.nodes, 'node'), 'module'),
    chain.length > 1 ? trail(chain.slice(0, -1)) : null,
    scope?.times > 1 ? html('p', {}, `One of ${scope.times} equal modules that are drawn as one.`) : null,
    table(counts),
    measured.length ? section('Measured, in all', table(measured)) : null,
    inner.length ? section('Modules inside', html('ul', { class: 'links' }, ...inner.map((one) => html('li', {},
      html('button', { type: 'button', class: 'link', 'data-go-box': one.number }, visible(one.name)),
      html('span', { class: 'argument' }, plural(one.nodes, 'node')))))) : null,
    inside.length ? section('Inside', links(inside, nodes)) : null,
  ];
}

/** What the tooltip says: a title, and lines. */
function brief(title, lines) {
  return [html('strong', {}, title), table(lines)];
}

/** The scale of a metric, or the kinds of nodes that there are. */
function legendOf(scale, dark, kinds) {
  if (!scale) {
    return kinds.map((kind) => {
      const drawn = shape('svg', { viewBox: '-15 -10 30 20', 'aria-hidden': 'true' });
      const sample = shape('g', { class: kind === 'output' ? 'node op output' : kind === 'module' ? 'box closed' : `node ${kind}` });
      sample.append(...OUTLINES[kind === 'output' ? 'op' : kind](26, 16).map((part) => (part.setAttribute('rx', 5), part)));
      drawn.append(sample);
      return html('span', {}, drawn, kind);
    });
  }
  const bar = shape('svg', { class: 'scale', viewBox: '0 0 160 12', 'aria-hidden': 'true' });
  for (let i = 0; i < 32; i++) bar.append(shape('rect', { x: i * 5, width: 5.2, height: 12, fill: shade(i / 31, dark).fill }));
  const { metric, low, high } = scale;
  return [html('b', {}, metric.label), html('span', {}, metric.format(low)), bar, html('span', {}, metric.format(high)),
    metric.log && low < high ? html('small', {}, 'logarithmic') : '', html('small', {}, 'grey: not known')];
}
