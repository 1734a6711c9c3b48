/** What a loader hands to its users, in which order, and what it tells of failures. */
import { describe, expect, it } from 'vitest'
import { ManualClock, settled } from '../../../../../test/support/manual-clock.ts'
import { rejection } from '../../../../../test/support/rejection.ts'
import { FetchFailed } from '../../../src/configuration/fetch-json.ts'
import {
  ConfigurationLoader,
  type ConfigurationLoaderOptions,
  type ConfigurationUser,
} from '../../../src/configuration/loading/configuration-loader.ts'
import type { LoadedConfiguration } from '../../../src/configuration/loading/loaded-configuration.ts'

const configuration = (from: string): LoadedConfiguration => {
  return { source: 'portal', from, document: {}, services: [], warnings: [] }
}

/** Notes what it is told. Each use takes until `used`. */
function createUser(used: Promise<unknown> = Promise.resolve()) {
  const told: string[] = []
  const user: ConfigurationUser = {
    async use({ from }) {
      told.push(from)
      await used
      return new Set()
    },
    loadFailed: (reason) => void told.push(`failed ${reason}`),
    startFailed: (error) => void told.push(`start failed: ${error.message}`),
  }
  return { user, told }
}

function createLoader(options: Partial<ConfigurationLoaderOptions>) {
  const clock = new ManualClock('2026-03-10T10:20:30Z')
  const read = async () => configuration('portal')
  const loader = new ConfigurationLoader({
    ...{ read, source: 'portal', from: 'portal.example.com', reloadMs: false, startTimeoutMs: 1000, clock },
    ...options,
  })
  return { loader, clock }
}

/** A promise that the test resolves. */
function later<Value = void>() {
  let resolve!: (value: Value) => void
  const promise = new Promise<Value>((given) => {
    resolve = given
  })
  return { promise, resolve }
}

const lastGood = (read: () => Promise<LoadedConfiguration>) =>
  ({ read, write: async () => {} }) as unknown as NonNullable<ConfigurationLoaderOptions['lastGood']>

describe('a loader of configurations', () => {
  it('hands the configuration also to a user who comes while others take it over', async () => {
    const taken = later()
    const { loader } = createLoader({})
    loader.follow(createUser(taken.promise).user)
    await settled()
    const late = createUser()
    loader.follow(late.user)
    taken.resolve()
    await settled()
    expect(late.told).toEqual(['portal'])
  })

  it.each(['before', 'after'])(
    'the last good file replaces nothing of the portal: read %s that is taken over',
    async (when) => {
      const file = later<LoadedConfiguration>()
      const portal = later<LoadedConfiguration>()
      const taken = later()
      const { loader, clock } = createLoader({ read: () => portal.promise, lastGood: lastGood(() => file.promise) })
      const { user, told } = createUser(taken.promise)
      loader.follow(user)
      await clock.advance(1000)
      portal.resolve(configuration('portal'))
      if (when === 'after') taken.resolve()
      await settled()
      file.resolve(configuration('file'))
      await settled()
      taken.resolve()
      await settled()
      expect(told).toEqual(['portal'])
    },
  )

  it('a start does not fail while the configuration is taken over', async () => {
    const taken = later()
    const { loader, clock } = createLoader({})
    const { user, told } = createUser(taken.promise)
    loader.follow(user)
    await clock.advance(1000)
    taken.resolve()
    await settled()
    expect([told, loader.startFailure]).toEqual([['portal'], undefined])
  })

  it('a start that failed is over once there is a configuration', async () => {
    let answers = false
    const read = async () => {
      if (!answers) throw new FetchFailed('status_500')
      return configuration('portal')
    }
    const { loader, clock } = createLoader({ read })
    loader.follow(createUser().user)
    await clock.advance(1000)
    expect(loader.startFailure?.message).toContain('status_500')
    answers = true
    await loader.load()
    expect(loader.startFailure).toBeUndefined()
  })

  it('tells a failure of any kind', async () => {
    const { loader } = createLoader({ read: () => Promise.reject(new RangeError('Maximum call stack size exceeded')) })
    const { user, told } = createUser()
    loader.follow(user)
    expect(await rejection(loader.load())).toMatchObject({ code: 'ERR_THREESCALE_LOAD', reason: 'unreadable' })
    expect(told).toEqual(['failed unreadable', 'failed unreadable'])
  })
})
