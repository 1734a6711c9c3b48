/** Checks a given undici dispatcher without calling it. */
import { type Check, havingMethods } from './checks.ts'

/** The major versions of undici whose dispatchers work. */
export const UNDICI_MAJORS = '7 or 8'

const isDispatcher = havingMethods(`an undici dispatcher (undici ${UNDICI_MAJORS})`, 'dispatch')

/** Accepts an object with a `dispatch` method, but no dispatcher of undici 6 or earlier: its handlers differ. */
export const checkDispatcher: Check = (value, path, problems) => {
  if (typeof value === 'object' && value !== null && isOfOldMajor(value)) {
    problems.push(`${path} is of undici 6 or earlier, whose dispatchers do not work here; use undici ${UNDICI_MAJORS}`)
    return undefined
  }
  return isDispatcher(value, path, problems)
}

/** Up to version 6 the base of the dispatchers wrapped `dispatch` in interceptors, and kept the result under this name. */
const MARK_OF_OLD_MAJORS = 'Intercepted Dispatch'

/** Version 6 made this class for a dispatcher with interceptors; later ones make a Proxy. */
const COMPOSED_IN_6 = 'ComposedDispatcher'

function isOfOldMajor(dispatcher: object): boolean {
  if (dispatcher.constructor?.name === COMPOSED_IN_6) return true
  for (let part: object | null = dispatcher; part !== null; part = Object.getPrototypeOf(part)) {
    if (Object.getOwnPropertySymbols(part).some(({ description }) => description === MARK_OF_OLD_MAJORS)) return true
  }
  return false
}
