'use strict';
// Where everything is when some boxes are open: the layouts of open boxes put into each other.
//
// An open box needs more room than a closed one. Downwards, a function that never decreases stretches the whole layout, so
// what was below stays below. Sideways, only what stands beside an open box moves away from it, and what is in one line
// with that. Both keep apart what was apart: rectangles that do not overlap are apart on one axis, before and after.

const HEADER = 28, SIDE = 16, FOOT = 12;
const NEAR = 16; // pixels above and below a rectangle in which lines already are beside it

/** A function that never decreases and makes the interval from..to of each part as long as its size; and its end. */
function stretch(length, parts) {
  const marks = [...new Set([0, length, ...parts.flatMap((part) => [part.from, part.to])])].sort((a, b) => a - b);
  const index = new Map(marks.map((mark, i) => [mark, i]));
  const images = [0];
  for (let i = 1; i < marks.length; i++) {
    images[i] = images[i - 1] + marks[i] - marks[i - 1];
    for (const part of parts) {
      if (part.to === marks[i]) images[i] = Math.max(images[i], images[index.get(part.from)] + part.size);
    }
  }
  const image = (value) => {
    let i = 1;
    while (i < marks.length - 1 && marks[i] < value) i++;
    const share = (value - marks[i - 1]) / (marks[i] - marks[i - 1] || 1);
    return images[i - 1] + share * (images[i] - images[i - 1]);
  };
  return [image, images.at(-1)];
}

/**
 * The rectangles of a layout: of children, then of ports, with `left`, `right`, `top`, `bottom`, and an `axis`, the x
 * that does not move when the box is opened. `wider` is what it then needs to the left and to the right of that.
 */
function rectangles({ layout, box }, inner) {
  const [, bottom] = layout.size;
  const children = layout.spots.map(([x, y, width, height], place) => {
    const found = { axis: x, left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2, wider: [0, 0] };
    if (!inner[place]) return found;
    const [first] = inner[place].box.inputs;
    const entry = first && box.wires.findIndex(([, head, sources]) => head === place && sources.includes(first[0]));
    if (first) found.axis = Math.min(Math.max(layout.curves[entry].at(-2), found.left), found.right);
    const { axis, width: full } = inner[place];
    found.wider = [Math.max(axis - (found.axis - found.left), 0), Math.max(full - axis - (found.right - found.axis), 0)];
    return found;
  });
  const port = (y) => (x) => ({ axis: x, left: x - 4, right: x + 4, top: y, bottom: y, wider: [0, 0] });
  return [...children, ...layout.inputs.map(port(0)), ...layout.outputs.map(port(bottom))];
}

/** Which rectangles move as one: those that a straight line joins, and an op with the leaves beside it. */
function columns({ layout, box }, all) {
  const parent = all.map((_, i) => i);
  const find = (i) => {
    while (parent[i] !== i) i = parent[i] = parent[parent[i]];
    return i;
  };
  const count = layout.spots.length;
  const index = (place, ports) => (place < 0 ? ports - 1 - place : place);
  for (const [i, [tail, head]] of box.wires.entries()) {
    const curve = layout.curves[i];
    if (Math.abs(curve[0] - curve.at(-2)) > 4) continue;
    parent[find(index(tail, count))] = find(index(head, count + layout.inputs.length));
  }
  for (const [op, ...leaves] of layout.rows) for (const leaf of leaves) parent[find(leaf)] = find(op);
  return all.map((_, i) => find(i));
}

/**
 * How far each rectangle moves sideways. What is beside an open box moves by as much as that grew on this side, and so on.
 * To the right of everything, that is a longest path; to the left another; the sum of both satisfies all.
 */
function moves(all, column) {
  const beside = all.map(() => []); // what is to the right of each, at the same height
  for (const [i, a] of all.entries()) {
    for (const [k, b] of all.entries()) {
      if (a.right <= b.left && a.top <= b.bottom && b.top <= a.bottom) beside[i].push(k);
    }
  }
  const waiting = all.map(() => 0), members = all.map(() => []), order = [];
  for (const [i, found] of beside.entries()) {
    members[column[i]].push(i);
    for (const k of found) waiting[column[k]]++;
  }
  const ready = all.map((_, i) => i).filter((i) => column[i] === i && !waiting[i]);
  while (ready.length) {
    const next = ready.pop();
    order.push(next);
    for (const i of members[next]) for (const k of beside[i]) if (!--waiting[column[k]]) ready.push(column[k]);
  }
  if (order.length < new Set(column).size) return moves(all, all.map((_, i) => i)); // columns that entwine: each by itself
  const right = all.map(() => 0), left = all.map(() => 0);
  const each = (columns_, step) => {
    for (const one of columns_) for (const i of members[one]) for (const k of beside[i]) step(i, k);
  };
  each(order, (i, k) => (right[column[k]] = Math.max(right[column[k]], right[column[i]] + all[i].wider[1])));
  each(order.toReversed(), (i, k) => (left[column[i]] = Math.max(left[column[i]], left[column[k]] + all[k].wider[0])));
  return column.map((one) => ({ right: right[one], left: left[one] }));
}

/** Where the points of a layout are, as functions of x and y, when the boxes in `inner` (by place) are open. */
function room(frame, inner) {
  const { layout } = frame;
  const all = rectangles(frame, inner), moved = moves(all, columns(frame, all));
  const parts = layout.spots.flatMap(([, y, , height], place) =>
    (inner[place] ? [{ from: y - height / 2, to: y + height / 2, size: inner[place].height }] : []));
  const [down, height] = stretch(layout.size[1], parts);
  const across = (x, y, ends) => { // a line is not pushed away by what it leads to
    let right = 0, left = 0;
    for (const [i, one] of all.entries()) {
      if (y < one.top - NEAR || y > one.bottom + NEAR || ends.includes(i)) continue;
      if (one.right <= x) right = Math.max(right, moved[i].right + one.wider[1]);
      else if (one.left >= x) left = Math.max(left, moved[i].left + one.wider[0]);
    }
    return x + right - left;
  };
  const axes = all.map((one, i) => one.axis + moved[i].right - moved[i].left);
  let low = 0, high = layout.size[0];
  for (const [i, one] of all.entries()) {
    low = Math.min(low, axes[i] - (one.axis - one.left) - one.wider[0]);
    high = Math.max(high, axes[i] + (one.right - one.axis) + one.wider[1]);
  }
  for (const [i, curve] of layout.curves.entries()) {
    for (const [x, y] of sampled(pairs(curve))) {
      const at = across(x, y, frame.box.wires[i].slice(0, 2));
      low = Math.min(low, at);
      high = Math.max(high, at);
    }
  }
  return { axes: axes.map((x) => x - low), across: (x, y, ends) => across(x, y, ends) - low, down, wideness: high - low, height };
}

/** The same where nothing is open. */
function still({ layout }) {
  const { size, spots, inputs, outputs } = layout;
  return { axes: [...spots.map(([x]) => x), ...inputs, ...outputs], across: (x) => x, down: (y) => y, wideness: size[0], height: size[1] };
}

/**
 * Everything to draw: `frames` of open boxes, `items` (nodes and closed boxes), `wires`, and the size of the whole.
 *
 * @param {{boxes: object[], layouts: object[]}} arrangement
 * @param {Set<number>} opened  numbers of open boxes; those inside of closed ones do not count
 * @param {(box: object) => number} least  how wide the title of an open box is
 * @param {(source: number) => boolean} upward  whether the arrays of a node run upwards
 */
function compose({ boxes, layouts }, opened, least, upward) {
  const shown = [];
  for (const todo = [0]; todo.length;) {
    const number = todo.pop();
    shown.push(number);
    for (const child of boxes[number].children) if (child < 0 && opened.has(-1 - child)) todo.push(-1 - child);
  }

  // From the innermost outwards, how large each is
  const inside = new Map();
  for (const number of shown.toReversed()) {
    const box = boxes[number], frame = { box, number, layout: layouts[box.layout] };
    frame.inner = box.children.map((child) => (child < 0 && inside.get(-1 - child)) || null);
    frame.stretched = frame.inner.some(Boolean);
    Object.assign(frame, frame.stretched ? room(frame, frame.inner) : still(frame));
    frame.width = Math.max(frame.wideness + 2 * SIDE, number ? least(box) : 0);
    frame.indent = (frame.width - frame.wideness) / 2;
    frame.height += HEADER + FOOT;
    const port = frame.layout.inputs.length || frame.layout.outputs.length ? frame.axes[box.children.length] : frame.wideness / 2;
    inside.set(number, Object.assign(frame, { axis: frame.indent + port }));
  }

  // From the outermost inwards, where each is
  const frames = [], items = [], root = inside.get(0);
  Object.assign(root, { left: -root.indent, top: -HEADER }); // the whole graph has no border
  for (const number of shown) {
    const frame = inside.get(number), x0 = frame.left + frame.indent, y0 = frame.top + HEADER;
    Object.assign(frame, { spots: [], x: (x, y, ends) => x0 + frame.across(x, y, ends), y: (y) => y0 + frame.down(y), x0 });
    if (number) frames.push(frame);
    for (const [place, child] of frame.box.children.entries()) {
      const [, y, width, height] = frame.layout.spots[place], inner = frame.inner[place];
      const left = x0 + frame.axes[place] - (inner ? inner.axis : width / 2);
      const top = inner ? y0 + frame.down(y - height / 2) : y0 + (frame.down(y - height / 2) + frame.down(y + height / 2) - height) / 2;
      const spot = { child, inner, width: inner?.width ?? width, height: inner?.height ?? height };
      Object.assign(spot, { x: left + spot.width / 2, y: top + spot.height / 2 });
      frame.spots.push(spot);
      if (inner) Object.assign(inner, { left, top });
      else items.push(spot);
    }
  }
  for (const number of shown.toReversed()) {
    const frame = inside.get(number);
    Object.assign(frame, { inputs: portsOf(frame, 'inputs'), outputs: portsOf(frame, 'outputs') });
  }
  const wires = shown.flatMap((number) => wiresOf(inside.get(number), upward));
  return { frames, items, inside, wires, width: root.wideness, height: root.height - HEADER - FOOT };
}

// Wires

const pairs = (flat) => Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);

/** Points on a Bézier curve, near enough to each other to notice what they pass. */
function sampled(points) {
  const found = [points[0]];
  for (let i = 0; i + 3 < points.length; i += 3) {
    const [a, b, c, d] = points.slice(i, i + 4);
    const steps = Math.min(Math.max(Math.ceil(Math.hypot(d[0] - a[0], d[1] - a[1]) / 12), 3), 80);
    for (let k = 1; k <= steps; k++) {
      const t = k / steps, s = 1 - t;
      found.push([0, 1].map((axis) => s ** 3 * a[axis] + 3 * s * s * t * b[axis] + 3 * s * t * t * c[axis] + t ** 3 * d[axis]));
    }
  }
  return found;
}

/** A Bézier curve through points that nowhere swings beyond them (Fritsch and Carlson, on each axis). */
function smooth(points) {
  const slope = (before, after) => {
    if (before * after <= 0) return 0;
    return Math.sign(after) * Math.min(Math.abs(before + after) / 2, 3 * Math.abs(before), 3 * Math.abs(after));
  };
  const steps = points.slice(1).map(([x, y], i) => [x - points[i][0], y - points[i][1]]);
  const tangents = points.map((_, i) => [0, 1].map((axis) =>
    slope((steps[i - 1] ?? steps[i])[axis], (steps[i] ?? steps[i - 1])[axis])));
  const curve = [points[0]];
  for (let i = 0; i < steps.length; i++) {
    const [a, b] = [points[i], points[i + 1]];
    curve.push([a[0] + tangents[i][0] / 3, a[1] + tangents[i][1] / 3], [b[0] - tangents[i + 1][0] / 3, b[1] - tangents[i + 1][1] / 3], b);
  }
  return curve;
}

/**
 * The wires of one open box: one line for each, and where it ends at an open box one for each port there. `upward` says
 * of which sources the arrays run from head to tail.
 */
function wiresOf(frame, upward) {
  const lines = [];
  for (const [i, [tail, head, sources]] of frame.box.wires.entries()) {
    const curve = pairs(frame.layout.curves[i]), points = frame.stretched ? sampled(curve) : curve;
    const placed = points.map(([x, y]) => [frame.x(x, y, [tail, head]), frame.y(y)]);
    const split = frame.spots[tail]?.inner || frame.spots[head]?.inner;
    const up = sources.filter(upward), down = sources.filter((source) => !upward(source)), drawn = new Map();
    for (const ends of split ? sources.map((source) => [source]) : [down, up].filter((part) => part.length)) {
      const against = upward(ends[0]), to = frame.spots[against ? tail : head];
      let line = placed.slice();
      if (frame.stretched) {
        line = lead(line, endOf(frame, tail, curve[0], ends[0], 1), 1);
        line = smooth(lead(line.reverse(), endOf(frame, head, curve.at(-1), ends[0], -1), -1).reverse());
      }
      if (tail < 0) line.unshift([line[0][0], frame.top], [line[0][0], frame.top], line[0]); // behind the title
      if (head < 0) line.push(line.at(-1), ...Array(2).fill([line.at(-1)[0], frame.top + frame.height]));
      if (!split && up.length && down.length) line = line.map(([x, y]) => [x + (against ? 4 : -4), y]);
      const key = `${line[0]} ${line.at(-1)} ${against}`;
      if (drawn.has(key)) drawn.get(key).sources.push(...ends);
      else drawn.set(key, { points: against ? line.reverse() : line, sources: ends, head: to?.child ?? null, arrow: Boolean(to && !to.inner) });
    }
    lines.push(...drawn.values());
  }
  return lines;
}

/**
 * A line with its first point at `end`. Where that is not where it was, the line leaves it straight down (or up), and its
 * next points are left out, and so are those that would lead it to the wrong side first.
 */
function lead(line, end, down) {
  if (Math.abs(line[0][0] - end[0]) < 1) return [end, ...line.slice(1)];
  const far = (least) => ([, y]) => Math.abs(y - end[1]) > least;
  const [aim] = line.find(far(70)) ?? line.at(-1), between = ([x]) => (x - end[0]) * (x - aim) <= 0;
  const rest = line.slice(1, -1).filter((point) => far(22)(point) && (far(70)(point) || between(point)));
  const near = [end[0], end[1] + down * Math.min(6, Math.abs(line.at(-1)[1] - end[1]) / 4)];
  return [end, near, ...rest, line.at(-1)];
}

/** Where a line ends at a place; `original` is where it did so in the layout, `down` is 1 at its tail and -1 at its head. */
function endOf(frame, place, original, source, down) {
  const spot = frame.spots[place];
  if (!spot) return [portAt(frame, down > 0 ? 'inputs' : 'outputs', source), frame.y(original[1])];
  if (spot.inner) return [portAt(spot.inner, down > 0 ? 'outputs' : 'inputs', source), spot.y + (down * spot.height) / 2];
  const [oldX, oldY] = frame.layout.spots[place];
  return [spot.x + original[0] - oldX, spot.y + original[1] - oldY];
}

/** Where an open box has the port of a source. */
function portAt(frame, side, source) {
  const key = `${side}Ports`;
  frame.box[key] ??= new Map(frame.box[side]);
  return frame[side][frame.box[key].get(source)];
}

/** Where an open box has its ports: in line with those of the open box next to them, as far as their order allows. */
function portsOf(frame, side) {
  const { layout, box, axes, x0, spots } = frame, end = side === 'inputs' ? 0 : 1;
  const first = box.children.length + (end ? layout.inputs.length : 0);
  const at = layout[side].map((_, port) => x0 + axes[first + port]);
  for (const [i, wire] of box.wires.entries()) {
    const inner = wire[end] < 0 && spots[wire[1 - end]]?.inner, curve = layout.curves[i];
    const near = Math.abs(curve[1] - curve.at(-1)) < 48; // nothing lies between
    if (inner && near) at[-1 - wire[end]] = portAt(inner, side, wire[2][0]);
  }
  if (!frame.stretched) return at;
  let last = -Infinity;
  for (const port of [...at.keys()].sort((a, b) => layout[side][a] - layout[side][b])) last = at[port] = Math.max(at[port], last + 10);
  return at;
}
