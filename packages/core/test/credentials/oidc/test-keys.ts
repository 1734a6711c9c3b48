/** A key set of given keys, as the gateway makes it from documents. */
import type { IssuerKeys, KeySet } from '../../../src/credentials/oidc/issuer-keys.ts'
import { createKeySet } from '../../../src/credentials/oidc/key-set.ts'
import { loadJose } from '../../../src/credentials/oidc/load-jose.ts'

export const ISSUER = 'https://sso.example.com/realms/acme'

export async function keySetOf(
  jwks: readonly object[],
  algorithms?: readonly string[],
  issuer: string = ISSUER,
): Promise<KeySet> {
  return createKeySet(await loadJose(), { issuer, algorithms, jwks: { keys: jwks } })
}

/** Keys that a test replaces; `asked` counts how often newer ones were wanted. */
export interface TestKeys extends IssuerKeys {
  current: KeySet | undefined
  /** What comes when newer keys are wanted. */
  next: KeySet | undefined
  asked: number
}

export function testKeys(current: KeySet | undefined): TestKeys {
  const keys: TestKeys = {
    current,
    next: undefined,
    asked: 0,
    trouble: undefined,
    async newer() {
      keys.asked += 1
      keys.current = keys.next ?? keys.current
      return keys.current
    },
  }
  return keys
}
