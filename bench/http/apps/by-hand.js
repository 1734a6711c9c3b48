// @ts-check
/** The integration written by hand with `undici` alone: one authrep per request, which trusts the status. */
import { Pool } from 'undici'
import { SERVICE_ID, SERVICE_TOKEN } from '../../backend/provider.js'
import { expressApp } from './handler.js'

/** @param {{ backendUrl: string }} settings */
export function byHandApp({ backendUrl }) {
  const pool = new Pool(backendUrl)
  return expressApp((app) =>
    app.use(async (request, response, next) => {
      const { user_key: userKey } = request.query
      const query = `service_token=${SERVICE_TOKEN}&service_id=${SERVICE_ID}&user_key=${userKey}&usage[hits]=1`
      const { statusCode, body } = await pool.request({ method: 'GET', path: `/transactions/authrep.xml?${query}` })
      const document = await body.text()
      if (statusCode === 200) next()
      else response.status(403).type('xml').send(document)
    }),
  )
}
