/** The headers that name this client to the backend. */

/** This package's version. Not read from package.json, which a bundler may leave out; a test compares the two. */
export const VERSION = '0.1.0'

/** Header names and values, alternating. The classic plugins send `X-3scale-User-Agent`. */
const USER_AGENT_HEADERS: readonly string[] = Object.freeze([
  'user-agent',
  `threescale-node/${VERSION}`,
  'x-3scale-user-agent',
  `plugin-node-v${VERSION}`,
])

/** The client's headers; those of the options replace them by name. */
export function headersOf(given: Readonly<Record<string, string>>): readonly string[] {
  const headers = new Map<string, string>()
  for (let at = 0; at < USER_AGENT_HEADERS.length; at += 2) {
    headers.set(USER_AGENT_HEADERS[at]!, USER_AGENT_HEADERS[at + 1]!)
  }
  for (const [name, value] of Object.entries(given)) headers.set(name, value)
  return Object.freeze([...headers].flat())
}
