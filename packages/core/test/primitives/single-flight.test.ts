import { expect, test } from 'vitest'
import { SingleFlight } from '../../src/primitives/single-flight.ts'

function deferred() {
  const ends: ((error?: Error) => void)[] = []
  let asked = 0
  const ask = () =>
    new Promise<number>((resolve, reject) => {
      const number = ++asked
      ends.push((error) => (error === undefined ? resolve(number) : reject(error)))
    })
  return { ask, end: (error?: Error) => ends.shift()!(error), asked: () => asked }
}

test('law 10: all who have the same question while it is under way share one answer', async () => {
  const flights = new SingleFlight<number>()
  const { ask, end, asked } = deferred()
  const answers = [flights.join('a', ask), flights.join('a', ask), flights.join('b', ask)]
  expect(asked()).toBe(2)
  end()
  end()
  expect(await Promise.all(answers)).toEqual([1, 1, 2])
})

test('who comes after the answer asks anew, also when there was none', async () => {
  const flights = new SingleFlight<number>()
  const { ask, end } = deferred()
  const first = flights.join('a', ask)
  end(new Error('broken'))
  await expect(first).rejects.toThrow('broken')
  const second = flights.join('a', ask)
  end()
  expect(await second).toBe(2)
})

test('law 10: is full when as many wait as may, the first included, until the answer comes', async () => {
  const flights = new SingleFlight<number>(2)
  const { ask, end } = deferred()
  expect(flights.isFull('a')).toBe(false)
  const answers = [flights.join('a', ask), flights.join('a', ask)]
  expect([flights.isFull('a'), flights.isFull('b')]).toEqual([true, false])
  end()
  await Promise.all(answers)
  expect(flights.isFull('a')).toBe(false)
})
