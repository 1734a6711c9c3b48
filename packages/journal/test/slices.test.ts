import { expect, test } from 'vitest'
import { inSlices } from '../src/slices.ts'

test('law 17: what waits for the end of long work runs in a turn of the event loop of its own', async () => {
  let turn = 0
  let running = true
  const count = (): void => {
    turn++
    if (running) setImmediate(count)
  }
  setImmediate(count)
  const turns: number[] = []
  const work = function* (): Generator<void, void> {
    while (turn - turns[0]! < 3) yield
    turns.push(turn)
  }
  turns.push(turn)
  await inSlices(work())
  turns.push(turn)
  running = false

  expect(new Set(turns).size).toBe(3)
})
