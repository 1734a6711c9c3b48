/** All that a log, a debugger or a page may show of a value, and the forms that a secret may have there. */
import { inspect } from 'node:util'

const WHOLE = { depth: 12, showHidden: true, maxStringLength: null, maxArrayLength: null }

/** Includes hidden members and causes. */
export function everythingOf(value: unknown): string {
  const parts = [String(value), JSON.stringify(value) ?? '', inspect(value, WHOLE)]
  if (value instanceof Error) {
    parts.push(value.stack ?? '', JSON.stringify(value, Object.getOwnPropertyNames(value)))
    if (value.cause !== undefined) parts.push(everythingOf(value.cause))
  }
  return parts.join('\n')
}

/** The secret as it is, in a query, in base64, in JSON, and in HTML or XML. */
export function formsOf(secret: string): readonly string[] {
  const html = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return [
    secret,
    encodeURIComponent(secret),
    encodeURIComponent(secret).replaceAll('%20', '+'),
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    JSON.stringify(secret).slice(1, -1),
    html,
    html.replaceAll('"', '&quot;'),
  ]
}
