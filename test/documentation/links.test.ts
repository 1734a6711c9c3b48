import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const pages = execFileSync('git', ['ls-files', '-z', '*.md'], { cwd: ROOT, encoding: 'utf8' })
  .split('\0')
  .filter(Boolean)

/** The anchor of a heading on the usual code hosts. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .trim()
    .replaceAll(' ', '-')

function problemsOf(page: string): string[] {
  const text = readFileSync(join(ROOT, page), 'utf8').replace(/```[\s\S]*?```/g, '')
  return [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)].flatMap(([, path, anchor]) => {
    const target = path === '' ? join(ROOT, page) : join(ROOT, dirname(page), path!)
    if (!existsSync(target)) return [`${page}: ${path} does not exist`]
    if (anchor === undefined) return []
    const headings = [...readFileSync(target, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading!))
    return headings.includes(anchor) ? [] : [`${page}: ${path} has no heading #${anchor}`]
  })
}

it('every link between pages leads somewhere', () => {
  expect(pages).toContain('README.md')
  expect(pages.flatMap(problemsOf)).toEqual([])
})

it('the index names every page, and fits one screen', () => {
  const index = readFileSync(join(ROOT, 'docs/README.md'), 'utf8')
  const others = pages.filter((page) => /^docs\/[^/]+\.md$/.test(page) && page !== 'docs/README.md')
  expect(others.filter((page) => !index.includes(`](${page.slice('docs/'.length)})`))).toEqual([])
  expect(index.split('\n').length).toBeLessThan(40)
})

it('the README names every package and every example', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const manifests = execFileSync('git', ['ls-files', '-z', 'packages/*/package.json'], { cwd: ROOT, encoding: 'utf8' })
  const examples = execFileSync('git', ['ls-files', '-z', 'examples/*/package.json'], { cwd: ROOT, encoding: 'utf8' })
  const missing = [
    ...manifests
      .split('\0')
      .filter(Boolean)
      .map((path) => `| \`@threescale/${path.split('/')[1]}\` |`),
    ...examples
      .split('\0')
      .filter(Boolean)
      .map((path) => `](${dirname(path)})`),
  ].filter((text) => !readme.includes(text))
  expect(missing).toEqual([])
})
