// @ts-check
/** Scenario: a gateway takes over a new configuration of many products. */
import { createGateway } from '@threescale/core'
import { longestTurn } from '../measure/longest-turn.js'
import { startChild } from '../process/child.js'

const PRODUCTS = 500

/** Reloads a configuration of 500 products with 50 mapping rules each, all of which have changed. */
export async function reload() {
  const server = startChild('scale/portal-server.js')
  const port = await server.call('start', PRODUCTS)
  const gateway = createGateway({ portal: { endpoint: `http://token@127.0.0.1:${port}`, reloadMs: 3_600_000 } })
  try {
    await gateway.ready()
    await server.call('change')
    return await longestTurn(async () => {
      const { services } = await gateway.reload()
      const changed = services.filter(({ event }) => event === 'changed').length
      if (changed !== PRODUCTS) throw new Error(`${changed} products changed`)
    })
  } finally {
    await gateway.close()
    await server.stop()
  }
}
