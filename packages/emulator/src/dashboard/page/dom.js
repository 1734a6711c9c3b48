/** Builds elements. What callers send becomes text here and is never parsed as markup. */

/**
 * An element. Members of `attributes` that are functions listen to the event of that name; false, null and undefined
 * are left out. Children that are strings become text.
 *
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes]
 * @param {...(Node | string | number | false | null | undefined)} children
 */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children)
}

/** The same for SVG. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children)
}

/** A name or text of callers, kept apart from the direction of the text around it. */
export function foreign(text) {
  return h('bdi', { class: 'foreign' }, String(text))
}

/** The element with an id. */
export function byId(id) {
  return document.getElementById(id)
}

/** Sets the text of an element only if it differs, so that screen readers are not told again. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value)
    else if (value !== false && value != null) element.setAttribute(name, value === true ? '' : String(value))
  }
  element.append(...children.filter((child) => child !== false && child != null).map((child) => toNode(child)))
  return element
}

function toNode(child) {
  return child instanceof Node ? child : String(child)
}
