/** The kinds of records in a file, and the version of the format. */

/** The first bytes of every file; the last one is the version. */
export const MAGIC: Uint8Array = Buffer.from('threescale-usage\x01', 'latin1')

/** The bytes of `MAGIC` before the version. */
export const MAGIC_NAME_BYTES: number = MAGIC.length - 1

/** The first byte of a record. */
export const KIND = {
  /** JSON: whose file it is. The first record of a file, after `MAGIC`. */
  header: 1,
  /** Gives a service a number. */
  service: 2,
  /** Gives an application a number. */
  application: 3,
  /** Gives a metric a number. */
  metric: 4,
  /** Usage was admitted and waits. */
  book: 5,
  /** Waiting usage becomes a batch. */
  take: 6,
  /** What became of a batch. */
  settle: 7,
  /** From now on a folder of this name, if there is one, belongs to the process, and so does the usage in it. */
  inherit: 8,
  /** The whole usage of applications, instead of what older records say. */
  whole: 9,
  /** All that is not settled stands in this file: older files and what they say are over. Repeats the header. */
  complete: 10,
  /** Usage of an application of a dead process that waits, or may be counted, is that of another application. */
  recover: 11,
  /** A batch of a dead process is one of this process. */
  recoverBatch: 12,
} as const

/** What is known of a batch, and how a batch ends; the number stands in the file. */
export const SETTLEMENTS = [
  /** Taken, and not on its way to the backend yet. */
  'taken',
  /** A byte may have reached the backend. */
  'sending',
  'acknowledged',
  'ambiguous',
  /** Counted by an authrep that has no answer yet. Never sent by us. */
  'reserved',
  /** Over: the rows wait again. */
  'waiting',
  /** Over: the rows wait again, although they may have been counted. */
  'resent',
  /** Over: given up, and not counted. */
  'given-up',
  /** Over: given up, and perhaps counted. */
  'maybe-counted',
  /** Over: the usage was not admitted after all. */
  'undone',
] as const

export type Settlement = (typeof SETTLEMENTS)[number]
