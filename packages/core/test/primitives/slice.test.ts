import { expect, it, vi } from 'vitest'
import { Slice } from '../../src/primitives/slice.ts'

it('is over after five milliseconds of real time, and begins anew after a rest in which other work runs', async () => {
  const now = vi.spyOn(performance, 'now').mockReturnValue(1000)
  try {
    const slice = new Slice()
    now.mockReturnValue(1004.9)
    expect(slice.over).toBe(false)
    now.mockReturnValue(1005)
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
