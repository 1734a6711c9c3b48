/** Reads the answers to denied callers from a proxy configuration. */
import type { DenialText, DenialTexts } from '../../rejection/denial-texts.ts'
import type { DocumentPart } from './document.ts'

const CONTENT_TYPE = 'text/plain; charset=utf-8'

/** The defaults are APIcast's (configuration.lua), not those of the portal's database. */
export function readDenialTexts(proxy: DocumentPart): DenialTexts {
  return {
    missing: readText(proxy, 'auth_missing', 401, 'Authentication parameters missing'),
    failed: readText(proxy, 'auth_failed', 403, 'Authentication failed'),
    noMatch: readText(proxy, 'no_match', 404, 'No Mapping Rule matched'),
    limits: readText(proxy, 'limits_exceeded', 429, 'Limits exceeded'),
  }
}

function readText(proxy: DocumentPart, situation: string, status: number, body: string): DenialText {
  return {
    status: readStatus(proxy, `error_status_${situation}`) ?? status,
    body: proxy.text(`error_${situation}`) ?? body,
    contentType: readContentType(proxy, `error_headers_${situation}`) || CONTENT_TYPE,
  }
}

/** The status of an answer; undefined if absent. */
export function readStatus(proxy: DocumentPart, name: string): number | undefined {
  const status = proxy.integer(name)
  if (status === undefined || (status >= 200 && status <= 599)) return status
  proxy.problem(name, `must be the status of an answer, 200 to 599, not ${status}`)
  return undefined
}

/** A media type. Of an answer, the member contains only that, despite its name. */
export function readContentType(proxy: DocumentPart, name: string): string | undefined {
  const value = proxy.text(name)
  if (value === undefined || /^[\t\x20-\x7e]*$/.test(value)) return value
  proxy.problem(name, 'cannot be the value of a header')
  return undefined
}
