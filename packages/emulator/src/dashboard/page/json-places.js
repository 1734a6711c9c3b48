/** Where the members of a JSON text stand, by the paths that the emulator's problems name. */

/** A text that is not JSON; `position` is where it stops to be. */
export class JsonError extends Error {
  /** @param {number} position */
  constructor(position) {
    super('is not JSON')
    this.position = position
  }
}

const blank = /\s*/y
const string = /"(?:[^"\\\n\r\t]|\\(?:["\\/bfnrt]|u[0-9a-f]{4}))*"/iy
const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?|true|false|null/iy

/**
 * Start and end of each value by its path, such as `services[0].metrics[1].name`; the whole text is at ''.
 *
 * @param {string} text
 * @returns {Map<string, [number, number]>}
 * @throws JsonError
 */
export function placesOf(text) {
  /** @type {Map<string, [number, number]>} */
  const places = new Map()
  let at = 0

  /** @param {RegExp} pattern */
  function take(pattern) {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0]
    if (found !== undefined) at += found.length
    return found
  }
  /** @param {string} sign */
  function skip(sign) {
    take(blank)
    if (text[at] !== sign) return false
    at++
    return true
  }
  /**
   * @template T
   * @param {T} found
   */
  function expect(found) {
    if (!found) throw new JsonError(at)
    return found
  }
  /** @param {string} path */
  function value(path) {
    take(blank)
    const start = at
    if (skip('{')) {
      list('}', () => {
        take(blank)
        const name = JSON.parse(/** @type {string} */ (expect(take(string))))
        expect(skip(':'))
        value(path === '' ? name : `${path}.${name}`)
      })
    } else if (skip('[')) {
      let index = 0
      list(']', () => value(`${path}[${index++}]`))
    } else expect(text[at] === '"' ? take(string) : take(scalar))
    places.set(path, [start, at])
  }
  /**
   * @param {string} end
   * @param {() => void} member
   */
  function list(end, member) {
    if (skip(end)) return
    do member()
    while (skip(','))
    expect(skip(end))
  }

  value('')
  take(blank)
  expect(at === text.length)
  return places
}

/**
 * The place of a path. That of the value around it if it is missing.
 *
 * @param {Map<string, [number, number]>} places
 * @param {string} path
 */
export function placeOf(places, path) {
  let known = path
  while (!places.has(known)) known = known.slice(0, Math.max(0, known.lastIndexOf('.'), known.lastIndexOf('[')))
  return /** @type {[number, number]} */ (places.get(known))
}

/**
 * The line of a position, from 1.
 *
 * @param {string} text
 * @param {number} position
 */
export function lineOf(text, position) {
  return text.slice(0, position).split('\n').length
}
