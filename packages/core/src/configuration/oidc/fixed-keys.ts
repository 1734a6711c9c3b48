/** The keys that APIcast's configuration file brings along for a product; nothing is fetched for them. */
import { createPublicKey } from 'node:crypto'
import type { IssuerKeys, KeySet } from '../../credentials/oidc/issuer-keys.ts'
import { createKeySet, type IssuerDocuments } from '../../credentials/oidc/key-set.ts'
import { loadJose } from '../../credentials/oidc/load-jose.ts'
import { isRecord } from '../../validation/checks.ts'
import { introspectionOf } from './read-issuer.ts'

/** Reads an entry of `oidc`: issuer, announced algorithms, and keys by id, as JWK or PEM. Undefined if it holds none. */
export function readFixedKeys(entry: unknown): IssuerDocuments | undefined {
  if (!isRecord(entry) || typeof entry.issuer !== 'string' || entry.issuer === '' || !isRecord(entry.keys)) {
    return undefined
  }
  const { issuer, config, keys } = entry
  const algorithms = isRecord(config) ? config.id_token_signing_alg_values_supported : undefined
  return {
    issuer,
    algorithms: Array.isArray(algorithms) ? algorithms : undefined,
    introspectionEndpoint: isRecord(config) ? introspectionOf(config) : undefined,
    jwks: { keys: Object.entries(keys).flatMap(([kid, key]) => (isRecord(key) ? jwkOf(kid, key) : [])) },
  }
}

/** The PEM wins, because it is all that APIcast reads of a key. One that cannot be read is left out. */
function jwkOf(kid: string, { pem, x5c: _, ...members }: Record<string, unknown>): object[] {
  if (typeof pem !== 'string') return [{ ...members, kid }]
  try {
    return [{ ...members, ...createPublicKey(pem).export({ format: 'jwk' }), kid }]
  } catch {
    return []
  }
}

/** Keys that never change. */
export class FixedKeys implements IssuerKeys {
  readonly #documents: IssuerDocuments
  #current: KeySet | undefined
  #trouble: string | undefined
  #loading: Promise<void> | undefined

  constructor(documents: IssuerDocuments) {
    this.#documents = documents
  }

  get current(): KeySet | undefined {
    return this.#current
  }

  get trouble(): string | undefined {
    return this.#trouble
  }

  async newer(): Promise<KeySet | undefined> {
    this.#loading ??= this.#load()
    await this.#loading
    return this.#current
  }

  close(): void {}

  async #load(): Promise<void> {
    try {
      this.#current = createKeySet(await loadJose(), this.#documents)
    } catch {
      this.#trouble = 'keys_unusable'
    }
  }
}
