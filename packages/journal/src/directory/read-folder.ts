/** Reads the files of one process, and those of the dead processes that it had taken over. */
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type FileHeader, type HeaderProblem, readHeader } from '../format/header.ts'
import { INHERITED, LOCK, SEGMENT } from './names.ts'

export interface ReadSegment {
  readonly path: string
  readonly number: number
  readonly bytes: Buffer
  /** Why it has no header, or none that can be understood. */
  readonly problem: HeaderProblem | undefined
  readonly header: FileHeader | undefined
}

export interface ReadFolder {
  readonly path: string
  /** By number. */
  readonly segments: readonly ReadSegment[]
  /** Folders of dead processes that it had taken over, and those that these had, by name. */
  readonly inherited: ReadonlyMap<string, ReadFolder>
  /** Paths of what is none of ours. */
  readonly foreign: readonly string[]
}

/** @throws the errors of the file system. */
export async function readFolder(path: string): Promise<ReadFolder> {
  const segments: ReadSegment[] = []
  const inherited = new Map<string, ReadFolder>()
  const foreign: string[] = []
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const { name } = entry
    const segment = SEGMENT.exec(name)
    const taken = INHERITED.exec(name)
    // Whatever else bears such a name, a pipe or a link, is none of ours.
    if (segment !== null && entry.isFile()) segments.push(await readSegment(join(path, name), Number(segment[1])))
    else if (taken !== null && entry.isDirectory()) {
      const folder = await readFolder(join(path, name))
      for (const [below, other] of folder.inherited) inherited.set(below, other)
      inherited.set(taken[1]!, folder)
    } else if (name !== LOCK) foreign.push(join(path, name))
  }
  return {
    path,
    segments: segments.sort((one, other) => one.number - other.number),
    inherited,
    foreign,
  }
}

async function readSegment(path: string, number: number): Promise<ReadSegment> {
  const bytes = await readBytes(path)
  const head = readHeader(bytes)
  return typeof head === 'string'
    ? { path, number, bytes, problem: head, header: undefined }
    : { path, number, bytes, problem: undefined, header: head.header }
}

async function readBytes(path: string): Promise<Buffer> {
  const file = await open(path, 'r')
  try {
    return await file.readFile()
  } finally {
    await file.close()
  }
}

/** All headers, those of inherited folders included. */
export function headersOf(folder: ReadFolder): FileHeader[] {
  return segmentsOf(folder).flatMap(({ header }) => (header === undefined ? [] : [header]))
}

/** All segments, those of inherited folders included. */
export function segmentsOf({ segments, inherited }: ReadFolder): ReadSegment[] {
  return [...segments, ...[...inherited.values()].flatMap((folder) => folder.segments)]
}
