/** What a gateway does by itself when its process ends, in processes that end. */
import { expect, it, vi } from 'vitest'
import { startRecipe } from './running-recipe.ts'

vi.setConfig({ testTimeout: 60_000 })

const START = `import { createGateway } from '@threescale/core'
const view = { method: 'GET', url: '/?user_key=unlimited-key', header: () => undefined }
const settings = { serviceId: '2555417', serviceToken: process.env.THREESCALE_TOKEN, cache: true }
const gateway = createGateway({ ...settings, closeOn: process.argv.slice(2) })
await gateway.evaluate(view)
console.log('port 0')
`
const LOST = /^threescale: the process ends before 3scale has acknowledged this usage: "hits" (\d+)\. .*\n$/

it('law 16: delivers what is pending when the process runs out of work', async () => {
  const { ended, used } = await startRecipe(START, { framework: 'express' })
  expect(await ended).toEqual({ code: 0, signal: null, errors: '' })
  expect(used('hits')).toBe(1)
})

it('law 16: delivers also what a program uses that goes on at beforeExit', async () => {
  const program = `${START}
let rounds = 0
process.on('beforeExit', async () => {
  if (++rounds > 3) return
  await new Promise((resolve) => setTimeout(resolve, 20))
  await gateway.evaluate(view)
})`
  const { ended, used } = await startRecipe(program, { framework: 'express' })
  expect(await ended).toEqual({ code: 0, signal: null, errors: '' })
  expect(used('hits')).toBe(4)
})

it('law 16: says once what is lost when the process exits, for all gateways together', async () => {
  const program = `${START}
await gateway.evaluate(view)
const another = createGateway(settings)
await another.evaluate(view)
const closed = createGateway(settings)
await closed.evaluate(view)
await closed.close()
process.exit(3)`
  const { ended, used } = await startRecipe(program, { framework: 'express' })
  const { code, errors } = await ended
  expect(code).toBe(3)
  expect(LOST.exec(errors)?.[1]).toBe('3')
  expect(used('hits')).toBe(1)
})

it('law 16: says what is lost when an error ends the process', async () => {
  const { ended } = await startRecipe(`${START}throw new Error('mine')`, { framework: 'express' })
  const { code, errors } = await ended
  expect(code).toBe(1)
  expect(errors).toContain('the process ends before 3scale has acknowledged this usage: "hits" 1.')
})

it('law 16: tries for five seconds when 3scale is away, and then lets the process end', async () => {
  const faults = [{ kind: 'status', status: 503, endpoint: 'report' }] as const
  const { ended, used } = await startRecipe(START, { framework: 'express', faults })
  const { code, errors } = await ended
  expect(code).toBe(0)
  // The outage is told, too, by a warning of several lines.
  const [warning = '', lost] = errors.split(/(?=^threescale: )/m)
  expect(warning).toContain('THREESCALE_BACKEND_UNREACHABLE')
  expect(LOST.exec(lost ?? '')?.[1]).toBe('1')
  expect(used('hits')).toBe(0)
})

it.each([
  ['delivers', [], 2],
  ['says', [{ kind: 'status', status: 503, endpoint: 'report' }], 0],
] as const)(
  'law 16: closeOn %s what gateways without it have when the signal ends the process',
  async (_, faults, used) => {
    const program = START.replace('process.argv.slice(2)', "['SIGTERM']").replace(
      "console.log('port 0')",
      `const another = createGateway(settings)
await another.evaluate(view)
setInterval(() => {}, 1000)
console.log('port 0')`,
    )
    const recipe = await startRecipe(program, { framework: 'express', faults })
    recipe.child.kill('SIGTERM')
    const { errors, ...end } = await recipe.ended
    expect(end).toEqual({ code: null, signal: 'SIGTERM' })
    const lost = LOST.exec(errors.split(/(?=^threescale: )/m).at(-1) ?? '')
    expect(lost?.[1]).toBe(used === 2 ? undefined : '1')
    expect(recipe.used('hits')).toBe(used)
  },
)

it('closeOn leaves ending the process to another listener', async () => {
  const program = `
const work = setInterval(() => {}, 1000)
process.once('SIGTERM', async () => {
  await gateway.close()
  process.exitCode = 7
  clearInterval(work)
})
${START.replace('process.argv.slice(2)', "['SIGTERM']")}`
  const { child, ended, used } = await startRecipe(program, { framework: 'express' })
  child.kill('SIGTERM')
  expect(await ended).toEqual({ code: 7, signal: null, errors: '' })
  expect(used('hits')).toBe(1)
})
