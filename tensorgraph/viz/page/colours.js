// Colours by what was measured: one scale for nodes and for closed modules, dark (on a dark page: bright) where there is
// much. Its lightness only falls, so that every kind of eye, and a black-and-white printer, reads it the same.

const RAMP = [[244, 247, 238], [199, 228, 208], [120, 192, 190], [58, 141, 181], [35, 88, 150], [27, 39, 94]];

const add = (a, b) => (a === undefined ? b : b === undefined ? a : a + b);
const larger = (a, b) => (a === undefined ? b : b === undefined ? a : Math.max(a, b));

// of: what is known of a node; join: of a module, from those inside; log: whether its scale is logarithmic
const METRICS = [
  { id: 'time', label: 'time', of: (f) => add(f.forward_seconds, f.backward_seconds), join: add, log: true, format: seconds },
  { id: 'bytes', label: 'saved bytes', of: (f) => f.saved_bytes, join: add, log: true, format: bytes },
  { id: 'norm', label: 'gradient norm', of: (f) => f.gradient_norm, join: larger, log: true, format: number },
  { id: 'ratio', label: 'update ratio', of: (f) => f.update_ratio, join: larger, log: true, format: number },
  { id: 'dead', label: 'dead units', of: (f) => f.dead, join: larger, log: false, format: percent },
];

/** Values of a metric for all nodes and boxes, and between which ends they lie; null where none is known. */
function measure(metric, nodes, boxes, scopes) {
  const known = (facts) => {
    const value = facts && metric.of(facts);
    return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
  };
  const ofNodes = nodes.map((node) => known(node.facts)), ofBoxes = new Array(boxes.length);
  for (let i = boxes.length - 1; i >= 0; i--) {
    const own = boxes[i].scope === null ? undefined : known(scopes[boxes[i].scope].facts);
    ofBoxes[i] = own ?? boxes[i].children.map((child) => (child < 0 ? ofBoxes[-1 - child] : ofNodes[child])).reduce(metric.join, undefined);
  }
  let low = Infinity, high = -Infinity;
  for (const value of [ofNodes, ofBoxes.slice(1)].flat()) {
    if (value === undefined || (metric.log && value <= 0)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (metric.id === 'dead' && high >= 0) [low, high] = [0, 1];
  return high < low ? null : { metric, ofNodes, ofBoxes, low, high };
}

/** Where a value is on its scale, from 0 to 1. */
function shareOf({ metric, low, high }, value) {
  if (metric.log && value <= 0) return 0;
  const [a, b, c] = metric.log ? [low, high, value].map(Math.log) : [low, high, value];
  return a === b ? 1 : Math.min(Math.max((c - a) / (b - a), 0), 1);
}

/** The colour of a share, and that of a text on it. */
function shade(share, dark) {
  const at = (dark ? 1 - share : share) * (RAMP.length - 1), i = Math.min(Math.floor(at), RAMP.length - 2);
  const rgb = RAMP[i].map((from, k) => Math.round(from + (at - i) * (RAMP[i + 1][k] - from)));
  const light = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
  return { fill: `rgb(${rgb.join(' ')})`, ink: light > 140 ? '#14202b' : '#ffffff' };
}
