// Puts docs/errors.md into the package of core, because its errors and warnings give the address of the page there.
import { copyFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = new URL('../', import.meta.url)

copyFileSync(
  fileURLToPath(new URL('docs/errors.md', ROOT)),
  fileURLToPath(new URL('packages/core/dist/errors.md', ROOT)),
)
