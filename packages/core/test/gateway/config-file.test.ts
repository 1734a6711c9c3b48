/** A gateway that follows a configuration file, however the file is replaced. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createPortalWorld, type PortalWorld } from '../../../../test/support/portal-world.ts'
import { rejection } from '../../../../test/support/rejection.ts'
import { stubConfig } from '../../../../test/support/stub-portal.ts'
import { takeWarnings } from '../../../../test/support/warnings.ts'
import { ConfigError } from '../../src/errors.ts'
import type { Gateway } from '../../src/gateway/gateway.ts'

const configOf = (...ids: number[]) => JSON.stringify({ services: ids.map((id) => stubConfig(id).content) })

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'threescale-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

interface FileWorld extends PortalWorld {
  readonly gateway: Gateway
  /** Resolves when service 2 is served beside service 1. */
  hasTwo(): Promise<void>
}

/** Begins with service 1 at its own host, beside one that is never asked for. */
async function follow(configFile: string): Promise<FileWorld> {
  const world = await createPortalWorld([])
  const gateway = world.open({}, { portal: undefined, configFile })
  expect(await world.ask(gateway, 1)).toMatchObject({ outcome: 'allow' })
  return {
    ...world,
    gateway,
    async hasTwo() {
      await world.until(() => world.messages.at(-1)?.event === 'changed', 'the change')
      expect(world.messages.at(-1)).toMatchObject({ source: 'file', from: configFile })
      for (const id of [1, 2])
        expect(await world.ask(gateway, id)).toMatchObject({ outcome: 'allow', service: String(id) })
    },
  }
}

describe('a configuration file', () => {
  it('serves at once, and is followed when it is written in place', async () => {
    const file = join(folder(), 'config.json')
    writeFileSync(file, configOf(1, 3))
    const { gateway, hasTwo } = await follow(file)
    await gateway.ready()
    writeFileSync(file, configOf(1, 2))
    await hasTwo()
  })

  it('is followed when another file is renamed into its place', async () => {
    const file = join(folder(), 'config.json')
    writeFileSync(file, configOf(1, 3))
    const { hasTwo } = await follow(file)
    writeFileSync(`${file}.new`, configOf(1, 2))
    renameSync(`${file}.new`, file)
    await hasTwo()
  })

  it('is followed through links that are swapped, as Kubernetes does', async () => {
    const mount = folder()
    for (const [name, text] of [
      ['..1', configOf(1, 3)],
      ['..2', configOf(1, 2)],
    ] as const) {
      mkdirSync(join(mount, name))
      writeFileSync(join(mount, name, 'config.json'), text)
    }
    symlinkSync('..1', join(mount, '..data'))
    symlinkSync('..data/config.json', join(mount, 'config.json'))
    const { hasTwo } = await follow(join(mount, 'config.json'))
    symlinkSync('..2', join(mount, '..data_tmp'))
    renameSync(join(mount, '..data_tmp'), join(mount, '..data'))
    await hasTwo()
  })

  it('is read at once by reload()', async () => {
    const file = join(folder(), 'config.json')
    writeFileSync(file, configOf(1, 3))
    const { gateway } = await follow(file)
    writeFileSync(file, configOf(1, 2))
    expect(await gateway.reload()).toEqual({
      source: 'file',
      services: [
        { id: '2', event: 'added', from: undefined, to: undefined },
        { id: '3', event: 'removed', from: undefined, to: undefined },
      ],
    })
  })

  it.each([
    ['ENOENT', undefined],
    ['not_json', '{"services":[{'],
    ['not_json', '[]'],
    ['unusable', '{"services":[]}'],
    ['unusable', '{"something":"else"}'],
    ['unusable', '{"services":[{"id":1}]}'],
  ])('that is gone or broken (%s) changes nothing, and is followed on', async (code, text) => {
    const file = join(folder(), 'config.json')
    writeFileSync(file, configOf(1, 3))
    const { ask, gateway, until, messages, hasTwo } = await follow(file)
    if (text === undefined) unlinkSync(file)
    else writeFileSync(file, text)
    await until(() => messages.some(({ event }) => event === 'failed'), 'the failure')
    expect(messages.at(-1)?.code).toBe(code)
    for (const id of [1, 3]) expect(await ask(gateway, id)).toMatchObject({ outcome: 'allow' })
    expect(await rejection(gateway.reload())).toBeInstanceOf(Error)
    writeFileSync(file, configOf(1, 2))
    await hasTwo()
  })

  it('that comes back as it was is told as recovered', async () => {
    const file = join(folder(), 'config.json')
    writeFileSync(file, configOf(1, 3))
    const { until, messages } = await follow(file)
    renameSync(file, `${file}.away`)
    await until(() => messages.some(({ event }) => event === 'failed'), 'the failure')
    renameSync(`${file}.away`, file)
    await until(() => messages.some(({ event }) => event === 'recovered'), 'the recovery')
  })

  it('that is missing or broken at start is refused, and so are two configurations', async () => {
    const file = join(folder(), 'config.json')
    const world = await createPortalWorld([])
    const problemOf = (text: string | undefined) => {
      if (text !== undefined) writeFileSync(file, text)
      try {
        world.open({}, { portal: undefined, configFile: file })
        return 'none'
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError)
        return (error as ConfigError).message
      }
    }
    expect(problemOf(undefined)).toBe('configFile cannot be read (ENOENT)')
    expect(problemOf('{')).toBe('configFile cannot be read (not_json)')
    expect(problemOf('{"services":[]}')).toContain('contains no service')
    writeFileSync(file, configOf(1))
    expect(() => world.open({}, { configFile: file })).toThrow('configFile and portal exclude each other')
    expect(await takeWarnings()).toEqual([])
  })
})
