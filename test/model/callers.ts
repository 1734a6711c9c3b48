/** The callers of a schedule: how they identify themselves, and whom a call to the backend is about. */
import type { TransportRequest } from '../../packages/core/src/client/transport/transport.ts'
import type { Credentials } from '../../packages/core/src/domain/credentials.ts'
import { HOSTILE } from './forgery.ts'
import type { Schedule } from './schedule.ts'

/** The number of a key that no application has. Key 0 is good; key 1 is removed and added. */
export const WRONG = 2

export class Callers {
  readonly #schedule: Schedule
  /** The keys that the owner of the hostile application has chosen last. */
  forged: readonly string[]

  constructor(schedule: Schedule) {
    this.#schedule = schedule
    this.forged = schedule.forgery?.keys ?? []
  }

  idOf(application: number): string {
    return application === HOSTILE ? this.#schedule.forgery!.id : `a${application}`
  }

  credentials(application: number, key: number): Credentials {
    const { version, forgery } = this.#schedule
    const wrong = key === WRONG
    if (version === '1') {
      return { userKey: wrong ? 'wrong' : application === HOSTILE ? forgery!.userKey : `u${application}` }
    }
    const own = application === HOSTILE && key === 1 ? this.forged[0]! : `k${key}`
    return { appId: this.idOf(application), appKey: wrong ? 'wrong' : own }
  }

  /** One text for each caller. */
  static nameOf(credentials: Credentials): string {
    const { userKey, appId, appKey } = credentials as { userKey?: string; appId?: string; appKey?: string }
    return `${userKey ?? appId} ${appKey ?? ''}`
  }

  /** The caller that a call names, as `nameOf` does. */
  static nameIn({ path }: TransportRequest): string {
    const { searchParams } = new URL(path, 'http://backend')
    return `${searchParams.get('user_key') ?? searchParams.get('app_id')} ${searchParams.get('app_key') ?? ''}`
  }

  /** The application that a call names; undefined for reports, and for callers that none has. */
  applicationOf({ path }: TransportRequest): number | undefined {
    const { searchParams } = new URL(path, 'http://backend')
    const caller = searchParams.get('user_key') ?? searchParams.get('app_id')
    const all = this.#schedule.forgery === undefined ? [0, 1] : [0, 1, HOSTILE]
    return all.find((index) => {
      const { userKey, appId } = this.credentials(index, 0) as { userKey?: string; appId?: string }
      return caller === (userKey ?? appId)
    })
  }
}
