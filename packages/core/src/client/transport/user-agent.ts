/** How we name ourselves to the backend. */

/** This package's version; a test compares it with package.json, which a bundler may leave behind. */
export const VERSION = '0.1.0'

/** Header names and values in turn. `X-3scale-User-Agent` is what the classic plugins send. */
export const USER_AGENT_HEADERS: readonly string[] = Object.freeze([
  'user-agent',
  `threescale-node/${VERSION}`,
  'x-3scale-user-agent',
  `plugin-node-v${VERSION}`,
])
