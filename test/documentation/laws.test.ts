/** The table of test/README.md says which files hold which law. `UPDATE_LAWS=1` in the environment writes it anew. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PAGE = `${ROOT}test/README.md`
const NOT_YET = 'not yet held'

/** Numbers of the laws that a file's titles name: `law 7: …`, or `laws 7, 8 and 9 …`. */
function lawsIn(text: string): number[] {
  return [...text.matchAll(/['"`]laws? (\d+(?:(?:, | and )\d+)*)[: ]/g)].flatMap(([, numbers]) =>
    numbers!.split(/\D+/).map(Number),
  )
}

/** As the table names it: below `test/`, or the package and below its `test/`. */
function nameOf(file: string): string {
  return file.replace(/^packages\/(\w+)\/test\//, '$1: ').replace(/^test\/|\.test\.ts$/g, '')
}

const held = new Map<number, Set<string>>()
const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '*.test.ts']
for (const file of execFileSync('git', list, { cwd: ROOT, encoding: 'utf8' }).split('\0').filter(Boolean).sort()) {
  if (file === 'test/documentation/laws.test.ts') continue
  for (const law of lawsIn(readFileSync(`${ROOT}${file}`, 'utf8'))) {
    if (!held.has(law)) held.set(law, new Set())
    held.get(law)!.add(nameOf(file))
  }
}
const holders = (law: number): string => [...(held.get(law) ?? [])].map((name) => `\`${name}\``).join(', ') || NOT_YET

const ROW = /^\| (\d+) \| (.+?) \| (.+?) \|$/gm

it('lists every law with the files whose tests name it', () => {
  const page = readFileSync(PAGE, 'utf8')
  const written = page.replace(ROW, (_row, law, says) => `| ${law} | ${says} | ${holders(Number(law))} |`)
  if (process.env.UPDATE_LAWS) writeFileSync(PAGE, written)
  else expect(page).toBe(written)
  const laws = [...page.matchAll(ROW)].map(([, law]) => Number(law))
  expect(laws).toEqual(Array.from({ length: 18 }, (_, index) => index + 1))
  expect([...held.keys()].filter((law) => !laws.includes(law))).toEqual([])
})

it('finds the laws in titles only', () => {
  expect(lawsIn(`it('law 7: x'); it("law 12: y"); it(\`laws 7, 8 and 9 hold\`) // law 3: z`)).toEqual([7, 12, 7, 8, 9])
})
