/** Loads the library that verifies signatures, only when the first keys are read. */

/** What is used of `jose`. */
export type Jose = Pick<typeof import('jose'), 'jwtVerify' | 'createLocalJWKSet'>

export function loadJose(): Promise<Jose> {
  return import('jose')
}
