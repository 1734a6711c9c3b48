import { describe, expect, it, vi } from 'vitest'
import * as here from '../src/index.ts'

vi.resetModules()
const there = await import('../src/index.ts')

/** One error of each class, made by a copy of the package. */
const errorsOf = (core: typeof here) => ({
  ConfigError: new core.ConfigError(['wrong']),
  ArgumentError: new core.ArgumentError(['wrong']),
  TransportError: new core.TransportError('broken', { sent: false }),
  TimeoutError: new core.TimeoutError('late', { sent: false }),
  BackendError: new core.BackendError(500),
  ProtocolError: new core.ProtocolError('foreign', 200),
  RejectedError: new core.RejectedError('service_token_invalid', 403, 'refused'),
  ReportError: new core.ReportError(undefined, { accepted: [], unreported: [], ambiguous: [] }),
  CircuitOpenError: new core.CircuitOpenError(1000),
  ClosedError: new core.ClosedError('closed'),
})
const own = errorsOf(here)
const foreign = errorsOf(there)

/** The names of the classes that an error is an instance of. */
const classesOf = (error: unknown) =>
  Object.entries(own).flatMap(([name, one]) => (error instanceof one.constructor ? [name] : []))

describe('errors of another copy of the package', () => {
  it("are of the same classes as one's own", () => {
    expect(there.ThreeScaleError).not.toBe(here.ThreeScaleError)
    for (const name of Object.keys(own) as (keyof typeof own)[]) {
      expect(foreign[name]).toBeInstanceOf(here.ThreeScaleError)
      expect(classesOf(foreign[name])).toEqual(classesOf(own[name]))
      expect(classesOf(own[name])).toEqual(name === 'ArgumentError' ? ['ConfigError', name] : [name])
    }
  })

  it('are denials if they were thrown for a denial', () => {
    const denied = { reason: 'no', headers: {}, code: 'user_key_invalid', status: 403 } as here.Denied
    expect(new there.DenialError(denied)).toBeInstanceOf(here.DenialError)
    for (const other of [new Error('no'), foreign.ConfigError, null, 'no']) {
      expect(other instanceof here.DenialError).toBe(false)
    }
  })

  it('are not of a class that a user derives', () => {
    class OwnError extends here.TransportError {}
    expect(new OwnError('broken', { sent: true })).toBeInstanceOf(here.TransportError)
    expect(new OwnError('broken', { sent: true })).toBeInstanceOf(OwnError)
    expect(own.TransportError).not.toBeInstanceOf(OwnError)
  })

  it('are none of other things', () => {
    for (const other of [new Error('no'), {}, null, undefined, 'no']) {
      expect(other instanceof here.ThreeScaleError).toBe(false)
    }
  })
})
