// @ts-check
/** A portal in a process of its own: lists the configurations of many products, and changes all of them when told. */
import { createServer } from 'node:http'
import { serve } from '../process/serve.js'

const RULES = 50
/** The backend of the products, which is never called. */
const BACKEND = { endpoint: 'http://127.0.0.1:9', host: 'backend' }

let products = 0
let version = 1

serve({
  async start(/** @type {number} */ count) {
    products = count
    const server = createServer((request, response) => {
      const { searchParams } = new URL(request.url ?? '', 'http://portal')
      const size = Number(searchParams.get('per_page'))
      const first = (Number(searchParams.get('page')) - 1) * size
      const numbers = Array.from({ length: Math.max(0, Math.min(size, products - first)) }, (_, at) => first + at)
      response.setHeader('content-type', 'application/json')
      response.end(
        JSON.stringify({ proxy_configs: numbers.map((number) => ({ proxy_config: configuration(number) })) }),
      )
    })
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
    return /** @type {import('node:net').AddressInfo} */ (server.address()).port
  },
  change() {
    version += 1
  },
})

/** @param {number} number */
function configuration(number) {
  const id = 1000 + number
  return {
    version,
    content: {
      id,
      backend_version: '1',
      backend_authentication_type: 'service_token',
      backend_authentication_value: 'token',
      proxy: {
        service_id: id,
        hosts: [`api-${number}.test`],
        backend: BACKEND,
        proxy_rules: Array.from({ length: RULES }, (_, rule) => ({
          http_method: 'GET',
          pattern: `/v${version}/things-${rule}/{id}`,
          metric_system_name: 'hits',
          delta: 1,
          last: false,
          position: rule + 1,
        })),
      },
    },
  }
}
