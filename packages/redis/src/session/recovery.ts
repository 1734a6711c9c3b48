/** What a session owes a server that lacks writes: its bookings, then its batches, then the word that it is done. */
import type { SessionParts } from './parts.ts'
import type { Reports } from './reports.ts'
import type { SyncCommand } from './sync-command.ts'
import type { Trouble } from './trouble.ts'

export class Recovery {
  readonly #parts: Pick<SessionParts, 'owed' | 'retained'>
  readonly #reports: Reports
  readonly #trouble: Trouble
  /** The newest epoch that a server has told. Each begins with a server that lacks writes. */
  epoch = 0
  /** The newest epoch for which all was booked again. */
  acked = 0
  /** Batches are being told; no command may come between. */
  holds = false

  constructor(parts: Pick<SessionParts, 'owed' | 'retained'>, reports: Reports, trouble: Trouble) {
    this.#parts = parts
    this.#reports = reports
    this.#trouble = trouble
  }

  /** Whether something is still to be booked again. */
  get pending(): boolean {
    return this.epoch > this.acked
  }

  /** Begins anew, with a server that does not know this process. */
  begin(): void {
    this.epoch = 0
    this.acked = 0
  }

  /**
   * Learns from the answer to a command which commands the server lacks: their bookings are owed again.
   *
   * @returns whether it lacks some.
   */
  noteLost({ seq }: SyncCommand, prev: number): boolean {
    if (prev >= seq - 1) return false
    const { retained, owed } = this.#parts
    const lost = retained.takeLost(prev)
    for (const { application, shape, n } of lost) owed.add(application, shape, n)
    this.#trouble.bookedAgain(lost, prev === 0)
    return true
  }

  /**
   * An epoch is acknowledged once a command that was made in it has booked all, and nothing of it was refused.
   *
   * @param incomplete something was refused, or has turned out to be lost.
   * @param emptied the server has nothing of this process.
   * @param done called when commands may be sent again.
   */
  noteEpoch(
    { epoch: madeIn, booksAll }: SyncCommand,
    epoch: number,
    {
      incomplete,
      emptied,
      done,
    }: { readonly incomplete: boolean; readonly emptied: boolean; readonly done: () => void },
  ): void {
    const isNew = epoch > this.epoch
    if (isNew) this.epoch = epoch
    if (madeIn === this.epoch && booksAll && !incomplete) this.acked = this.epoch
    if (!isNew) return
    // Batches first: a booking between their rows and what waits would be taken for a part of both.
    this.holds = true
    void this.#reports.settleAgain(emptied ? 'keep' : 'sub').then(() => {
      this.holds = false
      done()
    })
  }
}
