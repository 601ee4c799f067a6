// What is written on the page: names, shapes, and numbers with their units.

const FONT = '"Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif';

/** A name on one line, with what would be invisible, or would turn the text around, written as an escape. */
function visible(name) {
  const shown = String(name).replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u${character.codePointAt(0).toString(16).padStart(4, '0')}`);
  return shown.trim() ? shown : `"${shown}"`;
}

const plural = (count, word) => `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`;

const shapeOf = ({ shape }) => `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;

function number(value) {
  if (typeof value !== 'number') return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
  const size = Math.abs(value);
  return size >= 1e5 || size < 1e-3 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}

/** A number with the unit that leaves one to three digits before the point. */
function scaled(value, units, step) {
  let i = 0;
  while (i < units.length - 1 && Math.abs(value) >= step) value /= step, i++;
  return `${Number(value.toPrecision(3))} ${units[i]}`;
}

const bytes = (value) => scaled(value, ['B', 'kB', 'MB', 'GB', 'TB'], 1000);
const seconds = (value) => (value >= 1 ? `${Number(value.toPrecision(3))} s` : scaled(value * 1e9, ['ns', 'µs', 'ms'], 1000));
const percent = (value) => `${Number((100 * value).toPrecision(3))} %`;

function setting(value) {
  if (Array.isArray(value)) return `(${value.map(setting).join(', ')}${value.length === 1 ? ',' : ''})`;
  return typeof value === 'number' && !Number.isInteger(value) ? String(Number(value.toPrecision(6))) : visible(value);
}

/** What a node is called: its op, or its name, or what it is. */
function titleOf(node) {
  return (node.kind === 'gradient' ? '∂' : '') + visible(node.op ?? ownName(node) ?? node.kind);
}

/** The name of a node, without the path of the modules that it is drawn in. */
function ownName({ name, scope }) {
  const prefix = name && scope.map((_, i) => `${scope.slice(i).join('.')}.`).find((path) => name.startsWith(path));
  return prefix && name.length > prefix.length ? name.slice(prefix.length) : name;
}

/** What stands behind the title: the user's name for the result of an op, and settings. */
function besides(node) {
  const settings = Object.entries(node.settings ?? {}).map(([name, value]) => `${visible(name)}=${setting(value)}`);
  return [node.op && node.name ? visible(node.name) : '', settings.join(', ')];
}

const pathOf = (names) => names.map(visible).join(' / ');

const pen = document.createElement('canvas').getContext('2d');
const widths = new Map();

/** How many pixels wide a text is. */
function widthOf(text, size, style = '') {
  const key = `${style} ${size} ${text}`;
  if (!widths.has(key)) {
    pen.font = `${style} ${size}px ${FONT}`;
    widths.set(key, pen.measureText(text).width);
  }
  return widths.get(key);
}

/** As much of a text as there is room for. */
function fitting(text, room, size, style = '') {
  if (widthOf(text, size, style) <= room) return text;
  const characters = [...text];
  let low = 0, high = characters.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (widthOf(`${characters.slice(0, middle).join('')}…`, size, style) <= room) low = middle;
    else high = middle - 1;
  }
  return low ? `${characters.slice(0, low).join('').trimEnd()}…` : '';
}
