/** A dispatcher that goes through a forward proxy, as the usual environment variables name it. */
import type { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'
import { PROXY_TIMEOUT_MS } from '../../defaults.ts'
import { connectOn, EnvHttpProxyAgent, Pool } from './undici-parts.ts'

export interface ProxyAddresses {
  /** For http backends, and for https ones if no other is given; undefined for none. */
  readonly http: string | undefined
  /** For https backends, by CONNECT. */
  readonly https: string | undefined
  /** Hosts that are reached without a proxy: names, with a port or without, by comma; `*` for all. */
  readonly except: string | undefined
}

/** Opens nothing before the first call. */
export function createProxyDispatcher({ http, https, except }: ProxyAddresses): Dispatcher {
  // Empty texts, as undici would read absent ones from the environment of the process, and the exceptions at each call.
  return new EnvHttpProxyAgent({
    httpProxy: http ?? '',
    httpsProxy: https ?? '',
    noProxy: except ?? '',
    clientFactory: connectionsTo,
  })
}

/** The connections over which a proxy is asked for tunnels. */
function connectionsTo(proxy: URL, options: object): Dispatcher {
  // Not undici's five minutes: a tunnel that never comes would hold its socket, and the process, for so long.
  const pool = new Pool(proxy.origin, { ...options, headersTimeout: PROXY_TIMEOUT_MS })
  return Object.assign(pool, {
    async connect(options: Dispatcher.ConnectOptions) {
      let tunnel: Dispatcher.ConnectData
      try {
        tunnel = await connectOn(pool, options)
      } catch (error) {
        throw isEndOfSocket(error) ? new ProxyFailure('ECONNRESET', 'the proxy ended the connection') : error
      }
      const { statusCode, socket } = tunnel
      if (statusCode !== 200 || isUnused(socket)) return tunnel
      // undici reads it before it writes, and would ask for one tunnel after another without end.
      socket.on('error', () => {}).destroy()
      throw new ProxyFailure('EPROTO', 'the tunnel spoke before it was asked')
    },
  })
}

/** The call must fail then, as for any connection that cannot be made, and not wait for another tunnel. */
function isEndOfSocket(error: unknown): boolean {
  return (error as { readonly code?: unknown } | null)?.code === 'UND_ERR_SOCKET'
}

/** Neither HTTP nor TLS lets the other side begin. */
function isUnused({ readableLength, readable }: Duplex): boolean {
  return readable && readableLength === 0
}

/** The connection to the proxy cannot be used. */
class ProxyFailure extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}
