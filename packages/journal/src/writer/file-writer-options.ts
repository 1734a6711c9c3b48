/** Where and how much a writer of files may write. */
export interface FileWriterOptions {
  readonly directory: string
  readonly sync: 'write' | 'disk'
  readonly maxBytes: number
  /** Time between looks at the directory, in milliseconds. */
  readonly lookMs: number
  /** Time between tries while the disk takes nothing, in milliseconds. */
  readonly retryMs: number
}
