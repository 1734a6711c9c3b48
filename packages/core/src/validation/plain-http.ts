/** Secrets over an unencrypted connection: allowed, but said. */

/** The sentence to warn with when a backend is spoken to in plain http off this machine; undefined when all is well. */
export function plainHttpWarning(path: string, url: string): string | undefined {
  const { protocol, hostname } = new URL(url)
  if (protocol !== 'http:' || isLoopback(hostname)) return undefined
  return `${path} is plain http to ${hostname}: credentials travel unencrypted; use https unless the network is trusted`
}

function isLoopback(hostname: string): boolean {
  return /^(?:localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
}
