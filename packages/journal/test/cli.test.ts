import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { foldersIn, newDirectory, openWriter } from './support/journal-directory.ts'
import { SmallLedger } from './support/small-ledger.ts'

const CLI = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
const show = (...given: string[]) => execFileSync(process.execPath, [CLI, ...given], { encoding: 'utf8' })

it('shows what a directory holds, and changes nothing', async () => {
  const directory = newDirectory()
  const ledger = new SmallLedger()
  const writer = await openWriter(ledger, directory)
  ledger.book(ledger.application('app'), { hits: 2 })
  ledger.settle(ledger.take()!, 'sending')
  ledger.book(ledger.application('app'), { hits: 1, words: 30 })
  ledger.book(ledger.application(undefined), { hits: 5 })
  await writer.close()
  const living = new SmallLedger({ services: ['another'] })
  await openWriter(living, directory)
  writeFileSync(join(directory, 'notes.txt'), 'mine')
  const files = () => foldersIn(directory).map((folder) => readdirSync(folder))
  const before = files()
  const text = show(directory)
  expect(text).toContain('its process is dead')
  expect(text).toContain('sending  2026-01-15T10:20:00.000Z  s1  app  hits 2')
  expect(text).toContain('waiting  2026-01-15T10:20:00.000Z  s1  app  hits 1, words 30')
  expect(text).toContain('waiting  2026-01-15T10:20:00.000Z  s1  (not proved)  hits 5')
  expect(text).toContain('its process lives')
  expect(text).toContain('nothing is unsettled')
  expect(text).toContain('notes.txt: not of a journal')
  const lines = show(directory, '--json').trim().split('\n')
  expect(lines.map((line) => JSON.parse(line).life).sort()).toEqual(['alive', 'dead'])
  expect(files()).toEqual(before)
})

it('shows names that would steer the terminal as JSON escapes them', async () => {
  const directory = newDirectory()
  const ledger = new SmallLedger()
  const writer = await openWriter(ledger, directory)
  ledger.book(ledger.application('a\u001b[2J\nb\u009b\u202e'), { hits: 1 })
  await writer.close()
  expect(show(directory)).toContain('s1  a\\u001b[2J\\u000ab\\u009b\\u202e  hits 1\n')
  expect(JSON.parse(show(directory, '--json')).rows[0].application).toBe('a\u001b[2J\nb\u009b\u202e')
})

it('says what it needs', () => {
  expect(show('--help')).toContain('threescale-journal DIRECTORY')
  expect(() => show()).toThrow(/give one directory/)
  expect(() => show('/nowhere/at/all')).toThrow(/ENOENT/)
})

it('is what the package runs', () => {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  expect(manifest.bin).toEqual({ 'threescale-journal': './dist/cli.js' })
})
