import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { TIERS } from '../architecture/tiers.ts'

const guide = readFileSync(new URL('../../CONTRIBUTING.md', import.meta.url), 'utf8')

it('the guide for contributors lists the tiers of core from top to bottom', () => {
  const tiers = new Map<number, string[]>()
  for (const [name, tier] of Object.entries(TIERS.core!)) tiers.set(tier, [...(tiers.get(tier) ?? []), `\`${name}\``])
  const listed = [...tiers].sort(([one], [other]) => other - one).map(([, names]) => names.join(', '))
  expect(guide.replace(/\s+/g, ' ')).toContain(listed.join(' → '))
})

it('the guide for contributors has at most 60 lines', () => {
  expect(guide.trimEnd().split('\n').length).toBeLessThanOrEqual(60)
})
