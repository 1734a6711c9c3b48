/** A dispatcher that goes through a forward proxy, as the usual environment variables name it. */
import { type Dispatcher, EnvHttpProxyAgent } from 'undici'

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
  return new EnvHttpProxyAgent({ httpProxy: http ?? '', httpsProxy: https ?? '', noProxy: except ?? '' })
}
