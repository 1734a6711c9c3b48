/** Node's http module, for those who need more of it than types. */
import type * as http from 'node:http'

/**
 * The module `node:http`. To import it costs a cold start 45 ms in Node 22 and later: an import reads every export, and
 * those that belong to `fetch` and `WebSocket` load the undici inside of Node.
 */
export const nodeHttp: typeof http = process.getBuiltinModule('node:http')
