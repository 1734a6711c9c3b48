/** Clients of a backend that runs. */
import { onTestFinished } from 'vitest'
import { type ClientOptions, ThreeScaleClient } from '../../src/index.ts'

/** A client for the backend that is closed at the end of the test. */
export function clientOf(backendUrl: string, options: Partial<ClientOptions> = {}): ThreeScaleClient {
  const client = new ThreeScaleClient({ serviceId: '1001', serviceToken: 'stoken', backendUrl, ...options })
  onTestFinished(() => client.close())
  return client
}
