/** Reads values of policies that are plain, or a template of Liquid over the claims of a token. */
import { type ClaimTemplate, claimText, parseClaimTemplate } from '../../../credentials/oidc/claim-template.ts'
import type { DocumentPart } from '../document.ts'

/** Where the value is, and what says of which type it is. */
interface Place {
  readonly part: DocumentPart
  readonly name: string
  readonly typeName: string
}

/** The type of a value, by default plain. */
export function readType({ part, typeName }: Place): 'plain' | 'liquid' {
  const type = part.text(typeName) ?? 'plain'
  if (type !== 'plain' && type !== 'liquid') part.problem(typeName, "must be 'plain' or 'liquid'")
  return type === 'liquid' ? 'liquid' : 'plain'
}

/**
 * A plain value stands for itself.
 *
 * @param root the only name that a template may begin with; undefined for any. Of a request, templates see nothing.
 */
export function readTemplate(place: Place, root: string | undefined): ClaimTemplate {
  const { part, name } = place
  const text = part.requiredText(name)
  if (readType(place) === 'plain') return () => text
  const roots = [...text.matchAll(/(?:\{\{-?|default\s*:)\s*([A-Za-z_][\w-]*)/g)].map(([, first]) => first)
  if (root !== undefined && roots.some((first) => first !== root)) {
    part.problem(name, `uses more than ${root}, and templates see nothing of the request`)
    return NONE
  }
  return templateOf(part, name, text)
}

/** The value of a claim; dots lead to nested ones. */
export function readClaim(place: Place): ClaimTemplate {
  const { part, name } = place
  const text = part.requiredText(name)
  return templateOf(part, name, readType(place) === 'plain' ? `{{${text}}}` : text)
}

const NONE: ClaimTemplate = () => undefined

function templateOf(part: DocumentPart, name: string, text: string): ClaimTemplate {
  const template = parseClaimTemplate(text, claimText)
  if (template === undefined && text !== '{{}}') {
    part.problem(
      name,
      "uses more of Liquid than this gateway knows: text, {{ claim.member['name'] }}, first, last and default",
    )
  }
  return template ?? NONE
}
