// @ts-check
/** The emulator, and bare node:http that sends the same bytes as the emulator's answer to an authorize. */
import { createServer } from 'node:http'
import { createEmulator } from '@threescale/emulator'
import { applicationId, limits, METHODS, SERVICE_ID, SERVICE_TOKEN, userKey } from '../../backend/provider.js'

/** @param {{ applications: number }} settings */
async function startEmulator({ applications }) {
  const emulator = createEmulator({
    state: {
      services: [
        {
          id: SERVICE_ID,
          backend_version: '1',
          provider_key: 'provider-key',
          service_tokens: [SERVICE_TOKEN],
          metrics: [{ id: 'hits', name: 'hits' }, ...METHODS.map((name) => ({ id: name, name, parent: 'hits' }))],
          plans: [
            {
              id: 'basic',
              name: 'Basic',
              limits: limits(3).map(({ metric, period, max }) => ({ metric, period, value: max })),
            },
          ],
          applications: Array.from({ length: applications }, (_, application) => ({
            id: applicationId(application),
            plan: 'basic',
            user_keys: [userKey(application)],
          })),
        },
      ],
    },
  })
  return { emulator, url: new URL(await emulator.listen({ port: 0 })) }
}

/** @param {{ applications: number }} settings */
export async function emulatorApp(settings) {
  return Number((await startEmulator(settings)).url.port)
}

/** @param {{ applications: number }} settings */
export async function sameBytesApp(settings) {
  const { emulator, url } = await startEmulator(settings)
  const answer = await fetch(new URL(emulatorPath(0), url))
  const body = Buffer.from(await answer.arrayBuffer())
  await emulator.close()
  // Node adds these two itself.
  const headers = [...answer.headers].filter(([name]) => name !== 'date' && name !== 'connection').flat()
  const server = createServer((_request, response) => {
    response.writeHead(200, headers)
    response.end(body)
  })
  server.keepAliveTimeout = 600_000
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  return /** @type {import('node:net').AddressInfo} */ (server.address()).port
}

/** @param {number} application */
export const emulatorPath = (application) =>
  `/transactions/authrep.xml?service_token=${SERVICE_TOKEN}&service_id=${SERVICE_ID}` +
  `&user_key=${userKey(application)}&usage%5Bhits%5D=1`
