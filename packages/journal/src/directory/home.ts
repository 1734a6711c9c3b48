/** The folder of a living process: made, locked, and shown to others only when it is both. */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { holdLock, type Lock } from './lock.ts'
import { unfinishedName } from './names.ts'

export class Home {
  readonly owner: string
  readonly folder: string
  readonly #lock: Lock

  private constructor(owner: string, folder: string, lock: Lock) {
    this.owner = owner
    this.folder = folder
    this.#lock = lock
  }

  /**
   * Makes the directory, if it is missing, and a folder in it.
   *
   * @throws the errors of the system.
   */
  static async make(directory: string): Promise<Home> {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const owner = randomBytes(8).toString('hex')
    const unfinished = join(directory, unfinishedName(owner))
    mkdirSync(unfinished, { mode: 0o700 })
    let lock: Lock | undefined
    try {
      lock = await holdLock(unfinished)
      // Without a lock the folder would look like that of a dead process, so it gets its name only now.
      renameSync(unfinished, join(directory, owner))
    } catch (error) {
      lock?.release()
      rmSync(unfinished, { recursive: true, force: true })
      throw error
    }
    return new Home(owner, join(directory, owner), lock)
  }

  /** Whether the folder is still there. */
  get exists(): boolean {
    return existsSync(this.folder)
  }

  /** Leaves the folder to the next process. */
  leave(): void {
    this.#lock.release()
  }

  /** Removes the folder and everything in it. Never throws. */
  remove(): void {
    try {
      rmSync(this.folder, { recursive: true, force: true })
    } catch {
      // What is left of it holds nothing that counts, and the next process removes it.
    }
    this.#lock.release()
  }
}
