/** Query strings and form bodies: `a=1&b[c]=2` as Rack reads it. `&` is the only separator. */
import { decodeFormText } from './form-decoding.ts'
import { addParameter } from './nesting.ts'
import { ParameterError, type ParameterHash } from './parameter.ts'

const maxPairs = 4096
const maxBytes = 4_194_304

/**
 * Parses a byte string. A bare name has the value null; a repeated one takes the last value.
 * @throws ParameterError on bad escapes, conflicting shapes, more than 4096 pairs or 4 MiB.
 */
export function parseQuery(bytes: string): ParameterHash {
  const parameters: ParameterHash = new Map()
  if (bytes === '') return parameters
  if (bytes.length > maxBytes) {
    throw new ParameterError('limit', `total query size (${bytes.length}) exceeds limit (${maxBytes})`)
  }
  const pairs = bytes.split('&')
  if (pairs.length > maxPairs) {
    throw new ParameterError('limit', `total number of query parameters (${pairs.length}) exceeds limit (${maxPairs})`)
  }
  pairs.forEach((raw, index) => {
    // Rack's separator includes the blanks after it.
    const pair = index > 0 && raw.startsWith(' ') ? raw.replace(/^ +/, '') : raw
    if (pair === '') return
    const equals = pair.indexOf('=')
    if (equals < 0) addParameter(parameters, decodeFormText(pair), null)
    else addParameter(parameters, decodeFormText(pair.slice(0, equals)), decodeFormText(pair.slice(equals + 1)))
  })
  return parameters
}
