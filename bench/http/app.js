// @ts-check
/** The application under test, in its own process: one contender, chosen by name. */
import { cpuMicros, serve } from '../process/serve.js'
import { createServingClock } from './serving-clock.js'

const clock = createServingClock()

/** @type {Record<string, (settings: any) => Promise<number>>} */
const APPS = {
  express: async () => (await import('./apps/handler.js')).expressApp(),
  koa: async () => (await import('./apps/handler.js')).koaApp(),
  fastify: async () => (await import('./apps/handler.js')).fastifyApp(),
  'express-listening': async () => (await import('./apps/listening.js')).expressListening(),
  'koa-listening': async () => (await import('./apps/listening.js')).koaListening(),
  'fastify-listening': async () => (await import('./apps/listening.js')).fastifyListening(),
  'by-hand': async (settings) => (await import('./apps/by-hand.js')).byHandApp(settings),
  'npm-client': async (settings) => (await import('./apps/npm-client.js')).npmClientApp(settings),
  emulator: async (settings) => (await import('./apps/emulator.js')).emulatorApp(settings),
  'same-bytes': async (settings) => (await import('./apps/emulator.js')).sameBytesApp(settings),
  'express-ours': async (settings) => (await import('./apps/ours.js')).expressOurs(settings),
  'koa-ours': async (settings) => (await import('./apps/ours.js')).koaOurs(settings),
  'fastify-ours': async (settings) => (await import('./apps/ours.js')).fastifyOurs(settings),
}

serve({
  async start(/** @type {{ app: string, settings: object }} */ { app, settings }) {
    const start = APPS[app]
    if (start === undefined) throw new Error(`no application ${app}`)
    return start({ clock, ...settings })
  },
  /** Begins a turn, with a clock of this speed. */
  begin(/** @type {number} */ speed) {
    clock.start(speed)
    return cpuMicros()
  },
  /** Ends the turn. */
  end() {
    clock.stop()
    return cpuMicros()
  },
})
