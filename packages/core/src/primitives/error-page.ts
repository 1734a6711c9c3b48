/** Where a code of an error or a warning is explained: docs/errors.md, which the package contains. */

const PAGE = 'https://unpkg.com/@threescale/core/dist/errors.md'

/** Warnings whose codes end with a number or a reason share one section. */
const FAMILY = /^(THREESCALE_OPTIONS|THREESCALE_USAGE_GIVEN_UP|THREESCALE_USAGE_SUSPECTED)_/

/** The address of the section about a code. A code may be the backend's, so only letters of a code become part of it. */
export function errorPage(code: string): string {
  const section = FAMILY.exec(code)?.[1] ?? code
  return /^\w{1,80}$/.test(section) ? `${PAGE}#${section.toLowerCase()}` : PAGE
}
