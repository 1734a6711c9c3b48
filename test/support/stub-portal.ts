/** An admin portal on a socket of this machine that serves the lists of proxy configurations, as porta does. */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { closeServer, listenOnLoopback } from './listening.ts'

/** One version of one service, as an element of the list. */
export interface StubConfig {
  readonly id: number
  readonly version: number
  readonly content: object | string
}

export interface StubPortal {
  /** With the token. */
  readonly endpoint: string
  readonly host: string
  /** What the list has from now on, in its order. */
  configs: readonly StubConfig[]
  /** Versions that can be read one by one. */
  pinned: readonly StubConfig[]
  /** Answers in its place; undefined: as a good portal does. */
  answer: ((request: IncomingMessage, response: ServerResponse) => void) | undefined
  /** Targets of the requests so far. */
  readonly requests: string[]
  /** Requests that were answered 304. */
  confirmed: number
  close(): Promise<void>
}

const TOKEN = 'portal-token'
const LIST = /^(?:\/master\/api\/proxy\/configs|\/admin\/api\/account\/proxy_configs)\/\w+\.json$/
const ONE = /^\/admin\/api\/services\/(\d+)\/proxy\/configs\/\w+\/(\d+)\.json$/

export async function startStubPortal(configs: readonly StubConfig[] = []): Promise<StubPortal> {
  const server = createServer((request, response) => {
    portal.requests.push(request.url ?? '')
    if (portal.answer !== undefined) return portal.answer(request, response)
    if (request.headers.authorization !== `Basic ${Buffer.from(`${TOKEN}:`).toString('base64')}`) {
      return void response.writeHead(403, JSON_TYPE).end('{"error":"Access denied"}')
    }
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://portal')
    const one = ONE.exec(pathname)
    const found = portal.pinned.find(({ id, version }) => String(id) === one?.[1] && String(version) === one?.[2])
    if (LIST.test(pathname)) return answerJson(request, response, page(searchParams))
    if (found !== undefined) return answerJson(request, response, elementOf(found))
    response.writeHead(404, JSON_TYPE).end('{"status":"Not found"}')
  })
  const port = await listenOnLoopback(server)

  function page(query: URLSearchParams): object {
    const size = Math.min(500, Number(query.get('per_page') ?? 500))
    const from = (Number(query.get('page') ?? 1) - 1) * size
    return { proxy_configs: portal.configs.slice(from, from + size).map(elementOf) }
  }

  function answerJson({ headers }: IncomingMessage, response: ServerResponse, document: object): void {
    const body = JSON.stringify(document)
    const etag = `W/"${createHash('sha256').update(body).digest('hex')}"`
    const isKnown = headers['if-none-match'] === etag
    if (isKnown) portal.confirmed += 1
    response.writeHead(isKnown ? 304 : 200, { ...JSON_TYPE, etag }).end(isKnown ? undefined : body)
  }

  const portal: StubPortal = {
    endpoint: `http://${TOKEN}@127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    configs,
    pinned: [],
    answer: undefined,
    requests: [],
    confirmed: 0,
    close: () => closeServer(server),
  }
  return portal
}

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }

function elementOf({ id, version, content }: StubConfig): object {
  return { proxy_config: { id: 1000 + id, version, environment: 'production', content } }
}

/** A version of a product with one host, whose requests count as `hits`. */
export function stubConfig(
  id: number,
  version = 1,
  changes: { readonly token?: string; readonly proxy?: object } = {},
): StubConfig {
  return {
    id,
    version,
    content: {
      id,
      backend_version: '1',
      backend_authentication_type: 'service_token',
      backend_authentication_value: changes.token ?? `token-${id}`,
      proxy: {
        hosts: [`api-${id}.example.com`],
        backend: { endpoint: 'https://su1.3scale.net' },
        proxy_rules: [{ http_method: 'GET', pattern: '/', metric_system_name: 'hits', delta: 1 }],
        policy_chain: [{ name: 'apicast', version: 'builtin', configuration: {} }],
        ...changes.proxy,
      },
    },
  }
}
