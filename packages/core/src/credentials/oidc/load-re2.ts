/**
 * Loads the library for expressions that are compared with claims, only when the first is. It takes time in proportion to
 * a text, while an expression of JavaScript can take forever, and callers choose some of their claims.
 */

/** What is used of a compiled expression. */
export interface Pattern {
  matcher(text: string): { find(): boolean }
}

/** `compile` throws if an expression is none, or uses what needs backtracking. */
export async function loadRe2(): Promise<{ compile(source: string): Pattern }> {
  return (await import('re2js')).RE2JS
}
