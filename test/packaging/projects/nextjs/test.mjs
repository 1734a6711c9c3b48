// Builds the app by each bundler of Next.js, without an environment, and serves it. Then changes it under `next dev`.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { createEmulator } from '@threescale/emulator'

const SERVICE = '2555417'
const KEY = '?user_key=unlimited-key'
const ROUTE = 'app/words/[word]/route.ts'

function next(given, env = {}) {
  const child = spawn(process.execPath, ['node_modules/next/dist/bin/next', ...given], {
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  // Also after a failure.
  process.once('exit', () => child.kill())
  child.stdout.setEncoding('utf8')
  return child
}

async function build(bundler) {
  rmSync('.next', { recursive: true, force: true })
  const child = next(['build', bundler])
  const exited = once(child, 'exit')
  let said = ''
  for await (const text of child.stdout) said += text
  const [code] = await exited
  assert.equal(code, 0, said)
}

/** The app in front of a backend of its own. */
async function start(command) {
  const emulator = createEmulator()
  const backendUrl = await emulator.listen({ port: 0 })
  const child = next([command, '--port', '0'], {
    THREESCALE_BACKEND_URL: backendUrl,
    THREESCALE_SERVICE_ID: SERVICE,
    THREESCALE_SERVICE_TOKEN: 'demo-token',
    NEXT_MANUAL_SIG_HANDLE: 'true',
  })
  let said = ''
  const url = await new Promise((resolve, reject) => {
    child.stdout.on('data', (text) => {
      said += text
      const [local] = /http:\/\/localhost:\d+/.exec(said) ?? []
      if (local !== undefined) resolve(local)
    })
    child.once('exit', () => reject(new Error(said)))
  })
  return {
    async ask(path) {
      const answer = await fetch(url + path)
      const text = await answer.text()
      return `${answer.status} ${answer.ok ? text : JSON.parse(text).code}`
    },
    /** Reads the first chunk of the answer, and leaves. */
    async leave(path) {
      const leaving = new AbortController()
      const answer = await fetch(url + path, { signal: leaving.signal })
      await answer.body.getReader().read()
      leaving.abort()
    },
    /** How often 3scale was asked whether a caller is allowed; a gateway that knows it does not ask. */
    async asked() {
      const answer = await fetch(`${backendUrl}/emulator/api/calls`)
      return (await answer.json()).filter(({ endpoint }) => endpoint === 'authorize').length
    },
    used: (metric) => emulator.usage()[SERVICE]?.unlimited?.[metric]?.day ?? 0,
    async stop() {
      child.kill('SIGTERM')
      const [, signal] = await once(child, 'exit')
      await emulator.close()
      return signal
    },
  }
}

for (const bundler of ['--turbopack', '--webpack']) {
  await build(bundler)
  const app = await start('start')
  assert.equal(await app.ask(`/words/hello${KEY}`), '200 {"word":"hello","plan":"Unlimited"}')
  assert.equal(await app.ask('/words/hello'), '401 credentials_missing')
  assert.equal(await app.ask('/words/hello?user_key=no-such-key'), '403 user_key_invalid')
  const asked = await app.asked()
  assert.equal(await app.ask(`/plan${KEY}`), '200 Unlimited')
  assert.equal(await app.ask(`/streams${KEY}&chunks=5`), `200 ${'x'.repeat(5000)}`)
  await app.leave(`/streams${KEY}&chunks=100000`)
  assert.equal(await app.asked(), asked, 'one gateway for all routes')
  assert.equal(await app.stop(), 'SIGTERM')
  assert.equal(app.used('hits') - app.used('lookup'), 2, 'requests that are no streams')
  assert(app.used('lookup') >= 5 + 100 && app.used('lookup') < 5 + 100 + 1000, `lookups: ${app.used('lookup')}`)
  console.log(`next build ${bundler}`)
}

const app = await start('dev')
const plain = '200 {"word":"hello","plan":"Unlimited"}'
assert.equal(await app.ask(`/words/hello${KEY}`), plain)
const asked = await app.asked()
writeFileSync('lib/guard.ts', `${readFileSync('lib/guard.ts', 'utf8')}\nexport const loaded = 'anew'\n`)
writeFileSync(
  ROUTE,
  readFileSync(ROUTE, 'utf8').replace('{ guard }', '{ guard, loaded }').replace('{ word,', '{ word, loaded,'),
)
let answer = plain
for (let tries = 0; answer === plain && tries < 300; tries++) {
  await sleep(100)
  answer = await app.ask(`/words/hello${KEY}`)
}
assert.equal(answer, '200 {"word":"hello","loaded":"anew","plan":"Unlimited"}')
assert.equal(await app.asked(), asked, 'one gateway, though its file was loaded again')
await app.stop()
console.log('next dev')
