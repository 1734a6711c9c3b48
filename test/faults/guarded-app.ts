/** An app of any framework behind a gateway, for tests of failures: records each served request and its source. */

import { createServer } from 'node:http'
import type { AllowedSource, GatewayOptions } from '@threescale/core'
import { afterEach, expect } from 'vitest'
import { SERVICE, TOKEN } from '../contract/backend.ts'
import type { App, Framework } from '../contract/framework.ts'
import { frameworks } from '../contract/frameworks/all.ts'
import { closeServer, listenOnLoopback } from '../support/listening.ts'
import { quietLogger } from '../support/quiet-logger.ts'

export interface GuardedApp {
  readonly app: App
  readonly port: number
  /** The source of each decision that a handler ran with. */
  readonly served: (AllowedSource | undefined)[]
}

export interface Guarding extends GatewayOptions {
  /** The longest request head that the server reads. Default: Node's 16 KiB. */
  readonly maxHeaderSize?: number
}

/** Every framework, in direct and in cached mode. */
export const guards: readonly { readonly name: string; readonly framework: Framework; readonly cache: boolean }[] =
  frameworks.flatMap((framework) =>
    [false, true].map((cache) => ({ name: `${framework.name}, ${cache ? 'cached' : 'direct'}`, framework, cache })),
  )

const closing: (() => Promise<unknown>)[] = []
const unhandled: unknown[] = []
const note = (reason: unknown) => unhandled.push(reason)

/** Closes what a test has opened, and fails it for unhandled rejections. Call once per file. */
export function watchForAccidents(): void {
  process.on('unhandledRejection', note)
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
    // Node reports an unhandled rejection one turn later.
    await new Promise((resolve) => setImmediate(resolve))
    expect(unhandled.splice(0)).toEqual([])
  })
}

/** Registers what to close after the test; the last opened is closed first. */
export function closeLater(close: () => Promise<unknown>): void {
  closing.push(close)
}

export async function startApp({ create }: Framework, { maxHeaderSize, ...options }: Guarding): Promise<GuardedApp> {
  const served: GuardedApp['served'] = []
  const app = await create({
    guard: { serviceId: SERVICE, serviceToken: TOKEN, logger: quietLogger, ...options },
    routes: {
      '/': (call) => {
        served.push(call.threescale?.source)
        call.send(200, 'hello')
      },
    },
  })
  closeLater(() => app.close())
  if (maxHeaderSize === undefined) return { app, port: await app.listen(), served }
  const server = createServer({ maxHeaderSize }, app.dispatch)
  closeLater(() => closeServer(server))
  return { app, port: await listenOnLoopback(server), served }
}
