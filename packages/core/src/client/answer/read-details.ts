/** Reads what a status document says, from its text. */
import { type Details, NO_DETAILS } from './details.ts'
import { readLoosely } from './loose-document.ts'
import { readStrictly } from './strict-document.ts'

/**
 * Reads a status document whose reason has been taken out. Never throws: as XML where it is well-formed, else by the
 * fixed form in which 3scale writes it, else `NO_DETAILS`.
 */
export function readDetails(document: string): Details {
  return readStrictly(document) ?? readLoosely(document) ?? NO_DETAILS
}
