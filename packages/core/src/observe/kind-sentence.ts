/** Says that a product knows its callers by another kind of credentials than those that 3scale was asked about. */
import type { Credentials } from '../domain/credentials.ts'

/**
 * What to correct; undefined if the code does not prove it. A product of version 1 looks only at user keys, all others
 * only at application ids (apisonator, order of checks), so no value of the caller can cause these answers.
 *
 * @param code of 3scale's denial.
 */
export function kindSentence(credentials: Credentials, code: string): string | undefined {
  const byUserKey = 'userKey' in credentials
  if (byUserKey && code === 'application_not_found') {
    return "the product knows its callers by application id; set credentials.kind to 'appId', or to 'oidc' for access tokens"
  }
  if (!byUserKey && code === 'user_key_invalid') {
    return "the product knows its callers by user key; set credentials.kind to 'userKey', or check serviceId"
  }
  return undefined
}
