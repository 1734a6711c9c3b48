/** Temporary directories for journals, and writers in them. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { OWNER } from '../../src/directory/names.ts'
import { FileWriter } from '../../src/writer/file-writer.ts'
import type { FileWriterOptions } from '../../src/writer/file-writer-options.ts'
import type { SmallLedger } from './small-ledger.ts'

/** A path at which no directory is yet, removed at the end of the test. */
export function newDirectory(): string {
  const parent = mkdtempSync(join(tmpdir(), 'threescale-journal-'))
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }))
  return join(parent, 'usage')
}

/** Begins to write for a ledger; ended at the end of the test. */
export async function openWriter(
  ledger: SmallLedger,
  directory: string,
  options: Partial<FileWriterOptions> = {},
): Promise<FileWriter> {
  const writer = new FileWriter(ledger, {
    directory,
    sync: 'write',
    maxBytes: 64 * 1024 * 1024,
    lookMs: 2 ** 30,
    retryMs: 10,
    ...options,
  })
  onTestFinished(() => writer.close())
  ledger.writer = writer
  await writer.begin()
  await writer.recover()
  return writer
}

/** The folders of processes in a directory. */
export function foldersIn(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => OWNER.test(name))
    .map((name) => join(directory, name))
}

/** Lets queued work of writers run. */
export const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve)
  })
