/** A node server on a free port that can be closed with clients still connected. */

import type { Server as HttpServer } from 'node:http'
import type { AddressInfo, Server } from 'node:net'

export async function listenOnLoopback(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

export async function closeServer(server: HttpServer): Promise<void> {
  if (!server.listening) return
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
