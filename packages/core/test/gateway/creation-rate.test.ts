import { afterEach, describe, expect, it, vi } from 'vitest'

/** A fresh copy of the module, since it counts for the process. */
async function freshNote() {
  vi.resetModules()
  const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const { noteCreation } = await import('../../src/gateway/creation-rate.ts')
  return { emit, noteCreation }
}

afterEach(() => vi.restoreAllMocks())

describe('a gateway for each request', () => {
  it('is noticed at the tenth within a second, once', async () => {
    const { emit, noteCreation } = await freshNote()
    for (let index = 0; index < 9; index++) noteCreation(5000 + index * 100)
    expect(emit).not.toHaveBeenCalled()
    noteCreation(6000)
    for (let index = 0; index < 50; index++) noteCreation(6001)
    expect(emit.mock.calls).toEqual([
      [
        expect.stringMatching(/^10 gateways .* make one when the process starts/),
        expect.objectContaining({ type: 'ThreeScaleWarning', code: 'THREESCALE_GATEWAY_PER_REQUEST' }),
      ],
    ])
  })

  it('is not what a slow start with many gateways looks like', async () => {
    const { emit, noteCreation } = await freshNote()
    for (let index = 0; index < 100; index++) noteCreation(index * 112)
    expect(emit).not.toHaveBeenCalled()
  })
})
