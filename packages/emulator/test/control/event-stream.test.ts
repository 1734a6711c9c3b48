import { expect, test } from 'vitest'
import { createEmulator } from '../../src/index.ts'
import { authrep, dictionary, noon, report } from '../dictionary.ts'

/** The first `count` events of the stream, once `act` has been done. */
async function events(url: string, count: number, act: () => void): Promise<string[]> {
  const answer = await fetch(`${url}/emulator/api/events`)
  expect(answer.headers.get('content-type')).toBe('text/event-stream')
  const found: string[] = []
  let text = ''
  let acted = false
  for await (const chunk of answer.body!) {
    text += Buffer.from(chunk)
    if (!acted) act()
    acted = true
    const blocks = text.split('\n\n')
    text = blocks.pop()!
    found.push(...blocks.filter((block) => block.startsWith('event:')))
    if (found.length >= count) break
  }
  return found
}

test('calls and dropped batches come as they happen', async () => {
  await using emulator = createEmulator({ state: dictionary(), clock: noon })
  const url = await emulator.listen()
  const [call, reported, dropped] = await events(url, 3, () => {
    emulator.handle({ method: 'GET', target: authrep('usage[hits]=1') })
    emulator.handle(report('transactions[0][app_id]=nobody&transactions[0][usage][hits]=1'))
  })
  expect(call).toMatch(/^event: call\nid: 1\ndata: \{"id":1,.*"endpoint":"authrep"/)
  expect(reported).toMatch(/^event: call\nid: 2\ndata: .*"endpoint":"report"/)
  expect(dropped).toMatch(/^event: dropped\nid: 2\ndata: .*"application_not_found"/)
})

test('a change of state, clock or faults is told, so that whatever shows them can read them again', async () => {
  await using emulator = createEmulator({ state: dictionary(), clock: noon })
  const url = await emulator.listen()
  const found = await events(url, 4, () => {
    emulator.setState(dictionary())
    emulator.updateState(dictionary())
    emulator.setClock(null)
    emulator.setFaults([])
  })
  expect(found.map((event) => event.split('\n'))).toEqual(
    ['state', 'state', 'clock', 'faults'].map((what) => ['event: changed', `data: "${what}"`]),
  )
})

test('a stream sees delayed jobs fail although no call comes in', async () => {
  await using emulator = createEmulator({ state: dictionary(), reportDelayMs: 20 })
  const url = await emulator.listen()
  const [, dropped] = await events(url, 2, () => {
    emulator.handle(report('transactions[0][app_id]=nobody&transactions[0][usage][hits]=1'))
  })
  expect(dropped).toContain('event: dropped')
})

test('a page of another origin gets no stream', async () => {
  await using emulator = createEmulator()
  const url = await emulator.listen()
  const answer = await fetch(`${url}/emulator/api/events`, { headers: { origin: 'https://evil.example' } })
  expect(answer.status).toBe(403)
})
