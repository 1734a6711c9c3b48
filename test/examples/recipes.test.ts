/** The recipes for the end of a process, each as a process of its own, with an event stream open when it has to end. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { programBelow, type RunningRecipe, startRecipe } from './running-recipe.ts'

const SHUTDOWN = 'docs/shutdown.md'
// Each ends by itself within seconds, but several start at once.
vi.setConfig({ testTimeout: 60_000 })

const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/** A stream for programs that have none: three words, and then it stays open. */
const STREAMS = {
  express: {
    before: 'app.listen(8080)',
    code: `app.get('/events', (request, response) => {
      response.type('text/event-stream')
      for (const word of ['never', 'ending', 'story']) {
        request.threescale.addUsage({ tokens: 1 })
        response.write('data: ' + word + '\\n\\n')
      }
    });`,
  },
  fastify: {
    before: 'await app.listen',
    code: `app.get('/events', (request, reply) => {
      reply.hijack()
      reply.raw.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const word of ['never', 'ending', 'story']) {
        request.threescale.addUsage({ tokens: 1 })
        reply.raw.write('data: ' + word + '\\n\\n')
      }
    });`,
  },
  koa: {
    before: 'app.use((ctx) =>',
    code: `app.use((ctx, next) => {
      if (ctx.path !== '/events') return next()
      ctx.respond = false
      ctx.res.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const word of ['never', 'ending', 'story']) {
        ctx.state.threescale.addUsage({ tokens: 1 })
        ctx.res.write('data: ' + word + '\\n\\n')
      }
    });`,
  },
}

/** A command that runs another one as the first process of a PID namespace; undefined where that is not allowed. */
const UNSHARE = [
  ['unshare', '--pid', '--fork', '--kill-child'],
  ['unshare', '--user', '--map-root-user', '--pid', '--fork', '--kill-child'],
].find(([file, ...given]) => spawnSync(file!, [...given, 'true']).status === 0)

/** Nothing was lost or told to be: all that the stream showed is counted, and what was written when it was cut. */
async function expectCounted(recipe: RunningRecipe, events: number): Promise<void> {
  const { errors } = await recipe.ended
  // Koa tells of each stream that is cut.
  expect(errors.includes('ERR_STREAM_PREMATURE_CLOSE') ? '' : errors).not.toMatch(/./)
  expect(errors).not.toMatch(/three-?scale/i)
  expect(recipe.used('tokens')).toBeGreaterThanOrEqual(events)
  expect(recipe.used('tokens')).toBeLessThanOrEqual(events + 2)
}

describe.concurrent.each(SIGNALS)('%s and an open stream', (signal) => {
  const closing = [
    ['README.md', '### Express', 'express'],
    ['README.md', '### Fastify', 'fastify'],
    ['README.md', '### Koa', 'koa'],
    ['packages/express/README.md', '# @threescale/express', 'express'],
    ['packages/fastify/README.md', '# @threescale/fastify', 'fastify'],
    ['packages/koa/README.md', '# @threescale/koa', 'koa'],
  ] as const
  // The READMEs of the packages have the same options, so one signal is enough.
  const shown = closing.filter(([page]) => signal === 'SIGINT' || !page.startsWith('packages/'))
  it.each(shown)(
    'law 16: %s, %s: everything is delivered, then the signal ends the process',
    async (page, heading, framework) => {
      const recipe = await startRecipe(programBelow(page, heading), { framework, added: STREAMS[framework] })
      const stream = await recipe.stream()
      recipe.child.kill(signal)
      expect(await recipe.ended).toMatchObject({ code: null, signal })
      await expectCounted(recipe, stream.events)
    },
  )

  it.each([
    ['## Express', 'express'],
    ['## Fastify', 'fastify'],
    ['## Koa', 'koa'],
  ] as const)(
    'law 16: shutdown.md, %s: the stream is cut, everything is delivered, the process ends',
    async (heading, framework) => {
      const recipe = await startRecipe(programBelow(SHUTDOWN, heading), { framework })
      const stream = await recipe.stream()
      recipe.child.kill(signal)
      expect(await recipe.ended).toMatchObject({ code: 0, signal: null })
      await expectCounted(recipe, stream.events)
      expect(recipe.used('hits')).toBe(1)
    },
  )

  it('law 16: node:cluster, the primary is signalled', async () => {
    const recipe = await startRecipe(programBelow(SHUTDOWN, '## node:cluster'), { framework: 'express' })
    const streams = [await recipe.stream(), await recipe.stream(), await recipe.stream()]
    recipe.child.kill(signal)
    expect(await recipe.ended).toMatchObject({ code: 0, signal: null })
    expect((await recipe.ended).errors).toBe('')
    const events = streams.reduce((sum, stream) => sum + stream.events, 0)
    expect(recipe.used('tokens')).toBeGreaterThanOrEqual(events)
    expect(recipe.used('hits')).toBe(3)
  })

  // Not PM2 itself: the signal and the message that it sends, and a process that kills itself as PM2 would, so that a
  // slow machine makes both late.
  it('law 16: PM2, which kills after 1600 ms', async () => {
    const code = `const kill = () => setTimeout(() => process.kill(process.pid, 'SIGKILL'), 1600)
process.once('SIGINT', kill).once('message', kill)`
    const recipe = await startRecipe(programBelow(SHUTDOWN, '## PM2'), {
      framework: 'express',
      added: { before: 'const stop', code },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const stream = await recipe.stream()
    if (signal === 'SIGINT') recipe.child.kill('SIGINT')
    else recipe.child.send('shutdown')
    expect(await recipe.ended).toMatchObject({ code: 0, signal: null })
    await expectCounted(recipe, stream.events)
  })

  // The first process of a PID namespace, as in a container.
  it.skipIf(UNSHARE === undefined)('law 16: the first process of a container exits by itself', async () => {
    const recipe = await startRecipe(programBelow(SHUTDOWN, '## One word'), {
      framework: 'express',
      command: (node) => [...UNSHARE!, ...node],
    })
    const stream = await recipe.stream()
    const { pid } = recipe.child
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')
    process.kill(Number(first), signal)
    expect(await recipe.ended).toMatchObject({ code: signal === 'SIGTERM' ? 143 : 130, signal: null })
    await expectCounted(recipe, stream.events)
  })
})

it('law 16: Ctrl-C reaches the primary and the workers of node:cluster at the same time', async () => {
  const recipe = await startRecipe(programBelow(SHUTDOWN, '## node:cluster'), { framework: 'express', detached: true })
  const stream = await recipe.stream()
  process.kill(-recipe.child.pid!, 'SIGINT')
  expect(await recipe.ended).toMatchObject({ code: 0, signal: null })
  await expectCounted(recipe, stream.events)
})

it('law 16: a process that is frozen after each answer has delivered what the answer used', async () => {
  const driver = `
    const headers = {}, requestContext = { http: { method: 'GET' } }
    const event = { rawPath: '/', rawQueryString: 'user_key=unlimited-key', headers, requestContext }
    console.log('port 0')
    process.on('message', async () => process.send((await handler(event)).statusCode))`
  const program = `${programBelow(SHUTDOWN, '## AWS Lambda, and other processes that are frozen')}${driver}`
  const recipe = await startRecipe(program, { framework: 'express', stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  for (let call = 1; call <= 3; call++) {
    const answer = new Promise((resolve) => recipe.child.once('message', resolve))
    recipe.child.send('request')
    expect(await answer).toBe(200)
    recipe.child.kill('SIGSTOP')
    expect(recipe.used('hits')).toBe(call)
    await sleep(20)
    recipe.child.kill('SIGCONT')
  }
  recipe.child.kill('SIGKILL')
  expect(await recipe.ended).toMatchObject({ signal: 'SIGKILL', errors: '' })
})
