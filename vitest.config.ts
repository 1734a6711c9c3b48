import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import closingLine from './test/closing-line.ts'

const source = (name: string, file = 'index') =>
  fileURLToPath(new URL(`packages/${name}/src/${file}.ts`, import.meta.url))

export default defineConfig({
  resolve: {
    // Tests run the sources, so that nothing stale in dist/ can pass or fail them.
    alias: {
      '@threescale/core/adapter': source('core', 'adapter'),
      '@threescale/web/hono': source('web', 'hono'),
      ...Object.fromEntries(
        ['core', 'express', 'fastify', 'koa', 'web', 'journal', 'redis', 'opentelemetry', 'emulator'].map((name) => [
          `@threescale/${name}`,
          source(name),
        ]),
      ),
    },
  },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'test/packaging/projects/**'],
    reporters: ['default', closingLine],
    testTimeout: 20_000,
    // Many tests wait for processes and sockets. Vitest's default of one worker on two cores would leave one core idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    setupFiles: ['test/support/warnings.ts', 'test/support/seed.ts'],
  },
})
