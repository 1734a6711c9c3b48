import { expect, it, vi } from 'vitest'
import { Slice } from '../../src/primitives/slice.ts'

/** Rests three times, and notes each time in which turn it goes on. */
async function work(name: string, slice: Slice, turns: string[][]): Promise<void> {
  for (let step = 0; step < 3; step++) {
    await slice.rest()
    turns.at(-1)!.push(name)
  }
}

/** What went on in each turn of the event loop until the work was done. */
async function turnsOf(works: (turns: string[][]) => Promise<unknown>): Promise<string[][]> {
  const turns: string[][] = [[]]
  let running = true
  const turn = () => {
    turns.push([])
    if (running) setImmediate(turn)
  }
  setImmediate(turn)
  await works(turns)
  running = false
  return turns.filter((names) => names.length > 0)
}

it('is over after three milliseconds of real time, and begins anew after a rest in which other work runs', async () => {
  const now = vi.spyOn(performance, 'now').mockReturnValue(1000)
  try {
    const slice = new Slice()
    now.mockReturnValue(1002.9)
    expect(slice.over).toBe(false)
    now.mockReturnValue(1003)
    expect(slice.over).toBe(true)
    let ran = false
    setImmediate(() => {
      ran = true
    })
    await slice.rest()
    expect([ran, slice.over]).toEqual([true, false])
  } finally {
    now.mockRestore()
  }
})

it('law 17: work that shares the event loop goes on in turns of its own, one after the other', async () => {
  const turns = await turnsOf((turns) => {
    const slice = new Slice()
    return Promise.all([work('flush', slice, turns), work('close', new Slice(slice), turns)])
  })
  expect(turns).toEqual([['flush'], ['close'], ['flush'], ['close'], ['flush'], ['close']])
})
