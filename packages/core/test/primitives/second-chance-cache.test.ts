import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SecondChanceCache } from '../../src/primitives/second-chance-cache.ts'

const entry = (name: string) => ({ name, used: false })

function filled(max: number, ...names: string[]) {
  const forgotten: string[] = []
  const map = new SecondChanceCache<string, { name: string; used: boolean }>(max, ({ name }) => forgotten.push(name))
  for (const name of names) map.set(name, entry(name))
  return { map, forgotten }
}

test('forgets the oldest of those that nobody asked for', () => {
  const { map, forgotten } = filled(3, 'a', 'b', 'c')
  map.get('a')
  map.set('d', entry('d'))
  expect(forgotten).toEqual(['b'])
  expect(map.peek('a')).toMatchObject({ name: 'a', used: false })
})

test('one who was asked for gets one more chance, not a life', () => {
  const { map, forgotten } = filled(2, 'a', 'b')
  map.get('a')
  map.set('c', entry('c'))
  map.set('d', entry('d'))
  expect(forgotten).toEqual(['b', 'a'])
})

test('looking without asking is no use', () => {
  const { map, forgotten } = filled(2, 'a', 'b')
  map.peek('a')
  map.set('c', entry('c'))
  expect(forgotten).toEqual(['a'])
})

test('replacing and deleting make no room and tell nobody', () => {
  const { map, forgotten } = filled(2, 'a', 'b')
  map.set('a', entry('new'))
  map.delete('b')
  map.set('c', entry('c'))
  expect(forgotten).toEqual([])
  expect(map.get('a')?.name).toBe('new')
})

test('makes room in bounded time where all were used', () => {
  const names = Array.from({ length: 1000 }, (_, index) => `${index}`)
  const { map, forgotten } = filled(1000, ...names)
  for (const name of names) map.get(name)
  map.set('new', entry('new'))
  expect(forgotten).toHaveLength(1)
  expect(names.filter((name) => map.peek(name)?.used === false).length).toBeLessThan(40)
})

test('law 10: never holds more than its bound, and tells of everything that had to go', () => {
  const step = fc.tuple(fc.constantFrom('get', 'set', 'delete'), fc.integer({ min: 0, max: 20 }))
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(step, { maxLength: 200 }), (max, steps) => {
      const { map, forgotten } = filled(max)
      const held = new Set<string>()
      for (const [what, number] of steps) {
        const name = `${number}`
        if (what === 'get') expect(map.get(name) !== undefined).toBe(held.has(name))
        if (what === 'delete') map.delete(name)
        if (what === 'delete') held.delete(name)
        if (what === 'set') map.set(name, entry(name))
        if (what === 'set') held.add(name)
        for (const gone of forgotten.splice(0)) held.delete(gone)
        expect(held.size).toBeLessThanOrEqual(max)
      }
    }),
  )
})
