// Runs all tests with other versions of Node, which npx downloads from the npm registry: check-nodes.mjs 22 24 26
import { spawnSync } from 'node:child_process'
import { ROOT } from './pack.mjs'

for (const version of process.argv.slice(2)) {
  console.log(`\nNode ${version}`)
  const node = ['-y', `node@${version}`]
  spawnSync('npx', [...node, '--version'], { cwd: ROOT, stdio: 'inherit' })
  const { status } = spawnSync('npx', [...node, 'node_modules/vitest/vitest.mjs', 'run'], {
    cwd: ROOT,
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(status ?? 1)
}
