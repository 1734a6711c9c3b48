// @ts-check
/** A gateway whose client calls the stub inside the process. */
import { createGateway, ThreeScaleClient } from '@threescale/core'
import { CLOCK } from '../../packages/core/build/primitives/clock.js'
import { SERVICE_ID, SERVICE_TOKEN } from './provider.js'
import { through } from './transport.js'

/**
 * @param {import('./answers.js').Answers} answers
 * @param {import('@threescale/core').GatewayOptions} options
 * @param {import('../scale/simulated-clock.js').SimulatedClock} [clock] default: the system clock
 */
export function gatewayThrough(answers, options, clock) {
  const time = clock === undefined ? {} : { [CLOCK]: clock }
  const client = new ThreeScaleClient({
    serviceId: SERVICE_ID,
    serviceToken: SERVICE_TOKEN,
    ...time,
    ...through(answers),
  })
  return createGateway({ client, serviceId: SERVICE_ID, ...time, ...options })
}

/** Cache settings that ask about each caller once. Head starts are shares of the ttl, so an hour would be too short. */
export const NEVER_REFRESHED = { ttlMs: 10 * 86_400_000, staleMs: 10 * 86_400_000 }
