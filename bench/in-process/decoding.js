// @ts-check
/** Scenario: decoding answers of the backend, with and without reading their details. */
import { ThreeScaleClient } from '@threescale/core'
import { createAnswers } from '../backend/answers.js'
import { SERVICE_ID, SERVICE_TOKEN, userKey } from '../backend/provider.js'
import { through } from '../backend/transport.js'

/**
 * @param {{ limitCount: number, read: boolean }} settings read: get the usage reports, which decodes the document
 * @returns {import('./worker.js').Scenario}
 */
export function prepare({ limitCount, read }) {
  const answers = createAnswers({ limitCount })
  const client = new ThreeScaleClient({ serviceId: SERVICE_ID, serviceToken: SERVICE_TOKEN, ...through(answers) })
  const credentials = { userKey: userKey(1) }
  return {
    asynchronous: true,
    async step() {
      const verdict = await client.authorize(credentials)
      if (read && verdict.usageReports.length !== limitCount) throw new Error('reports are missing')
    },
  }
}
