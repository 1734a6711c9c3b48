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

test('law 10: all that ask the same while a call is under way share its answer', async () => {
  const flights = new SingleFlight<number>()
  const { ask, end, asked } = deferred()
  const answers = [flights.join('a', ask), flights.join('a', ask), flights.join('b', ask)]
  expect(asked()).toBe(2)
  end()
  end()
  expect(await Promise.all(answers)).toEqual([1, 1, 2])
})

test('a later request asks again, also after a failure', async () => {
  const flights = new SingleFlight<number>()
  const { ask, end } = deferred()
  const first = flights.join('a', ask)
  end(new Error('broken'))
  await expect(first).rejects.toThrow('broken')
  const second = flights.join('a', ask)
  end()
  expect(await second).toBe(2)
})

test('law 10: is full if the maximum number waits, including the first, until the answer arrives', async () => {
  const flights = new SingleFlight<number>(2)
  const { ask, end } = deferred()
  expect(flights.isFull('a')).toBe(false)
  const answers = [flights.join('a', ask), flights.join('a', ask)]
  expect([flights.isFull('a'), flights.isFull('b')]).toEqual([true, false])
  end()
  await Promise.all(answers)
  expect(flights.isFull('a')).toBe(false)
})
