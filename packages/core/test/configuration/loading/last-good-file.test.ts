/** The last good file on a disk that hangs. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ManualClock } from '../../../../../test/support/manual-clock.ts'
import { rejection } from '../../../../../test/support/rejection.ts'
import { LastGoodFile } from '../../../src/configuration/loading/last-good-file.ts'
import type { LoadedConfiguration } from '../../../src/configuration/loading/loaded-configuration.ts'

const NONE: ReadonlySet<string | undefined> = new Set()

/** A file whose disk answers nothing until `answer` is called. */
function onHangingDisk() {
  const folder = mkdtempSync(join(tmpdir(), 'threescale-last-good-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'last-good.json')
  const failures: string[] = []
  const clock = new ManualClock('2026-03-10T10:20:30Z')
  let answer!: () => void
  const hanging = new Promise<void>((resolve) => {
    answer = resolve
  })
  const file = new LastGoodFile(path, (code) => failures.push(code), clock, (async (
    ...given: Parameters<typeof open>
  ) => {
    await hanging
    return await open(...given)
  }) as typeof open)
  return { file, path, failures, clock, answer }
}

function configuration(version: number): LoadedConfiguration {
  const document = { proxy_configs: [{ proxy_config: { version, content: { id: 7 } } }] }
  return { source: 'portal', from: 'portal', document, services: [{ id: '7', version, digest: '' }], warnings: [] }
}

test('a disk that hangs does not hold up who writes, and gets the newest configuration at last', async () => {
  const { file, path, failures, clock, answer } = onHangingDisk()
  for (let version = 1; version <= 3; version++) {
    const writing = file.write(configuration(version), NONE)
    await clock.advance(5000)
    await writing
  }
  expect(failures).toEqual(['ETIMEDOUT', 'ETIMEDOUT', 'ETIMEDOUT'])

  answer()
  await file.write(configuration(4), NONE)
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(configuration(4).document)
  expect(failures).toHaveLength(3)
})

test('reading it from a disk that hangs fails in time', async () => {
  const { file, clock } = onHangingDisk()
  const reading = rejection(file.read())
  await clock.advance(5000)
  expect(await reading).toMatchObject({ code: 'ETIMEDOUT' })
})
