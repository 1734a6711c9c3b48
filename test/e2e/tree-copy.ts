/** The tracked files of this tree in a temporary folder, so that what installs and builds leaves the tree as it is. */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export interface TreeCopy {
  readonly folder: string
  /** Lets an install in it take what was installed here, and ask the registry for nothing else. */
  readonly env: Readonly<Record<string, string>>
}

/** Copies the files as they are, committed or not; removed after the tests of the file. */
export function copyTree(): TreeCopy {
  const folder = mkdtempSync(join(tmpdir(), 'threescale-tree-'))
  // With tens of thousands of installed files this takes seconds, and more on a busy machine.
  afterAll(() => rm(folder, { recursive: true, force: true }), 120_000)
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const files = execFileSync('git', list, { cwd: ROOT, encoding: 'utf8' }).split('\0').filter(Boolean)
  for (const file of files) {
    if (existsSync(join(ROOT, file))) cpSync(join(ROOT, file), join(folder, file))
  }
  return { folder, env: { pnpm_config_prefer_offline: 'true', ...store() } }
}

/** Where pnpm keeps the packages of this tree, which need not be the place that it would choose for the copy. */
function store(): Record<string, string> {
  const [, folder] = /"?storeDir"?: "?([^"\n]+)/.exec(readFileSync(join(ROOT, 'node_modules/.modules.yaml'), 'utf8'))!
  return existsSync(folder!) ? { pnpm_config_store_dir: folder! } : {}
}
