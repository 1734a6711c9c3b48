/** Masks secrets in texts, in every form in which a text may quote them. */

export const MASK = '***'

/**
 * Replaces every occurrence of the secrets by `***`: as they are, escaped for XML, a query or JSON, and as header bytes
 * (latin1) that were read as UTF-8.
 *
 * @param minLength shorter forms are not replaced, because they occur in ordinary words. In characters, default 1.
 */
export function maskSecrets(text: string, secrets: Iterable<string | undefined>, minLength = 1): string {
  const forms = new Set<string>()
  for (const secret of secrets) {
    if (secret === undefined) continue
    for (const form of formsOf(secret)) if (form.length >= minLength) forms.add(form)
  }
  let masked = text
  // Longest first: otherwise a secret that contains another one would be masked only in part.
  for (const form of [...forms].sort((left, right) => right.length - left.length)) {
    masked = masked.replaceAll(form, () => MASK)
  }
  return masked
}

function formsOf(secret: string): readonly string[] {
  const wellFormed = secret.toWellFormed()
  const xml = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const query = encodeURIComponent(wellFormed)
  return [
    secret,
    wellFormed,
    xml,
    xml.replaceAll('"', '&quot;'),
    query,
    query.replaceAll('%20', '+'),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret, 'latin1').toString('utf8'),
  ]
}
