/** The application whose owner chooses ids and keys that imitate 3scale's answers. */
import type { EmulatorState } from '@threescale/emulator'
import fc from 'fast-check'
import { hostileTexts } from '../support/hostile-texts.ts'
import { SERVICE } from '../support/world.ts'
import type { Limit } from './schedule.ts'

type ApplicationState = NonNullable<EmulatorState['services'][0]['applications']>[0]

/** Its number in schedules; those of the ordinary applications are less. */
export const HOSTILE = 2

export interface Forgery {
  readonly id: string
  readonly userKey: string
  /** Of a plan with the limits of all. */
  readonly plan: string
  /** Beside those of every application. */
  readonly keys: readonly string[]
}

/** The metrics in the order of 3scale's answers. */
const ORDER = ['hits', 'searches', 'deep', 'orders', 'wide']

/** @param limits what the answers that are imitated report. */
function textsOf(limits: readonly Limit[]): fc.Arbitrary<string> {
  const reports = limits.toSorted((one, other) => ORDER.indexOf(one.metric) - ORDER.indexOf(other.metric))
  const imitation = fc.constantFrom('a0', 'a1').chain((victim) => {
    return hostileTexts({ victim, service: SERVICE, reports, metrics: ['orders', 'deep', 'searches', 'hits'] })
  })
  return fc.oneof(
    { arbitrary: imitation, weight: 4 },
    { arbitrary: fc.constantFrom('k0', 'K"/><key id="wrong', "it's & so on", 'two words', '\ufffd'), weight: 2 },
    { arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }), weight: 1 },
  )
}

/** All keys that the owner sets at once. */
export function forgedKeys(limits: readonly Limit[]): fc.Arbitrary<string[]> {
  return fc.oneof(
    { arbitrary: fc.uniqueArray(textsOf(limits), { minLength: 1, maxLength: 3 }), weight: 3 },
    { arbitrary: fc.constant<string[]>(['plain']), weight: 1 },
  )
}

export function forgeries(limits: readonly Limit[]): fc.Arbitrary<Forgery> {
  const text = textsOf(limits)
  // Texts without markup leave the answers readable.
  const plain = fc.constantFrom('', '', '-x', '.y')
  return fc.record({
    id: fc.oneof({ arbitrary: plain, weight: 3 }, { arbitrary: text, weight: 1 }).map((end) => `a${HOSTILE}${end}`),
    userKey: fc.oneof(plain, text).map((end) => `u${HOSTILE}${end}`),
    plan: fc.oneof(fc.constant('Pro'), text),
    keys: forgedKeys(limits),
  })
}

/** As the backend keeps it. */
export function hostileApplication({ id, userKey }: Forgery, keys: readonly string[]): ApplicationState {
  return { id, plan: 'p2', user_keys: [userKey], application_keys: ['k0', ...keys] }
}

/** Whether answers about it can be read: nothing in them looks like markup (docs/decisions/044). */
export function isReadable({ id, keys }: Pick<Forgery, 'id' | 'keys'>): boolean {
  return ![id, ...keys].some((part) => /["<>\ufffd]/.test(part))
}
