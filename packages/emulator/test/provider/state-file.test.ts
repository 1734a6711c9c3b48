import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readStateFile } from '../../src/provider/state-file.ts'

let folder: string
let stop = () => {}
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'emulator-'))
})
afterEach(() => {
  stop()
  rmSync(folder, { recursive: true })
})

const at = (path: string) => join(folder, path)
const stateOf = (id: string) => JSON.stringify({ services: [{ id }] })

/** Watches a file; `next` waits for what is told next: the id of the service, or the problem. */
function watch(path: string) {
  const told: string[] = []
  let wake = () => {}
  const tell = (text: string) => {
    told.push(text)
    wake()
  }
  stop = readStateFile(path).watch({
    onState: ({ services }) => tell(services[0]!.id),
    onProblem: ({ message }) => tell(message),
  })
  return async () => {
    if (told.length === 0) await new Promise<void>((resolve) => (wake = resolve))
    return told.shift()!
  }
}

test('an edit in place and a replaced file are told, the same content is not', async () => {
  writeFileSync(at('state.json'), stateOf('1'))
  const next = watch(at('state.json'))
  writeFileSync(at('state.json'), stateOf('1'))
  writeFileSync(at('state.json'), stateOf('2'))
  expect(await next()).toBe('2')
  writeFileSync(at('new.json'), stateOf('3'))
  renameSync(at('new.json'), at('state.json'))
  expect(await next()).toBe('3')
})

test('a change between the first read and the first look is told', async () => {
  writeFileSync(at('state.json'), stateOf('1'))
  const file = readStateFile(at('state.json'))
  writeFileSync(at('state.json'), stateOf('2'))
  const next = new Promise((resolve) => {
    stop = file.watch({ onState: resolve, onProblem: resolve })
  })
  expect(await next).toEqual(JSON.parse(stateOf('2')))
})

test('a link that is swapped on the way is followed, as Kubernetes swaps ..data', async () => {
  for (const version of ['1', '2']) {
    mkdirSync(at(`..${version}`))
    writeFileSync(at(`..${version}/state.json`), stateOf(version))
  }
  symlinkSync('..1', at('..data'))
  symlinkSync('..data/state.json', at('state.json'))
  const next = watch(at('state.json'))
  symlinkSync('..2', at('..data_tmp'))
  renameSync(at('..data_tmp'), at('..data'))
  rmSync(at('..1'), { recursive: true })
  expect(await next()).toBe('2')
  writeFileSync(at('..2/state.json'), stateOf('3'))
  expect(await next()).toBe('3')
})

test('a folder that is renamed on the way is followed', async () => {
  for (const version of ['now', 'later']) {
    mkdirSync(at(version))
    writeFileSync(at(`${version}/state.json`), stateOf(version))
  }
  const next = watch(at('now/state.json'))
  renameSync(at('now'), at('before'))
  renameSync(at('later'), at('now'))
  expect(await next()).toBe('later')
})

test('a file that is gone is told once, and its return, too', async () => {
  writeFileSync(at('state.json'), stateOf('1'))
  const next = watch(at('state.json'))
  unlinkSync(at('state.json'))
  expect(await next()).toContain('ENOENT')
  writeFileSync(at('state.json'), '{"services": [{}]}')
  expect(await next()).toContain('services[0].id is missing')
  writeFileSync(at('state.json'), stateOf('1'))
  expect(await next()).toBe('1')
})
