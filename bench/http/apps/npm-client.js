// @ts-check
/** The application with 3scale's own npm client: `3scale` 0.7.6, one authrep per request, TLS only. */
import { globalAgent } from 'node:https'
import threescale from '3scale'
import { SERVICE_ID, SERVICE_TOKEN } from '../../backend/provider.js'
import { expressApp } from './handler.js'

/** @param {{ backendUrl: string }} settings */
export function npmClientApp({ backendUrl }) {
  // Otherwise it would lose its connections between turns and need new handshakes; a busy server keeps them.
  globalAgent.options.timeout = 600_000
  const { hostname: host, port } = new URL(backendUrl)
  const client = new threescale.Client({ host, port: Number(port) })
  return expressApp((app) =>
    app.use((request, response, next) => {
      const { user_key } = request.query
      const call = { service_token: SERVICE_TOKEN, service_id: SERVICE_ID, user_key, usage: { hits: 1 } }
      client.authrep_with_user_key(call, (verdict) => {
        if (verdict.is_success()) next()
        else response.status(403).send(verdict.error_msg)
      })
    }),
  )
}
