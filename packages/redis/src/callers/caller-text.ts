/** A caller as the store keeps it. */
import type { StoredCaller } from '@threescale/core'

export function callerText({ application, denial, askedAt }: StoredCaller): string {
  return JSON.stringify(denial === undefined ? [askedAt, application] : [askedAt, null, denial.code, denial.reason])
}

/** Undefined: the text is none. */
export function readCaller(text: unknown): StoredCaller | undefined {
  if (typeof text !== 'string') return undefined
  let values: unknown
  try {
    values = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!Array.isArray(values) || typeof values[0] !== 'number') return undefined
  const [askedAt, application, code, reason] = values
  if (typeof application === 'string') return { application, denial: undefined, askedAt }
  if (typeof code !== 'string' || typeof reason !== 'string') return undefined
  return { application: undefined, denial: { code, reason }, askedAt }
}
