// Building elements without markup in strings, and keeping lists of them by key.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child || child === 0));
  return element;
}

export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

export function byId(id) {
  return document.getElementById(id);
}

// Make `parent` hold one child for each item, in order. A child is built again only when its
// stamp changed, so that focus and animation of the others stay.
export function keyed(parent, items, { key, stamp, build }) {
  const known = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let previous = null;
  for (const item of items) {
    const name = String(key(item));
    const mark = String(stamp(item));
    let child = known.get(name);
    known.delete(name);
    if (child?.dataset.stamp !== mark) child = renew(child, build(item), name, mark);
    const next = previous ? previous.nextElementSibling : parent.firstElementChild;
    if (next !== child) parent.insertBefore(child, next);
    previous = child;
  }
  for (const gone of known.values()) gone.remove();
}

function renew(old, child, name, mark) {
  child.dataset.key = name;
  child.dataset.stamp = mark;
  if (!old) return child;
  const focused = old.contains(document.activeElement) && document.activeElement.dataset.deed;
  old.replaceWith(child);
  if (focused) child.querySelector(`[data-deed="${focused}"]`)?.focus();
  return child;
}
