import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { createEmulator } from '@threescale/emulator'
import { afterAll, describe, expect, it, vi } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
// Inside the workspace, so that packages resolve; ignored by git.
const work = fileURLToPath(new URL('.cache/', import.meta.url))
const PAGES = execFileSync('git', ['ls-files', '-z', 'README.md', 'docs/*.md', 'packages/*.md'], { cwd: ROOT })
  .toString()
  .split('\0')
  .filter(Boolean)
afterAll(() => rmSync(work, { recursive: true, force: true }))

interface Block {
  readonly page: string
  readonly language: 'js' | 'ts'
  readonly code: string
}

/** The complete JavaScript and TypeScript programs of a page: those that begin with an import. */
function programsOf(page: string): Block[] {
  return [...readFileSync(join(ROOT, page), 'utf8').matchAll(/^```(js|ts)\n([\s\S]*?)^```$/gm)]
    .map(([, language, code]) => ({ page, language: language as 'js' | 'ts', code: code! }))
    .filter(({ code }) => /^import /.test(code))
}

describe('the programs of the documentation', () => {
  it('compile against the packages', async () => {
    const blocks = PAGES.flatMap(programsOf)
    expect(blocks.length).toBeGreaterThan(5)
    rmSync(work, { recursive: true, force: true })
    mkdirSync(work)
    for (const [index, { page, code }] of blocks.entries()) {
      writeFileSync(join(work, `${page.replace(/\W/g, '-')}-${index}.mts`), `${code}\nexport {}\n`)
    }
    const paths = {
      '@threescale/core/adapter': ['../../../packages/core/src/adapter.ts'],
      '@threescale/web/hono': ['../../../packages/web/src/hono.ts'],
      '@threescale/*': ['../../../packages/*/src/index.ts'],
    }
    const typeRoots = ['../../../node_modules/@types']
    const frameworks = Object.fromEntries(
      ['express', 'fastify', 'koa'].map((name) => {
        const types = name === 'fastify' ? 'fastify' : `@types/${name}`
        return [name, [`../../../packages/${name}/node_modules/${types}`]]
      }),
    )
    const modules = '../../../packages/redis/node_modules'
    const clients = {
      ioredis: [`${modules}/ioredis/built/index.d.ts`],
      iovalkey: [`${modules}/iovalkey/built/index.d.ts`],
      redis: [`${modules}/redis/dist/index.d.ts`],
    }
    const compilerOptions = { noUnusedLocals: false, typeRoots, paths: { ...paths, ...frameworks, ...clients } }
    writeFileSync(
      join(work, 'tsconfig.json'),
      JSON.stringify({
        extends: '../../tsconfig.json',
        compilerOptions,
        include: ['*.mts'],
        exclude: [],
        references: [],
      }),
    )
    const compiler = createRequire(import.meta.url).resolve('typescript/package.json')
    const tsc = join(dirname(compiler), JSON.parse(readFileSync(compiler, 'utf8')).bin.tsc)
    const compiling = promisify(execFile)(process.execPath, [tsc, '-p', work], { cwd: ROOT }).catch((error) => error)
    expect((await compiling).stdout).toBe('')
  }, 60_000)

  it("the README's client prints the right output against the emulator", async () => {
    const emulator = createEmulator()
    const backendUrl = await emulator.listen({ port: 0 })
    const { code } = programsOf('README.md').find((block) => block.code.includes('new ThreeScaleClient'))!
    mkdirSync(work, { recursive: true })
    const file = join(work, 'readme-client.mjs')
    const settings = `backendUrl: ${JSON.stringify(backendUrl)}, serviceToken: 'demo-token'`
    writeFileSync(file, code.replace(/serviceToken: [^ ]+/, settings))
    const said = vi.spyOn(console, 'log').mockImplementation(() => {})
    await import(pathToFileURL(file).href)
    expect(said.mock.calls).toEqual([['Basic', expect.arrayContaining([expect.objectContaining({ metric: 'hits' })])]])
    said.mockRestore()
    expect(emulator.usage()).toMatchObject({ '2555417': { good: { hits: { eternity: 2 } } } })
    await emulator.close()
  })
})
