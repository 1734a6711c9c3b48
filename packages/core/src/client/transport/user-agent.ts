/** The headers that name this client to the backend. */

/** This package's version. Not read from package.json, which a bundler may leave out; a test compares the two. */
export const VERSION = '0.1.0'

/** Header names and values, alternating. The classic plugins send `X-3scale-User-Agent`. */
export const USER_AGENT_HEADERS: readonly string[] = Object.freeze([
  'user-agent',
  `threescale-node/${VERSION}`,
  'x-3scale-user-agent',
  `plugin-node-v${VERSION}`,
])
