/**
 * The parts of undici that connections need. The whole of it, with fetch, WebSocket and mocks, takes three times as long
 * to load, and a server would pay that at each start. These paths are no part of undici's interface, so the range of its
 * version in package.json is a narrow one.
 */
import type * as undici from 'undici'
// @ts-expect-error undici has types for the whole only.
import connectApi from 'undici/lib/api/api-connect.js'
// @ts-expect-error
import connect from 'undici/lib/core/connect.js'
// @ts-expect-error
import client from 'undici/lib/dispatcher/client.js'
// @ts-expect-error
import envHttpProxyAgent from 'undici/lib/dispatcher/env-http-proxy-agent.js'
// @ts-expect-error
import pool from 'undici/lib/dispatcher/pool.js'

export const buildConnector: typeof undici.buildConnector = connect
export const Client: typeof undici.Client = client
export const EnvHttpProxyAgent: typeof undici.EnvHttpProxyAgent = envHttpProxyAgent
export const Pool: typeof undici.Pool = pool
/** Asks for a tunnel; the whole of undici would make it a method of every dispatcher. */
export const connectOn: (
  dispatcher: undici.Dispatcher,
  options: undici.Dispatcher.ConnectOptions,
) => Promise<undici.Dispatcher.ConnectData> = (dispatcher, options) => connectApi.call(dispatcher, options)
