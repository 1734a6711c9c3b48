import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const CORE = 'packages/core/src/'
const page = readFileSync(`${ROOT}docs/internals.md`, 'utf8')
const [, diagram = ''] = /^```mermaid\n([\s\S]*?)^```$/m.exec(page) ?? []

/** A source text without its comments, which may name what is gone. */
const codeOf = (file: string) => readFileSync(`${ROOT}${file}`, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
const codeBelow = (folder: string) =>
  readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => codeOf(`${folder}${file}`))
    .join('\n')

/** Lines with what they have in backticks; commands are left out. */
const lines = page
  .replace(/^```[\s\S]*?^```$/gm, '')
  .split('\n')
  .map((line) => {
    const spans = [...line.matchAll(/`([^`]+)`/g)]
      .map(([, span]) => span!)
      .filter((span) => !/^(?:npm|npx|[A-Z_]+=)/.test(span))
    const isPath = (span: string) => span.includes('/')
    return {
      isRow: line.startsWith('|'),
      paths: spans.filter(isPath).map((path) => (/^(?:packages|test|docs)\//.test(path) ? path : `${CORE}${path}`)),
      names: spans.filter((span) => !isPath(span)).flatMap((span) => span.match(/#?[\w-]+/g) ?? []),
    }
  })

const paths = [...new Set(lines.flatMap((line) => line.paths))]

/** Whether a code has an identifier, or a word like `not-counted` as a string. */
const has = (code: string, name: string) => new RegExp(`(?<![\\w#-])${name}(?![\\w-])`).test(code)

describe('the page on internals', () => {
  it('names only files and folders that exist', () => {
    expect(paths.length).toBeGreaterThan(40)
    expect(paths.filter((path) => !existsSync(`${ROOT}${path}`))).toEqual([])
  })

  it('names in each row of a table only what the files of that row have', () => {
    const rows = lines.filter(({ isRow, names }) => isRow && names.length > 0)
    expect(rows.length).toBeGreaterThan(40)
    const wrong = rows.flatMap(({ paths, names }) => {
      const code = paths.map(codeOf).join('\n')
      return names.filter((name) => !has(code, name)).map((name) => `${name} is not in ${paths.join(', ')}`)
    })
    expect(wrong).toEqual([])
  })

  it('names elsewhere only what core or the model test has', () => {
    const code = codeBelow(CORE) + codeBelow('test/model/')
    const names = lines.flatMap(({ isRow, names }) => (isRow ? [] : names))
    expect(names.length).toBeGreaterThan(20)
    expect(names.filter((name) => !has(code, name))).toEqual([])
  })

  it('draws every verb that moves a batch, and no verb that the ledger lacks', () => {
    const drawn = [...diagram.matchAll(/-->.*: (.+)$/gm)].flatMap(([, verbs]) => verbs!.split(', '))
    const ledger = codeBelow(`${CORE}ledger/`)
    expect(drawn.filter((verb) => !new RegExp(`(?:^ {2}|function )${verb}\\(`, 'm').test(ledger))).toEqual([])
    const verbs = [...codeOf(`${CORE}ledger/usage/batch.ts`).matchAll(/^ {2}(?!constructor)(\w+)\(/gm)]
    expect(verbs.length).toBeGreaterThan(4)
    expect(drawn).toEqual(expect.arrayContaining(verbs.map(([, verb]) => verb)))
  })
})
