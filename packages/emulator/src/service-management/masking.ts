/** Masks keys and tokens in the backend's texts before they are shown. */

const quoted = /"[\s\S]*"/
const patterns: Readonly<Record<string, readonly [RegExp, string]>> = {
  user_key_invalid: [quoted, '"***"'],
  application_key_invalid: [quoted, '"***"'],
  provider_key_invalid: [quoted, '"***"'],
  provider_key_invalid_or_service_missing: [quoted, '"***"'],
  service_token_invalid: [/service token "[\s\S]*" or service id/, 'service token "***" or service id'],
}

/** The text of a refusal with this code; its secrets are replaced by `***`. */
export function maskSecrets(code: string | undefined, text: string): string {
  const pattern = code === undefined || !Object.hasOwn(patterns, code) ? undefined : patterns[code]
  return pattern ? text.replace(pattern[0], pattern[1]) : text
}
