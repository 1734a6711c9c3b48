import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const page = read('docs/reference.md')

/** Names in the first column of a section's table. */
function described(heading: string): string[] {
  const section = page.split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!
  return [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name!)
}

/** Members of an interface, without those that are named by a symbol. */
function membersOf(file: string, name: string): string[] {
  const source = read(`packages/core/src/${file}`).replace(/\/\*\*[\s\S]*?\*\//g, '')
  const body = new RegExp(`export interface ${name}\\b[^{]*\\{\\n([\\s\\S]*?)\\n\\}`).exec(source)![1]!
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[(:<]/gm)].map(([, member]) => member!)
}

describe('the reference', () => {
  it.each([
    ['Allowed', 'decision/decision.ts', 'Allowed'],
    ['Denied', 'decision/decision.ts', 'Denied'],
    ['Gateway', 'gateway/gateway.ts', 'Gateway'],
  ])('has every member of %s and no other', (heading, file, name) => {
    const members = membersOf(file, name)
    expect(members.length).toBeGreaterThan(4)
    expect(described(heading).sort()).toEqual(members.sort())
  })

  it("has only members that a request's view has", () => {
    expect(membersOf('request/request-view.ts', 'RequestView')).toEqual(
      expect.arrayContaining(described("A request's view")),
    )
  })
})
