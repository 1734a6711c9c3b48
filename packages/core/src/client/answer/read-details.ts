/** Reads the details of a status document from its text. */
import { type Details, NO_DETAILS } from './details.ts'
import { readLoosely } from './loose-document.ts'
import { readStrictly } from './strict-document.ts'

/**
 * Reads a status document without its reason: as XML if it is well-formed, else by the fixed form that 3scale writes.
 * Returns `NO_DETAILS` if neither works; never throws.
 */
export function readDetails(document: string): Details {
  return readStrictly(document) ?? readLoosely(document) ?? NO_DETAILS
}
