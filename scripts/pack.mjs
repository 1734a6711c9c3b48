// Packs the publishable packages as `pnpm publish` would send them.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../', import.meta.url))

/** The pinned pnpm as an npx argument, `pnpm@12.21.0`, taken from the script `setup`. */
export const PNPM =
  /pnpm@[\d.]+/.exec(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts.setup)?.[0] ?? 'pnpm'

/**
 * Writes a tarball per package of packages/ into an existing, empty directory. The packages must be built.
 *
 * @param {string} directory
 * @returns {string[]} paths of the tarballs
 */
export function packAll(directory) {
  execFileSync('npx', ['-y', PNPM, '--filter', './packages/*', 'pack', '--pack-destination', directory], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return readdirSync(directory)
    .filter((file) => file.endsWith('.tgz'))
    .map((file) => join(directory, file))
}
