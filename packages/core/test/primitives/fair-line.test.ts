import { expect, test } from 'vitest'
import { FairLine } from '../../src/primitives/fair-line.ts'

function lineOf(...items: string[]): FairLine<string> {
  const line = new FairLine<string>()
  for (const item of items) line.push(item, item[0]!)
  return line
}

function takeAll(line: FairLine<string>): string[] {
  const taken: string[] = []
  for (let next = line.shift(); next !== undefined; next = line.shift()) taken.push(next)
  return taken
}

test('lines take turns, and each keeps its order', () => {
  expect(takeAll(lineOf('a1', 'a2', 'a3', 'b1', 'c1', 'b2'))).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3'])
})

test('a line that begins to wait waits for one item of each other line at most', () => {
  const line = lineOf('a1', 'a2', 'a3', 'a4')
  line.shift()
  line.push('b1', 'b')
  expect(line.first).toBe('a2')
  expect(takeAll(line)).toEqual(['a2', 'b1', 'a3', 'a4'])
})

test('the parts of a line share its turns, and take turns among themselves', () => {
  const line = new FairLine<string>()
  for (const item of ['x1', 'x2', 'y1', 'x3']) line.push(item, 'many', item[0]!)
  for (const item of ['a1', 'a2']) line.push(item, 'one')
  expect(line.length).toBe(6)
  expect(takeAll(line)).toEqual(['x1', 'a1', 'y1', 'a2', 'x2', 'x3'])
})

test('knows how many wait', () => {
  const line = lineOf('a1', 'b1')
  expect(line.length).toBe(2)
  takeAll(line)
  expect(line.length).toBe(0)
  expect(line.first).toBeUndefined()
})
