/** Finds a caller's credentials in a request, explains where they are, and removes them. Does not verify them. */

import type { Credentials } from '../domain/credentials.ts'
import { isPromise, type MaybePromise } from '../primitives/maybe-promise.ts'
import type { RequestView } from '../request/request-view.ts'
import type { CredentialLocation, CredentialsSettings } from './credentials-settings.ts'
import { checkCustomCredentials } from './custom-function.ts'
import { createAuthorizationLocation } from './locations/authorization.ts'
import { createFormLocation } from './locations/form.ts'
import { createHeadersLocation } from './locations/headers.ts'
import type { Location } from './locations/location.ts'
import { createQueryLocation } from './locations/query.ts'
import type { Judgement } from './oidc/token-settings.ts'
import type { UnreadableCredentials } from './unreadable.ts'

/** The credentials of a request; undefined where it carries none. */
export type FoundCaller = Credentials | UnreadableCredentials | undefined

export interface CredentialsReader<View extends RequestView = RequestView> {
  /**
   * Undefined if the request carries none, or only an id or a key where both are needed. Throws what a custom function
   * throws.
   */
  read(view: View): MaybePromise<FoundCaller>
  /** Where credentials were found, with masked values; undefined if there are none. */
  explain(view: View): MaybePromise<FoundCredentials | undefined>
  /**
   * Removes credentials from every location, whichever `read` took them from, before handlers see them. Does nothing with
   * a custom function.
   */
  strip(view: View): void
  /** Value of WWW-Authenticate; undefined if Authorization is not a location. */
  readonly challenge: string | undefined
  /** By what all callers are known; undefined with a custom function, whose callers may differ. */
  readonly kind: 'userKey' | 'appId' | 'clientId' | undefined
  /** Used for requests without credentials. */
  readonly anonymous: Credentials | undefined
  /** The access token of a request; undefined if it has none that can be read. Absent where callers send no tokens. */
  tokenOf?(view: View): string | undefined
  /** What policies found in the token of a caller that `read` returned. Absent where callers send no tokens. */
  judgementsOf?(caller: Credentials): readonly (Judgement | undefined)[] | undefined
}

export interface FoundCredentials {
  readonly kind: 'user key' | 'application id' | 'client id' | 'unreadable'
  readonly foundIn: CredentialLocation | 'anonymous' | 'own function'
  readonly masked: string
  /** Of a token that is refused: the code of the denial, and what is wrong with it. */
  readonly code?: UnreadableCredentials['code']
  readonly fault?: UnreadableCredentials['fault']
  /** The masked parameters of the call: `app_id=*** app_key=***`. Empty for unreadable ones, which are never sent. */
  readonly sentAs: string
}

const MASKED = '***'

/** Creates a reader for the locations that the options name, or around a custom function. */
export function createCredentialsReader<View extends RequestView = RequestView>(
  option: CredentialsSettings | ((view: View) => MaybePromise<Credentials | undefined>),
): CredentialsReader<View> {
  return typeof option === 'function' ? createFunctionReader(option) : createLocationsReader(option)
}

function createLocationsReader<View extends RequestView>(settings: CredentialsSettings): CredentialsReader<View> {
  const { anonymous } = settings
  const locations = settings.in.map((location) => LOCATIONS[location](settings))

  return {
    read(view) {
      for (const location of locations) {
        const found = location.read(view)
        if (found !== undefined) return found === 'partial' ? undefined : found
      }
      return anonymous
    },
    explain(view) {
      for (const location of locations) {
        const found = location.read(view)
        if (found === 'partial') return undefined
        if (found !== undefined) return describe(found, location.location)
      }
      return anonymous && describe(anonymous, 'anonymous')
    },
    strip(view) {
      for (const location of locations) location.strip(view)
    },
    challenge: settings.in.includes('authorization') ? challengeOf(settings) : undefined,
    kind: settings.kind,
    anonymous,
  }
}

const LOCATIONS: Readonly<Record<CredentialLocation, (settings: CredentialsSettings) => Location>> = {
  query: createQueryLocation,
  headers: createHeadersLocation,
  authorization: createAuthorizationLocation,
  form: createFormLocation,
}

function createFunctionReader<View extends RequestView>(
  find: (view: View) => MaybePromise<Credentials | undefined>,
): CredentialsReader<View> {
  const read = (view: View) => {
    const found = find(view)
    return isPromise(found) ? found.then(checkCustomCredentials) : checkCustomCredentials(found)
  }
  return {
    read,
    explain(view) {
      const found = read(view)
      const describeFound = (one: Credentials | UnreadableCredentials | undefined) =>
        one && describe(one, 'own function')
      return isPromise(found) ? found.then(describeFound) : describeFound(found)
    },
    strip() {},
    challenge: undefined,
    kind: undefined,
    anonymous: undefined,
  }
}

function describe(found: Credentials | UnreadableCredentials, foundIn: FoundCredentials['foundIn']): FoundCredentials {
  if ('malformed' in found) return { kind: 'unreadable', foundIn, masked: MASKED, sentAs: '' }
  if ('userKey' in found) return { kind: 'user key', foundIn, masked: MASKED, sentAs: `user_key=${MASKED}` }
  const { appKey } = found
  const redirectUrl = 'clientId' in found ? found.redirectUrl : undefined
  return {
    kind: 'appId' in found ? 'application id' : 'client id',
    foundIn,
    masked: appKey === undefined ? MASKED : `${MASKED} with key ${MASKED}`,
    sentAs: `app_id=${MASKED}${appKey === undefined ? '' : ` app_key=${MASKED}`}${redirectUrl === undefined ? '' : ` redirect_url=${MASKED}`}`,
  }
}

/** Two challenges in one field (RFC 9110, 11.6.1); a Bearer token cannot carry an application's id and key. */
function challengeOf({ kind, asApicast }: CredentialsSettings): string {
  const basic = 'Basic realm="3scale", charset="UTF-8"'
  return kind === 'appId' && asApicast === true ? basic : `${basic}, Bearer realm="3scale"`
}
