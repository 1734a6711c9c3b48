/** Whether the server's settings let it drop counts when memory is short. */
import type { SessionParts } from './parts.ts'
import { Trouble } from './trouble.ts'

/** Asks once, and tells it if so. A server that does not say is believed. */
export async function checkMemoryPolicy({ link, host }: SessionParts): Promise<void> {
  let info: unknown
  try {
    info = await link.attempt(() => link.runner.serverCommand('INFO', 'memory'))
  } catch {
    return
  }
  const policy = /maxmemory_policy:(\S+)/.exec(String(info))?.[1]
  const bounded = !/maxmemory:0\s/.test(String(info))
  if (!bounded || policy === undefined || policy === 'noeviction') return
  new Trouble({ host, link }).mayEvict(policy)
}
