import { expect, test } from 'vitest'
import { ConnectionWindow } from '../../../src/client/transport/connection-window.ts'

/** Lets as many new connections answer as the window allows, step by step, and returns the sizes. */
function sizes(window: ConnectionWindow, steps: number, now = 0): number[] {
  const seen = [window.size]
  for (let step = 0; step < steps; step++) {
    for (let n = 0; n < window.size; n++) window.answered(window.stepNumber)
    if (!window.grow(now)) break
    seen.push(window.size)
  }
  return seen
}

test('doubles up to its bound', () => {
  expect(sizes(new ConnectionWindow(100, 4), 20)).toEqual([4, 8, 16, 32, 64, 100])
  expect(sizes(new ConnectionWindow(1, 4), 20)).toEqual([1])
  expect(sizes(new ConnectionWindow(200, 64), 20)).toEqual([64, 128, 200])
})

test('waits until as many new connections have answered as the last step opened', () => {
  const window = new ConnectionWindow(100, 4)
  for (let n = 0; n < 3; n++) window.answered(window.stepNumber)
  expect(window.grow(0)).toBe(false)
  window.answered(window.stepNumber)
  expect(window.grow(0)).toBe(true)
  for (let n = 0; n < 3; n++) window.answered(window.stepNumber)
  expect(window.grow(0)).toBe(false)
})

test('after starvation it begins again with a step of one', () => {
  const window = new ConnectionWindow(100, 4)
  sizes(window, 4)
  window.shrink(5, 0, true)
  expect(sizes(window, 3, 499)).toEqual([5])
  expect(sizes(window, 3, 500)).toEqual([5, 6, 8, 12])
})

test('the pause doubles up to a minute while connections are starved, and a step that goes well ends that', () => {
  const window = new ConnectionWindow(100, 4)
  let now = 0
  const pause = () => {
    const from = now
    while (!window.grow(now)) now += 100
    return now - from
  }
  const pauses: number[] = []
  for (let n = 0; n < 9; n++) {
    window.shrink(2, now, true)
    pauses.push(pause())
  }
  expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
  window.answered(window.stepNumber)
  expect(window.grow(now)).toBe(true)
  window.shrink(2, now, true)
  expect(pause()).toBe(500)
})

test('a time-out without starvation does not make the pause longer', () => {
  const window = new ConnectionWindow(100, 4)
  window.shrink(2, 0, false)
  window.shrink(2, 0, false)
  expect(window.grow(500)).toBe(true)
})

test('never shrinks below one, and never grows by shrinking', () => {
  const window = new ConnectionWindow(100, 4)
  window.shrink(0, 0, true)
  expect(window.size).toBe(1)
  window.shrink(50, 0, true)
  expect(window.size).toBe(1)
})

test('the answer of a connection that was opened before a step does not count for it', () => {
  const window = new ConnectionWindow(100, 4)
  sizes(window, 1)
  for (let n = 0; n < 10; n++) window.answered(window.stepNumber - 1)
  expect(window.grow(0)).toBe(false)
})
