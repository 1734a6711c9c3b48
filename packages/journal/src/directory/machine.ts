/** Names the machine between two starts, the same in all of its containers. */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/**
 * On Linux the kernel's boot id: a process of another boot id is of another machine, or of this one before it was
 * started anew. Elsewhere the name of the host.
 */
export function machineName(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return hostname()
  }
}
