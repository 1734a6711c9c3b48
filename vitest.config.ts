import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import closingLine from './test/closing-line.ts'

const source = (name: string, file = 'index') =>
  fileURLToPath(new URL(`packages/${name}/src/${file}.ts`, import.meta.url))

const CORE = 'packages/core/test/**/*.test.ts'
/** Judges what the process has been given: its listeners, and what was said once. */
const PROCESS_WIDE = 'packages/core/test/gateway/process-end.test.ts'

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
    exclude: ['**/node_modules/**', 'test/packaging/projects/**'],
    reporters: ['default', closingLine],
    testTimeout: 20_000,
    // Many tests wait for processes and sockets, so as many workers as cores would leave the cores idle.
    maxWorkers: availableParallelism() + 1,
    setupFiles: ['test/support/warnings.ts', 'test/support/seed.ts'],
    projects: [
      {
        extends: true,
        // Small files that share one process and what they import, which takes most of their time otherwise.
        test: { name: 'core', include: [CORE], exclude: [PROCESS_WIDE], isolate: false },
      },
      {
        extends: true,
        test: { name: 'all', include: ['packages/!(core)/test/**/*.test.ts', 'test/**/*.test.ts', PROCESS_WIDE] },
      },
    ],
  },
})
