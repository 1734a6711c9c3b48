import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { eventually } from '../../../../test/support/eventually.ts'
import { createEmulator, type Emulator, type Fault, InvalidDocumentError } from '../../src/index.ts'
import { authrep, dictionary, noon } from '../dictionary.ts'

let emulator: Emulator
let url: string

beforeEach(async () => {
  emulator = createEmulator({ state: dictionary(), clock: noon })
  url = await emulator.listen()
})
afterEach(() => emulator.close())

const call = () => fetch(url + authrep('usage[hits]=1'))
const counted = () => emulator.usage()['1001']?.app?.hits?.day

/** The bytes received until the connection ends, or until something later has happened. */
function wire(later?: Promise<unknown>): Promise<string> {
  return new Promise((resolve) => {
    let received = ''
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => {
      socket.write(`GET ${authrep('usage[hits]=1')} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    })
    const end = (mark: string) => {
      socket.destroy()
      resolve(received + mark)
    }
    socket.on('data', (chunk) => {
      received += chunk
    })
    socket.on('error', (error: NodeJS.ErrnoException) => end(`[${error.code}]`))
    socket.on('end', () => end('[end]'))
    later?.then(() => end('[silence]'))
  })
}

describe('kinds', () => {
  test('status answers as told, uncounted unless it hits after the call', async () => {
    emulator.setFaults([{ kind: 'status', status: 503, body: 'down', content_type: 'text/html', count: 1 }])
    const answer = await call()
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([503, 'text/html', 'down'])
    expect(counted()).toBe(0)
    emulator.setFaults([{ kind: 'status', status: 500, when: 'after' }])
    expect((await call()).status).toBe(500)
    expect(counted()).toBe(1)
  })

  test('reset cuts the connection without an answer', async () => {
    emulator.setFaults([{ kind: 'reset' }])
    expect(await wire()).toBe('[ECONNRESET]')
  })

  test('stall never answers', async () => {
    emulator.setFaults([{ kind: 'stall', when: 'after' }])
    const served = eventually(() => counted() === 1, 'the call').then(() => fetch(`${url}/status`))
    expect(await wire(served)).toBe('[silence]')
    expect(counted()).toBe(1)
  })

  test('truncate promises more than it sends', async () => {
    emulator.setFaults([{ kind: 'truncate', bytes: 10 }])
    const received = await wire()
    const length = Number(/content-length: (\d+)/.exec(received)?.[1])
    expect(length).toBeGreaterThan(10)
    expect(received).toMatch(/\r\n\r\n<\?xml vers\[end\]$/)
  })

  test('garbage is a 200 of the right type that is not a document', async () => {
    emulator.setFaults([{ kind: 'garbage' }])
    const answer = await call()
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/vnd.3scale-v2.0+xml'])
    expect(await answer.text()).not.toContain('<authorized>')
  })

  test('latency waits and then answers, and lets another fault follow', async () => {
    emulator.setFaults([
      { kind: 'latency', ms: 30 },
      { kind: 'status', status: 502 },
    ])
    expect(await wire(new Promise((resolve) => setTimeout(resolve, 5)))).toBe('[silence]')
    expect((await call()).status).toBe(502)
    expect(emulator.calls().at(-1)?.faults).toEqual(['latency', 'status'])
  })
})

describe('which calls are hit', () => {
  test('those of one endpoint', async () => {
    emulator.setFaults([{ kind: 'status', status: 503, endpoint: 'report' }])
    expect((await call()).status).toBe(200)
    const body = new URLSearchParams('service_token=stoken&service_id=1001')
    expect((await fetch(`${url}/transactions.xml`, { method: 'POST', body })).status).toBe(503)
  })

  test('a share of them, spread evenly', async () => {
    emulator.setFaults([{ kind: 'status', status: 503, rate: 0.4 }])
    const statuses: number[] = []
    for (let each = 0; each < 10; each++) statuses.push((await call()).status)
    expect(statuses).toEqual([200, 200, 503, 200, 503, 200, 200, 503, 200, 503])
  })

  test('the first few', async () => {
    emulator.setFaults([
      { kind: 'status', status: 503, count: 2 },
      { kind: 'latency', ms: 0 },
    ])
    const left: (number | undefined)[] = []
    for (const status of [503, 503, 200]) {
      left.push(emulator.faults().find(({ kind }) => kind === 'status')?.count)
      expect((await call()).status).toBe(status)
    }
    expect(left).toEqual([2, 1, undefined])
    expect(emulator.faults()).toEqual([{ kind: 'latency', ms: 0 }])
  })

  test('none once they are cleared, and never the control API or health checks', async () => {
    emulator.setFaults([{ kind: 'reset' }])
    expect((await fetch(`${url}/status`)).status).toBe(200)
    expect(await (await fetch(`${url}/emulator/api/faults`)).json()).toEqual([{ kind: 'reset' }])
    emulator.setFaults([])
    expect((await call()).status).toBe(200)
  })
})

test.each<[unknown, string]>([
  [{}, 'must be an array'],
  [[{}], '[0].kind is missing'],
  [[{ kind: 'explode' }], '[0].kind must be one of'],
  [[{ kind: 'latency' }], '[0].ms is missing'],
  [[{ kind: 'latency', ms: -1 }], '[0].ms must be a whole number'],
  [[{ kind: 'status', status: 99 }], '[0].status must be an HTTP status'],
  [[{ kind: 'reset', rate: 2 }], '[0].rate must be a number from 0 to 1'],
  [[{ kind: 'reset', count: 0 }], '[0].count must be a whole number of at least 1'],
  [[{ kind: 'reset', ms: 1 }], '[0].ms is not known'],
  [[{ kind: 'stall', endpoint: 'check' }], '[0].endpoint must be one of'],
  [[{ kind: 'stall', when: 'now' }], '[0].when must be one of'],
])('faults %j are refused: %s', (faults, message) => {
  emulator.setFaults([{ kind: 'stall' }])
  expect(() => emulator.setFaults(faults as Fault[])).toThrow(InvalidDocumentError)
  expect(() => emulator.setFaults(faults as Fault[])).toThrow(message)
  expect(emulator.faults()).toEqual([{ kind: 'stall' }])
})
