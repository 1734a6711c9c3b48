// @ts-check
/**
 * The integration written by hand with `undici` alone: one authrep per request, which trusts the status. With `options`
 * it asks for as much as the gateway does: the code of a denial, the limits and the name of the application.
 */
import { Pool } from 'undici'
import { SERVICE_ID, SERVICE_TOKEN } from '../../backend/provider.js'
import { expressApp } from './handler.js'

/** @param {{ backendUrl: string, options?: boolean }} settings */
export function byHandApp({ backendUrl, options = false }) {
  const pool = new Pool(backendUrl)
  const asked = { '3scale-options': 'rejection_reason_header=1&list_app_keys=1&limit_headers=1' }
  const headers = options ? asked : {}
  return expressApp((app) =>
    app.use(async (request, response, next) => {
      const { user_key: userKey } = request.query
      const query = `service_token=${SERVICE_TOKEN}&service_id=${SERVICE_ID}&user_key=${userKey}&usage[hits]=1`
      const { statusCode, body } = await pool.request({
        method: 'GET',
        path: `/transactions/authrep.xml?${query}`,
        headers,
      })
      const document = await body.text()
      if (statusCode === 200) next()
      else response.status(403).type('xml').send(document)
    }),
  )
}
