import { createServer } from 'node:http'
import { describe, expect, test } from 'vitest'
import { createEmulator, InvalidDocumentError } from '../src/index.ts'
import { authrep, dictionary, noon, report } from './dictionary.ts'

const get = (target: string) => ({ method: 'GET', target })

describe('createEmulator', () => {
  test('serves the demo provider by default', async () => {
    await using emulator = createEmulator()
    const url = await emulator.listen()
    const query = 'service_id=2555417&service_token=demo-token&user_key=good-key&usage[lookup]=1'
    const answer = await fetch(`${url}/transactions/authrep.xml?${query}`)
    expect(answer.status).toBe(200)
    expect(await answer.text()).toContain('<plan>Basic</plan>')
    expect(emulator.usage()['2555417']?.good?.hits?.minute).toBe(1)
  })

  test('does not listen before listen, nor twice', async () => {
    const emulator = createEmulator()
    expect(() => emulator.url).toThrow('not listening')
    const url = await emulator.listen()
    expect(emulator.url).toBe(url)
    await expect(emulator.listen()).rejects.toThrow('already')
    await emulator.close()
    await expect(fetch(`${url}/status`)).rejects.toThrow()
  })

  test('can listen again after close, with its counters', async () => {
    const emulator = createEmulator({ state: dictionary(), clock: noon })
    await emulator.listen()
    emulator.handle(get(authrep('usage[hits]=2')))
    await emulator.close()
    await emulator.listen()
    expect(emulator.usage()['1001']?.app?.hits?.day).toBe(2)
    await emulator.close()
  })

  test('rejects when the port is taken', async () => {
    await using first = createEmulator()
    const port = Number(new URL(await first.listen()).port)
    await using second = createEmulator()
    await expect(second.listen({ port })).rejects.toThrow('EADDRINUSE')
  })

  test('offers its handler for a server of the user', async () => {
    const emulator = createEmulator({ state: dictionary(), clock: noon })
    const server = createServer(emulator.handler)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const answer = await fetch(`http://127.0.0.1:${port}${authrep('usage[hits]=1')}`)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/vnd.3scale-v2.0+xml')
    await new Promise((resolve) => server.close(resolve))
  })

  test('refuses a bad state with every problem', () => {
    const broken = { services: [{ id: '', metrics: [{ name: 'a', parent: 'b' }] }] }
    expect(() => createEmulator({ state: broken })).toThrow(InvalidDocumentError)
  })

  test('refuses a delay that is not a duration', () => {
    expect(() => createEmulator({ reportDelayMs: -1 })).toThrow(RangeError)
    expect(() => createEmulator({ reportDelayMs: Number.NaN })).toThrow(RangeError)
  })
})

describe('the clock', () => {
  test('a custom clock moves the windows', () => {
    const clock = { at: Date.parse(noon), now: () => clock.at }
    const limits = [{ metric: 'hits', period: 'minute' as const, value: 1 }]
    const emulator = createEmulator({ state: dictionary(limits), clock })
    const statuses = [0, 0, 59_999, 60_000].map((later) => {
      clock.at = Date.parse(noon) + later
      return emulator.handle(get(authrep('usage[hits]=1'))).status
    })
    expect(statuses).toEqual([200, 409, 409, 200])
  })

  test('setClock stops any clock, and null lets it run again', () => {
    const clock = { now: () => 1000 }
    const emulator = createEmulator({ clock })
    emulator.setClock(noon)
    expect(emulator.now()).toBe(Date.parse(noon))
    emulator.setClock(null)
    expect(emulator.now()).toBe(1000)
    expect(() => emulator.setClock('soon')).toThrow(RangeError)
  })
})

describe('with a report delay', () => {
  const start = Date.parse(noon)
  function delayed() {
    const clock = { at: start, now: () => clock.at }
    return { clock, emulator: createEmulator({ state: dictionary(), clock, reportDelayMs: 100 }) }
  }
  const day = (emulator: ReturnType<typeof createEmulator>) => emulator.usage()['1001']?.app?.hits?.day

  test('authreps and reports are counted once their time has come', () => {
    const { clock, emulator } = delayed()
    emulator.handle(get(authrep('usage[hits]=1')))
    emulator.handle(report('transactions[0][user_key]=key&transactions[0][usage][hits]=2'))
    clock.at = start + 99
    expect(day(emulator)).toBe(0)
    expect(emulator.runJobs()).toBe(2)
    clock.at = start + 100
    expect(day(emulator)).toBe(3)
    expect(emulator.runJobs()).toBe(0)
  })

  test('a burst goes over its limit, as it does on the real backend', () => {
    const limits = [{ metric: 'hits', period: 'minute' as const, value: 1 }]
    const emulator = createEmulator({ state: dictionary(limits), clock: noon, reportDelayMs: 1 })
    const statuses = [1, 2, 3].map(() => emulator.handle(get(authrep('usage[hits]=1'))).status)
    expect(statuses).toEqual([200, 200, 200])
    emulator.runJobs({ all: true })
    expect(emulator.handle(get(authrep('usage[hits]=1'))).status).toBe(409)
  })

  test('usage without a timestamp is counted as of the instant the job was due, even if it runs later', () => {
    const { clock, emulator } = delayed()
    clock.at = start - 50
    emulator.handle(get(authrep('usage[hits]=1')))
    clock.at = start + 10_000
    expect(emulator.usage()['1001']?.app?.hits?.minute).toBe(1)
    emulator.setClock(start - 50)
    expect(emulator.usage()['1001']?.app?.hits?.minute).toBe(0)
  })

  test('age is judged when the job runs', () => {
    const { clock, emulator } = delayed()
    clock.at = start + 950
    const oldest = (start - 86_400_000) / 1000
    emulator.handle(
      report(`transactions[0][user_key]=key&transactions[0][usage][hits]=1&transactions[0][timestamp]=${oldest}`),
    )
    clock.at = start + 1050
    expect(emulator.calls().at(-1)?.dropped?.code).toBe('transaction_timestamp_too_old')
  })

  test('applications and metrics are looked up when the job runs', () => {
    const { clock, emulator } = delayed()
    emulator.handle(report('transactions[0][app_id]=late&transactions[0][usage][hits]=1'))
    const state = dictionary()
    state.services[0]?.applications?.push({ id: 'late' })
    emulator.updateState(state)
    clock.at = start + 100
    expect(emulator.usage()['1001']?.late?.hits?.day).toBe(1)
    expect(emulator.calls().at(-1)?.dropped).toBeUndefined()
  })

  test('a new state clears waiting jobs', () => {
    const { clock, emulator } = delayed()
    emulator.handle(get(authrep('usage[hits]=1')))
    emulator.setState(dictionary())
    clock.at = start + 1000
    expect(day(emulator)).toBe(0)
  })
})

describe('state', () => {
  test('setState clears the counters, updateState keeps those of what still exists', () => {
    const emulator = createEmulator({ state: dictionary(), clock: noon })
    emulator.handle(get(authrep('usage[deep]=1')))
    emulator.handle(get(authrep('usage[hits]=5', 'other-key')))
    const next = dictionary()
    const [service] = next.services
    service!.metrics = service!.metrics!.filter(({ name }) => name !== 'deep')
    service!.applications = service!.applications!.filter(({ id }) => id !== 'other')
    emulator.updateState(next)
    emulator.updateState(dictionary())
    expect(emulator.usage()['1001']?.app).toMatchObject({ hits: { day: 1 }, lookup: { day: 1 }, deep: { day: 0 } })
    expect(emulator.usage()['1001']?.other).toMatchObject({ hits: { day: 0 } })
    emulator.setState(dictionary())
    expect(emulator.usage()['1001']?.app).toMatchObject({ hits: { day: 0 } })
  })

  test('a bad state changes nothing', () => {
    const emulator = createEmulator({ state: dictionary(), clock: noon })
    emulator.handle(get(authrep('usage[hits]=1')))
    const bad = { services: [{ id: '1001' }, { id: '1001' }] }
    expect(() => emulator.setState(bad)).toThrow('services[1].id is the same as that of services[0]')
    expect(() => emulator.updateState(bad)).toThrow(InvalidDocumentError)
    expect(emulator.state()).toEqual(dictionary())
    expect(emulator.usage()['1001']?.app?.hits?.day).toBe(1)
  })

  test('states passed in and returned are copies', () => {
    const given = dictionary()
    const emulator = createEmulator({ state: given })
    given.services = []
    emulator.state().services.pop()
    expect(emulator.state()).toEqual(dictionary())
  })
})
