/** A configuration file that is followed: looked at by its path, so that renames and swapped links are seen too. */
import { type BigIntStats, readFileSync, statSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { FetchFailed } from '../fetch-json.ts'
import { parseConfiguration, readText } from './last-good-file.ts'
import { digestOf, type LoadedConfiguration, servicesOf } from './loaded-configuration.ts'
import type { ReadConfiguration } from './portal-reader.ts'

export interface ConfigFile {
  readonly initial: LoadedConfiguration
  /** A change counts at the second look that finds it, because editors write in several steps. */
  readonly read: ReadConfiguration
}

/** Reads the file at once. @throws FetchFailed if there is no configuration in it. */
export function openConfigFile(path: string): ConfigFile {
  // Looked at before it is read, so that a change in between is found at the next look.
  let seen = lookSync(path)
  let used = seen
  let digest: string
  let latest: LoadedConfiguration
  const initial = made(readSync(path))

  function made(text: string): LoadedConfiguration {
    const document = parseConfiguration(text)
    digest = digestOf(text)
    latest = { source: 'file', from: path, document, services: servicesOf(document), warnings: [] }
    return latest
  }

  return {
    initial,
    async read(before, atOnce) {
      const now = signatureOf(await stat(path, { bigint: true }).catch(failed))
      const settled = now === seen || atOnce
      seen = now
      // Otherwise the newest one could not be used, and is read again until it is mended.
      const isUsed = before === latest
      if (before !== undefined && ((isUsed && now === used) || !settled)) return before
      const text = await readText(path)
      const configuration = isUsed && digestOf(text) === digest ? latest : made(text)
      used = now
      return configuration
    },
  }
}

/** Differs after each change of the file, and if another file has taken its place. */
function signatureOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join()
}

function lookSync(path: string): string {
  try {
    return signatureOf(statSync(path, { bigint: true }))
  } catch (error) {
    return failed(error)
  }
}

function readSync(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    return failed(error)
  }
}

function failed(error: unknown): never {
  throw new FetchFailed((error as NodeJS.ErrnoException).code ?? 'UNKNOWN')
}
