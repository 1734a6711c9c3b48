/** Credentials in headers of their own. */
import type { RequestView } from '../../request/request-view.ts'
import type { CredentialsSettings } from '../credentials-settings.ts'
import { decodeBytes } from '../decode-text.ts'
import { credentialsOf, type Location, namesOf, type Value } from './location.ts'

/**
 * `user_key` and `user-key` are one name, as for APIcast; the spelling of the options is tried first. Node joins a
 * header that was sent twice with `, `. The joined text is then the credential, which 3scale refuses.
 */
export function createHeadersLocation(settings: CredentialsSettings): Location {
  const [idName, keyName] = namesOf(settings)
  const idSpellings = spellingsOf(idName)
  const keySpellings = keyName === undefined ? [] : spellingsOf(keyName)

  return {
    location: 'headers',
    read: (view) => credentialsOf(settings, findHeader(view, idSpellings), findHeader(view, keySpellings)),
    strip(view) {
      for (const spelling of idSpellings) view.removeHeader?.(spelling)
      for (const spelling of keySpellings) view.removeHeader?.(spelling)
    },
  }
}

function findHeader(view: RequestView, spellings: readonly string[]): Value {
  for (const spelling of spellings) {
    const value = view.header(spelling)
    if (value !== undefined) return decodeBytes(value)
  }
  return undefined
}

/** Spellings of a name in lower case: as given, with dashes, with underscores. */
function spellingsOf(name: string): readonly string[] {
  const given = name.toLowerCase()
  return [...new Set([given, given.replaceAll('_', '-'), given.replaceAll('-', '_')])]
}
