/**
 * The spelling in which paths and patterns are compared: that of nginx's `$uri` after `ngx.escape_uri`, which APIcast
 * matches. Characters that a path may contain stand for themselves; all others are escaped, in upper case.
 */

/**
 * APIcast's reading of a path: decoded, slashes merged, dots resolved, then escaped again. Undefined for paths that nginx
 * always refuses (400): a broken escape, a NUL, dots that climb above the root.
 *
 * @param path begins with `/`, has neither query nor fragment; bytes as latin1, as Node gives them.
 */
export function canonicalPath(path: string): string | undefined {
  const spelled = spellOrRefuse(Buffer.from(path, 'latin1'), true, true)
  return spelled === undefined ? undefined : resolveDots(mergeSlashes(spelled))
}

/**
 * The path that a router compares with its routes, spelled so that it can be compared with patterns. Escapes that the
 * router leaves alone stay, because they are no letters for the router either.
 *
 * @param path text as the router has it.
 * @returns one spelling; two for a path with brackets, which a router's parameter takes but a wildcard of a rule does not.
 */
export function spelledPaths(path: string): readonly string[] {
  const bytes = Buffer.from(path, 'utf8')
  const spelled = spell(bytes, false)
  return BRACKETS.test(spelled) ? [spelled, spell(bytes, false, ALLOWED_IN_WILDCARDS)] : [spelled]
}

/** A path or a piece of a pattern for comparison whatever the letter case, also of letters that are spelled by escapes. */
export function foldedPath(spelled: string): string {
  if (KEEPS_ITS_SPELLING.test(spelled)) return spelled.toLowerCase()
  try {
    const text = decodeURIComponent(spelled.replaceAll('%25', '%2525'))
    return spell(Buffer.from(text.toLowerCase(), 'utf8'), false).toLowerCase()
  } catch {
    return spelled.toLowerCase()
  }
}

/**
 * ASCII whose escapes all stand for characters that are no letters and are spelled by escapes. Folding leaves such a path
 * alone but for the case of its own letters, and attackers send long ones.
 */
const KEEPS_ITS_SPELLING = /^(?:[!$&-;=@-Z[\]_a-z~]|%(?:[01][0-9a-f]|2[0235]|3[cef]|5[ce]|60|7[bcdf]))*$/i

/** A piece of a pattern in the same spelling, whether it was written decoded or with escapes. */
export function canonicalText(text: string): string {
  return mergeSlashes(spell(Buffer.from(text, 'utf8'), true))
}

/** Such a path has two spellings. */
export const BRACKETS: RegExp = /[[\]]/

/** What nginx refuses in a path. */
export const BROKEN: RegExp = /%(?![0-9A-Fa-f]{2})|%00|\0/

/** Undefined if the dots climb above the root. */
export function resolveDots(path: string): string | undefined {
  if (!path.includes('/.') || !/\/\.\.?(?:\/|$)/.test(path)) return path
  const resolved: string[] = []
  const segments = path.slice(1).split('/')
  for (const [index, segment] of segments.entries()) {
    if (segment !== '.' && segment !== '..') {
      resolved.push(segment)
      continue
    }
    if (segment === '..' && resolved.pop() === undefined) return undefined
    if (index === segments.length - 1) resolved.push('')
  }
  return `/${resolved.join('/')}`
}

function mergeSlashes(path: string): string {
  return path.includes('//') ? path.replace(/\/{2,}/g, '/') : path
}

function spell(bytes: Buffer, decodes: boolean, allowed = ALLOWED): string {
  return spellOrRefuse(bytes, decodes, false, allowed)!
}

/**
 * Escapes what nginx escapes in a path, with digits in upper case. A `%` that begins no escape is escaped, too. One pass
 * over bytes, because attackers send long paths of escapes.
 *
 * @param decodes whether characters that need no escape are decoded.
 * @param allowed bytes that need no escape, as 1.
 * @param refuses whether the result is undefined for what nginx refuses: a broken escape or a NUL.
 */
function spellOrRefuse(bytes: Buffer, decodes: boolean, refuses: boolean, allowed = ALLOWED): string | undefined {
  const { length } = bytes
  const spelled = Buffer.allocUnsafe(length * 3)
  let to = 0
  for (let at = 0; at < length; at++) {
    let byte = bytes[at]!
    let escaped = false
    if (byte === PERCENT) {
      const high = at + 2 < length ? HEX_VALUES[bytes[at + 1]!]! : -1
      const low = high < 0 ? -1 : HEX_VALUES[bytes[at + 2]!]!
      escaped = low >= 0
      if (escaped) {
        byte = high * 16 + low
        at += 2
      } else if (refuses) return undefined
    }
    if (refuses && byte === 0) return undefined
    if (allowed[byte] === 1 && (!escaped || decodes)) {
      spelled[to++] = byte
    } else {
      spelled[to++] = PERCENT
      spelled[to++] = DIGITS[byte >> 4]!
      spelled[to++] = DIGITS[byte & 15]!
    }
  }
  return spelled.toString('latin1', 0, to)
}

const PERCENT = 0x25
const DIGITS = Buffer.from('0123456789ABCDEF')
const HEX_VALUES = Int8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte)
  return /[0-9A-Fa-f]/.test(character) ? Number.parseInt(character, 16) : -1
})

/** Bytes that a path may contain unescaped. */
const ALLOWED = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[A-Za-z0-9\-_.~!$&'()*+,;=:@[\]/]/.test(String.fromCharCode(byte)) ? 1 : 0,
)

const ALLOWED_IN_WILDCARDS = ALLOWED.map((allowed, byte) => (byte === 0x5b || byte === 0x5d ? 0 : allowed))
