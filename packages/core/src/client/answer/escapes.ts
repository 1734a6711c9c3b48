/** Escapes of the fields that 3scale does escape: plan names, redirect URLs and the messages of error documents. */

const CHARACTERS: Readonly<Record<string, string>> = Object.freeze({ lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" })

/** Resolves XML's five named entities once; anything else stays as it stands. */
export function unescapeXml(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&(lt|gt|amp|quot|apos);/g, (_, name: string) => CHARACTERS[name]!)
}
