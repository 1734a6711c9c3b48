import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import type { Duplex } from 'node:stream'
import { inspect } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { closeServer, listenOnLoopback } from '../../../../../test/support/listening.ts'
import { rejection } from '../../../../../test/support/rejection.ts'
import { sayYes, startBackend } from '../../../../../test/support/socket-backend.ts'
import { takeWarnings } from '../../../../../test/support/warnings.ts'
import { ConfigError, createGateway, type Environment, optionsFromEnv, ThreeScaleClient } from '../../../src/index.ts'

const credential = { THREESCALE_SERVICE_ID: '1001', THREESCALE_SERVICE_TOKEN: 'stoken' }

function problemsOf(env: Environment): readonly string[] {
  try {
    optionsFromEnv(env)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as ConfigError).problems
  }
  return []
}

function fileOf(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'threescale-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'config.json'), content)
  return join(folder, 'config.json')
}

/** A forward proxy that takes every host for this machine, and notes what it was asked for. */
async function startProxy(): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const { port, pathname, search } = new URL(request.url!)
    httpRequest({ port, path: pathname + search, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(response)
    }).end()
  })
  server.on('connect', (request, socket) => {
    asked.push(`CONNECT ${request.url}`)
    const upstream = connect(Number(request.url!.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.pipe(socket).pipe(upstream)
    })
    for (const end of [upstream, socket]) end.on('error', () => {})
    socket.on('close', () => upstream.destroy())
  })
  const port = await listenOnLoopback(server)
  onTestFinished(() => closeServer(server))
  return { url: `http://127.0.0.1:${port}`, asked }
}

/** Asks a backend through a client with the options of the environment; returns what the proxy was asked for. */
async function askBy(variables: (proxy: string) => Environment, scheme = 'http:'): Promise<string[]> {
  const backend = await startBackend(sayYes)
  const proxy = await startProxy()
  const url = backend.url.replace('http:', scheme)
  const options = optionsFromEnv({ ...credential, THREESCALE_BACKEND_URL: url, ...variables(proxy.url) })
  const client = new ThreeScaleClient(options as ConstructorParameters<typeof ThreeScaleClient>[0])
  onTestFinished(async () => {
    await client.close()
    await options.dispatcher?.close()
  })
  // The backend does not speak TLS, so only what the proxy sees tells the way.
  const verdict = await client.authrep({ userKey: 'k' }).catch(() => undefined)
  if (scheme === 'http:') expect(verdict).toMatchObject({ authorized: true })
  return proxy.asked.map((line) => line.replace(new URL(backend.url).host, 'backend'))
}

test('names service, credential and backend', () => {
  expect(optionsFromEnv({ ...credential, THREESCALE_BACKEND_URL: 'https://backend.test/prefix/' })).toEqual({
    serviceId: '1001',
    serviceToken: 'stoken',
    backendUrl: 'https://backend.test/prefix',
  })
  expect(
    optionsFromEnv({
      THREESCALE_PROVIDER_KEY: 'pkey',
      BACKEND_ENDPOINT_OVERRIDE: 'https://backend.test',
      APICAST_RESPONSE_CODES: 'true',
    }),
  ).toEqual({ providerKey: 'pkey', backendUrl: 'https://backend.test', responseCodes: true })
})

test('an empty variable is absent', () => {
  expect(optionsFromEnv({ THREESCALE_SERVICE_ID: '', HTTPS_PROXY: '', APICAST_RESPONSE_CODES: '' })).toEqual({})
})

test('names a file, which wins over a portal', () => {
  const configFile = fileOf(JSON.stringify({ services: [{ id: 1, proxy: {} }] }))
  expect(
    optionsFromEnv({
      THREESCALE_CONFIG_FILE: relative(process.cwd(), configFile),
      THREESCALE_PORTAL_ENDPOINT: 'https://SECRET@admin.test',
      APICAST_PATH_ROUTING: '0',
    }),
  ).toEqual({ configFile, pathRouting: false })
})

test('describes a portal as APIcast does, without its token in the address', () => {
  const portal = {
    THREESCALE_PORTAL_ENDPOINT: 'https://ab%2Fc@acme-admin.test/',
    THREESCALE_DEPLOYMENT_ENV: 'staging',
    APICAST_CONFIGURATION_CACHE: '60',
    APICAST_SERVICES_LIST: ' 1, 2,',
    APICAST_SERVICE_1_CONFIGURATION_VERSION: '7',
    APICAST_SERVICE_2_CONFIGURATION_VERSION: 'latest',
    APICAST_PATH_ROUTING: '1',
    APICAST_PATH_ROUTING_ONLY: 'true',
  }
  const options = optionsFromEnv(portal)
  expect(options).toEqual({
    portal: {
      endpoint: 'https://acme-admin.test/',
      token: 'ab/c',
      environment: 'staging',
      reloadMs: 60_000,
      serviceIds: ['1', '2'],
      versions: { 1: 7 },
    },
    pathRouting: 'only',
  })
  // A gateway accepts it, and opens nothing.
  expect(createGateway(options).options.portal).toMatchObject({ token: '***', endpoint: 'https://acme-admin.test' })
})

test.each([
  ['0', 10_000],
  ['-1', false],
  ['300', 300_000],
])('loads the configuration every %s seconds', (seconds, reloadMs) => {
  const env = { THREESCALE_PORTAL_ENDPOINT: 'https://:t@admin.test', APICAST_CONFIGURATION_CACHE: seconds }
  expect(optionsFromEnv(env).portal).toEqual({ endpoint: 'https://admin.test/', token: 't', reloadMs })
})

test('lists what is broken about a portal', () => {
  expect(
    problemsOf({
      THREESCALE_PORTAL_ENDPOINT: 'https://admin.test',
      THREESCALE_DEPLOYMENT_ENV: 'SECRET',
      APICAST_CONFIGURATION_CACHE: '5m',
      APICAST_SERVICES_LIST: ' ,',
      APICAST_SERVICES: '1',
      APICAST_SERVICE_1_CONFIGURATION_VERSION: '0',
    }),
  ).toEqual([
    'THREESCALE_PORTAL_ENDPOINT has no access token; write https://TOKEN@acme-admin.3scale.net',
    'THREESCALE_DEPLOYMENT_ENV must be production, staging or sandbox',
    'APICAST_CONFIGURATION_CACHE must be a whole number of seconds',
    'APICAST_SERVICES_LIST and APICAST_SERVICES exclude each other; set one of them',
    'APICAST_SERVICES_LIST names no service',
    'APICAST_SERVICE_1_CONFIGURATION_VERSION must be the number of a version, or latest',
  ])
  for (const endpoint of ['SECRET', 'ftp://SECRET@admin.test', 'https://%e9@admin.test']) {
    const problems = problemsOf({ THREESCALE_PORTAL_ENDPOINT: endpoint })
    expect(problems).toEqual([expect.stringMatching(/^THREESCALE_PORTAL_ENDPOINT (must be a URL|has a token)/)])
    expect(problems.join()).not.toContain('SECRET')
  }
})

test('lists every broken or unsupported variable at once, and quotes no value', () => {
  const problems = problemsOf({
    THREESCALE_SERVICE_TOKEN: 'SECRET\n',
    THREESCALE_BACKEND_URL: 'https://SECRET@backend.test',
    APICAST_RESPONSE_CODES: 'SECRET',
    THREESCALE_CONFIG_FILE: fileOf('SECRET'),
    APICAST_CONFIGURATION: 'https://SECRET@admin.test',
    APICAST_SERVICES_LIST: '1,2',
    HTTPS_PROXY: 'SECRET@proxy:3128',
    http_proxy: 'socks5://SECRET@proxy:3128',
  })
  expect(problems).toEqual([
    'THREESCALE_SERVICE_TOKEN begins or ends with a blank or a line break',
    'THREESCALE_BACKEND_URL must not contain a user name or password',
    'THREESCALE_CONFIG_FILE: the file does not hold JSON',
    'APICAST_RESPONSE_CODES must be 1, true, 0 or false',
    'APICAST_CONFIGURATION is not supported; name the services by THREESCALE_PORTAL_ENDPOINT or THREESCALE_CONFIG_FILE',
    'APICAST_SERVICES_LIST chooses services of a portal; set THREESCALE_PORTAL_ENDPOINT, or name the service by THREESCALE_SERVICE_ID',
    'http_proxy must be an http or https URL such as http://proxy.example:3128',
    'HTTPS_PROXY must be an http or https URL such as http://proxy.example:3128',
  ])
  expect(inspect(problems)).not.toContain('SECRET')
})

test.each([
  ['http://proxy.test:3128/path', 'a proxy’s URL without a path'],
  ['http://proxy.test:3128?SECRET', 'a proxy’s URL without a path'],
  ['http://SECRET@proxy.test:3128', 'a user name and a password, percent-encoded, or neither'],
  ['http://:SECRET@proxy.test:3128', 'a user name and a password, percent-encoded, or neither'],
  ['http://user:SECRET%@proxy.test:3128', 'a user name and a password, percent-encoded, or neither'],
  ['http://user:SECRET%e9@proxy.test:3128', 'a user name and a password, percent-encoded, or neither'],
])('a proxy with a path, or with half of its credentials, is refused: %s', (proxy, problem) => {
  expect(problemsOf({ HTTP_PROXY: proxy })).toEqual([expect.stringContaining(problem.replace('’', "'"))])
  expect(problemsOf({ HTTP_PROXY: proxy }).join()).not.toContain('SECRET')
})

test('a file that is missing or holds no configuration is refused, and so are two variables for one option', () => {
  expect(problemsOf({ THREESCALE_CONFIG_FILE: '/nowhere/config.json' })).toEqual([
    'THREESCALE_CONFIG_FILE: the file cannot be read (ENOENT)',
  ])
  expect(problemsOf({ THREESCALE_CONFIG_FILE: fileOf('[]') })).toEqual([
    'THREESCALE_CONFIG_FILE: the file does not hold a 3scale configuration',
  ])
  expect(problemsOf({ THREESCALE_BACKEND_URL: 'https://a.test', BACKEND_ENDPOINT_OVERRIDE: 'https://b.test' })).toEqual(
    ['THREESCALE_BACKEND_URL and BACKEND_ENDPOINT_OVERRIDE exclude each other; set one of them'],
  )
})

test('without a proxy there is no dispatcher', () => {
  expect(optionsFromEnv({ ...credential, NO_PROXY: '*' })).not.toHaveProperty('dispatcher')
})

test.each([
  ['HTTP_PROXY', 'http:'],
  ['http_proxy', 'http:'],
  ['ALL_PROXY', 'http:'],
  ['HTTPS_PROXY', 'https:'],
  ['https_proxy', 'https:'],
  ['all_proxy', 'https:'],
])('%s carries calls to an %s backend', async (variable, scheme) => {
  const [asked] = await askBy((proxy) => ({ [variable]: proxy }), scheme)
  expect(asked).toMatch(scheme === 'https:' ? /^CONNECT backend$/ : /backend/)
})

const TUNNEL = 'HTTP/1.1 200 Connection established\r\n\r\n'

test.each([
  ['that ends its connection instead of an answer', 'http:', 'ECONNRESET', (socket: Duplex) => socket.destroy()],
  ['whose tunnel speaks first', 'http:', 'EPROTO', (socket: Duplex) => socket.end(`${TUNNEL}hello\r\n\r\n`)],
  ['whose tunnel answers first', 'http:', 'EPROTO', (socket: Duplex) => socket.end(`${TUNNEL}HTTP/1.1 200 OK\r\n`)],
  ['whose tunnel speaks no TLS', 'https:', 'EPROTO', (socket: Duplex) => socket.end(`${TUNNEL}hello\r\n\r\n`)],
])('a proxy %s is asked no more after the call (%s)', async (_which, scheme, code, answer) => {
  const backend = await startBackend(sayYes)
  let asked = 0
  const server = createServer()
  server.on('connect', (_request, socket) => {
    asked++
    socket.on('error', () => {})
    answer(socket)
  })
  const proxy = `http://127.0.0.1:${await listenOnLoopback(server)}`
  onTestFinished(() => closeServer(server))
  const options = optionsFromEnv({
    ...credential,
    THREESCALE_BACKEND_URL: backend.url.replace('http:', scheme),
    ALL_PROXY: proxy,
  })
  const client = new ThreeScaleClient({ ...options, retry: 2 } as ConstructorParameters<typeof ThreeScaleClient>[0])
  onTestFinished(async () => {
    await client.close()
    await options.dispatcher?.close()
  })
  const failure = await rejection(client.authrep({ userKey: 'k' }))
  expect(failure).toMatchObject({ code: 'ERR_THREESCALE_TRANSPORT', sent: false, cause: { code } })
  expect(asked).toBe(3)
})

test('small letters win over capitals', async () => {
  const asked = await askBy((proxy) => ({ http_proxy: proxy, HTTP_PROXY: 'http://127.0.0.1:1' }))
  expect(asked).not.toEqual([])
})

test.each(['127.0.0.1', '*', ' * ', 'other.test,*', 'other.test, 127.0.0.1'])(
  'a backend in NO_PROXY (%s) is called directly',
  async (except) => {
    expect(await askBy((proxy) => ({ HTTP_PROXY: proxy, NO_PROXY: except }))).toEqual([])
  },
)

test('nothing but the given variables is read', async () => {
  process.env.no_proxy = '*'
  onTestFinished(() => void delete process.env.no_proxy)
  expect(await askBy((proxy) => ({ HTTP_PROXY: proxy }))).not.toEqual([])
  expect(await takeWarnings()).toEqual([])
})
