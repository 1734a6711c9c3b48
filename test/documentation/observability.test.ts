import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { CHANNELS } from '../../packages/core/src/observe/channels.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const guide = read('docs/observability.md')
const messages = read('packages/core/src/observe/messages.ts')

const sections = new Map(
  [...guide.matchAll(/^### `(threescale:\w+)`[^\n]*\n((?:(?!^###? )[\s\S])*)/gm)].map(([, name, text]) => [
    name!,
    text!,
  ]),
)

it('the guide describes every channel and no other', () => {
  expect([...sections.keys()].sort()).toEqual(Object.values(CHANNELS).sort())
})

it.each(Object.entries(CHANNELS))(
  'the guide names every member of a message of %s, and every word that it can contain',
  (name, channel) => {
    const type = `${name[0]!.toUpperCase()}${name.slice(1)}Message`
    const body = new RegExp(`interface ${type} \\{\\n([\\s\\S]*?)\\n\\}`).exec(messages)![1]!
    const members = [...body.matchAll(/readonly (\w+):/g)].map(([, member]) => member!)
    expect(members.length).toBeGreaterThan(0)
    const words = [...body.replace(/\/\*\*[\s\S]*?\*\//g, '').matchAll(/'([\w-]+)'/g)].map(([, word]) => word!)
    for (const word of [...members, ...words]) expect(sections.get(channel)).toMatch(new RegExp(`\`'?${word}'?\``))
  },
)

it('the guide names every reason of a loss', () => {
  const reasons = [.../type LossReason =\n([\s\S]*?)\n\n/.exec(messages)![1]!.matchAll(/'(\w+)'/g)].map(
    ([, reason]) => reason!,
  )
  expect(reasons.length).toBeGreaterThan(5)
  for (const reason of reasons) expect(sections.get(CHANNELS.loss)).toContain(`\`'${reason}'\``)
})
