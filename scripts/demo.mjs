// npm run demo: starts a local 3scale backend and the Express example, sends a few requests, then keeps serving.
// npm run demo -- --oidc: the same with access tokens, which the emulator's identity provider issues.
// EMULATOR_PORT and PORT choose the ports; by default free ones. Ctrl-C (SIGINT) or SIGTERM ends everything.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values: options } = parseArgs({ options: { oidc: { type: 'boolean', default: false } } })
const ROOT = fileURLToPath(new URL('../', import.meta.url))

/** @type {import('node:child_process').ChildProcess[]} */
const children = []
let ending = false
let serving = false

/** @param {number} code */
async function end(code) {
  if (ending) return
  ending = true
  const running = children.filter((child) => child.exitCode === null && child.signalCode === null)
  const gone = Promise.all(running.map((child) => once(child, 'exit')))
  for (const child of running) child.kill('SIGTERM')
  const timer = setTimeout(() => {
    for (const child of running) child.kill('SIGKILL')
  }, 3000)
  await gone
  clearTimeout(timer)
  process.exit(code)
}
process.on('SIGINT', () => end(0))
process.on('SIGTERM', () => end(0))
// A reader such as `head` leaves when it has seen enough.
process.stdout.on('error', () => end(0))
// npm sends a signal only to its shell, which ends without passing it on.
const parent = process.ppid
setInterval(() => process.ppid !== parent && end(0), 200).unref()

/**
 * Starts a server and waits for the address that it prints.
 *
 * @param {string} script
 * @param {string[]} given
 * @param {Record<string, string>} env
 */
async function start(script, given, env = {}) {
  const child = spawn(process.execPath, [script, ...given], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  child.once('exit', (code, signal) => {
    if (ending) return
    console.error(`${script} ended (${code ?? signal}); its message is above`)
    // Without its backend the demo shows an outage; without its app it shows nothing.
    if (serving && child === children[0])
      console.error('The app continues without its backend. Ctrl-C ends everything.')
    else end(1)
  })
  // The listener stays, so that later output does not fill the pipe.
  return /** @type {Promise<string>} */ (
    new Promise((resolve) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const url = /https?:\/\/[^\s/]+/.exec(line)?.[0]
        if (url !== undefined) resolve(url)
      })
    })
  )
}

/**
 * Runs a script of package.json, and says every few seconds that it is still at work.
 *
 * @param {string} step
 * @param {string} sentence
 */
async function prepare(step, sentence) {
  console.log(sentence)
  const began = Date.now()
  const progress = setInterval(() => console.log(`  ${Math.round((Date.now() - began) / 1000)} s …`), 5000)
  const child = spawn('npm', ['run', '--silent', step], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  })
  children.push(child)
  const [code] = await once(child, 'exit')
  clearInterval(progress)
  children.pop()
  if (code !== 0) await end(code ?? 1)
}

/**
 * @param {string} url
 * @param {string} what
 * @param {string} [token]
 */
async function ask(url, what, token) {
  const answer = await fetch(url, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })
  const text = await answer.text()
  const retry = answer.headers.get('retry-after')
  const type = answer.headers.get('content-type') ?? ''
  const detail = type.includes('problem') ? JSON.parse(text).code : text.trim().slice(0, 80)
  const { pathname, search } = new URL(url)
  const request = `GET ${pathname}${search}`
  console.log(
    `  ${request.padEnd(42)} ${answer.status}  ${what}: ${detail}${retry === null ? '' : `, Retry-After ${retry}`}`,
  )
  return answer.status
}

/**
 * Calls the control API of the emulator.
 *
 * @param {string} method
 * @param {string} resource
 * @param {object} body
 */
async function control(method, resource, body) {
  const headers = { 'content-type': 'application/json' }
  await fetch(`${backend}/emulator/api/${resource}`, { method, headers, body: JSON.stringify(body) })
}

/** @param {string} client */
async function tokenOf(client) {
  const form = { grant_type: 'client_credentials', client_id: client, client_secret: `${client}-secret` }
  const answer = await fetch(tokenUrl, { method: 'POST', body: new URLSearchParams(form) })
  return /** @type {{ access_token: string }} */ (await answer.json()).access_token
}

async function showKeys() {
  await ask(`${words}?user_key=good-key`, 'allowed')
  await ask(words, 'no key')
  await ask(`${words}?user_key=wrong-key`, 'wrong key')
  await ask(`${words}?user_key=suspended-key`, 'suspended application')
  // The plan allows 5 per minute; more tries are needed only if a minute ends meanwhile.
  for (let tries = 0; tries < 12; tries++) {
    if ((await ask(`${words}?user_key=good-key`, 'good key again')) === 429) break
  }
}

async function showTokens() {
  // The first token lets the app fetch the keys. On a busy machine that takes longer than the app lets a caller wait.
  const headers = { authorization: `Bearer ${await tokenOf('suspended-client')}` }
  for (let tries = 0; tries < 10 && (await fetch(words, { headers })).status === 503; tries++) await sleep(500)
  await ask(words, 'accepted', await tokenOf('good-client'))
  await ask(words, 'no token')
  await control('PUT', 'clock', { now: new Date(Date.now() - 3_600_000) })
  const old = await tokenOf('good-client')
  await control('PUT', 'clock', { now: null })
  await ask(words, 'expired, issued an hour ago', old)
  await ask(words, 'issued for another API', await tokenOf('other-client'))
  await ask(words, 'suspended application', await tokenOf('suspended-client'))
  await control('POST', 'keys', { withdraw: false })
  // The same holds for the new key.
  for (let tries = 0; tries < 5; tries++) {
    if ((await ask(words, 'signed by a new key', await tokenOf('good-client'))) === 200) break
  }
}

await prepare('setup', 'Installing packages; the first time takes up to a minute.')
await prepare('build', 'Building.')
console.log('Starting a local 3scale backend and an Express app.')
const backend = await start('packages/emulator/dist/cli.js', [
  ...['--port', process.env.EMULATOR_PORT ?? '0'],
  ...(options.oidc ? ['--identity-provider'] : []),
])
const issuer = `${backend}/realms/emulator`
const tokenUrl = `${issuer}/protocol/openid-connect/token`
const app = await start('examples/express/server.js', [], {
  PORT: process.env.PORT ?? '0',
  THREESCALE_BACKEND_URL: backend,
  THREESCALE_SERVICE_ID: options.oidc ? '2555419' : '2555417',
  THREESCALE_SERVICE_TOKEN: 'demo-token',
  ...(options.oidc ? { OIDC_ISSUER: issuer, OIDC_AUDIENCE: 'words-api' } : {}),
})
const words = `${app}/words/hello`

console.log(`
Dashboard                  ${backend}/emulator/
3scale backend (emulator)  ${backend}
Express app                ${app}${options.oidc ? `\nIdentity provider          ${issuer}` : ''}

What happens:
`)
await (options.oidc ? showTokens() : showKeys())

const tries = options.oidc
  ? `  TOKEN=$(curl -s ${tokenUrl} \\
    -d grant_type=client_credentials -d client_id=good-client -d client_secret=good-client-secret |
    node -p 'JSON.parse(require("fs").readFileSync(0)).access_token')
  curl -i -H "Authorization: Bearer $TOKEN" '${words}'
  curl -i '${words}'`
  : `  curl -i '${words}?user_key=good-key'
  curl -i '${words}?user_key=unlimited-key'
  curl -i '${words}?user_key=suspended-key'
  curl -i '${words}'`
console.log(`
Try it:

${tries}

An outage (the app answers 503):

  kill ${children[0]?.pid}

What 3scale has counted, and the calls it got, which the dashboard shows, too:

  curl -s '${backend}/emulator/api/usage'
  curl -s '${backend}/emulator/api/calls'

Ctrl-C ends all.`)
serving = true
