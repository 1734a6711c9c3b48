import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SecondChanceCache } from '../../src/primitives/second-chance-cache.ts'

const entry = (name: string) => ({ name, used: false })

function filled(max: number, ...names: string[]) {
  const evicted: string[] = []
  const map = new SecondChanceCache<string, { name: string; used: boolean }>(max, ({ name }) => evicted.push(name))
  for (const name of names) map.set(name, entry(name))
  return { map, evicted }
}

test('evicts the oldest entry that was not used', () => {
  const { map, evicted } = filled(3, 'a', 'b', 'c')
  map.get('a')
  map.set('d', entry('d'))
  expect(evicted).toEqual(['b'])
  expect(map.peek('a')).toMatchObject({ name: 'a', used: false })
})

test('a used entry gets one more chance, not more', () => {
  const { map, evicted } = filled(2, 'a', 'b')
  map.get('a')
  map.set('c', entry('c'))
  map.set('d', entry('d'))
  expect(evicted).toEqual(['b', 'a'])
})

test('a peek does not count as use', () => {
  const { map, evicted } = filled(2, 'a', 'b')
  map.peek('a')
  map.set('c', entry('c'))
  expect(evicted).toEqual(['a'])
})

test('replacing and deleting evict nothing', () => {
  const { map, evicted } = filled(2, 'a', 'b')
  map.set('a', entry('new'))
  map.delete('b')
  map.set('c', entry('c'))
  expect(evicted).toEqual([])
  expect(map.get('a')?.name).toBe('new')
})

test('evicts in bounded time if all entries were used', () => {
  const names = Array.from({ length: 1000 }, (_, index) => `${index}`)
  const { map, evicted } = filled(1000, ...names)
  for (const name of names) map.get(name)
  map.set('new', entry('new'))
  expect(evicted).toHaveLength(1)
  expect(names.filter((name) => map.peek(name)?.used === false).length).toBeLessThan(40)
})

test('law 10: never holds more than its bound, and reports everything that is evicted', () => {
  const step = fc.tuple(fc.constantFrom('get', 'set', 'delete'), fc.integer({ min: 0, max: 20 }))
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(step, { maxLength: 200 }), (max, steps) => {
      const { map, evicted } = filled(max)
      const held = new Set<string>()
      for (const [what, number] of steps) {
        const name = `${number}`
        if (what === 'get') expect(map.get(name) !== undefined).toBe(held.has(name))
        if (what === 'delete') map.delete(name)
        if (what === 'delete') held.delete(name)
        if (what === 'set') map.set(name, entry(name))
        if (what === 'set') held.add(name)
        for (const gone of evicted.splice(0)) held.delete(gone)
        expect(held.size).toBeLessThanOrEqual(max)
      }
    }),
  )
})
