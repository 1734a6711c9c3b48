/**
 * Shows that a process lives: a socket in its folder, which the kernel closes when the process dies. Process ids would
 * not do, because they are used again, and containers that share a volume do not see each other's.
 */
import { closeSync, constants, openSync, renameSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { LOCK, unfinishedName } from './names.ts'

/** alive: it answers, or it may. dead: nobody listens. gone: there is no socket. */
export type Life = 'alive' | 'dead' | 'gone'

/** The longest path of a socket that every system takes, in bytes. */
const MAX_PATH_BYTES = 100
/** The name of the socket until it listens. */
const LISTENING = 'new'
/** How long a process that does not answer counts as alive, in milliseconds. */
const CONNECT_MS = 2000

/** A lock that is held. */
export interface Lock {
  release(): void
}

/** Listens in a folder. Does not keep the process alive. @throws the errors of the system. */
export async function holdLock(folder: string): Promise<Lock> {
  const server = createServer((socket) => socket.destroy())
  const address = addressIn(folder, ON_WINDOWS ? LOCK : LISTENING)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      // Exclusive: in a worker of node:cluster the primary process would listen, and live on.
      server.listen({ path: address.path, exclusive: true }, resolve)
    })
    // Node removes the path where it listens when a process or a thread ends in order. Under another name the socket
    // stays, as after a crash, and tells that nothing listens.
    if (!ON_WINDOWS) renameSync(join(folder, LISTENING), join(folder, LOCK))
  } catch (error) {
    address.release()
    server.close()
    throw error
  }
  server.removeAllListeners('error')
  server.on('error', () => {})
  server.unref()
  let held = true
  return {
    release() {
      // Again does nothing, because the descriptor may be another file's by then.
      if (!held) return
      held = false
      address.release()
      server.close()
    },
  }
}

/** Whether the process of a folder lives. Never rejects. */
export async function lifeIn(folder: string): Promise<Life> {
  let address: Address
  try {
    address = addressIn(folder, LOCK)
  } catch {
    return 'gone'
  }
  try {
    return await new Promise<Life>((resolve) => {
      const socket = connect(address.path)
      const timer = setTimeout(() => end('alive'), CONNECT_MS)
      const end = (life: Life): void => {
        clearTimeout(timer)
        socket.destroy()
        resolve(life)
      }
      socket.once('connect', () => end('alive'))
      socket.once('error', ({ code }: NodeJS.ErrnoException) => {
        end(code === 'ECONNREFUSED' ? 'dead' : code === 'ENOENT' ? (ON_WINDOWS ? 'dead' : 'gone') : 'alive')
      })
    })
  } finally {
    address.release()
  }
}

/** Whether the system takes the path of a lock in a folder below the directory. */
export function mayHoldLock(directory: string, platform: NodeJS.Platform = process.platform): boolean {
  if (platform === 'linux' || platform === 'win32') return true
  return Buffer.byteLength(join(directory, unfinishedName('0'.repeat(16)), LOCK)) <= MAX_PATH_BYTES
}

interface Address {
  readonly path: string
  release(): void
}

const ON_WINDOWS = process.platform === 'win32'

function addressIn(folder: string, name: string): Address {
  if (ON_WINDOWS) return { path: `\\\\.\\pipe\\threescale-journal-${folder.slice(-16)}`, release: () => {} }
  const path = join(folder, name)
  if (Buffer.byteLength(path) <= MAX_PATH_BYTES || process.platform !== 'linux') return { path, release: () => {} }
  // The kernel takes at most 108 bytes, so the folder is named by an open descriptor instead.
  const descriptor = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  return { path: `/proc/self/fd/${descriptor}/${name}`, release: () => closeSync(descriptor) }
}
