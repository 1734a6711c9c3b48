// Throw-away copies of the working tree, uncommitted changes included, that share the installed packages with it.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, sep } from 'node:path'

/** @type {string[]} */
const copies = []

/**
 * Every file of the working tree that Git does not ignore.
 *
 * @param {string} root
 */
export function filesOf(root) {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root })
  return [...new Set(listed.toString().split('\0'))].filter((file) => file !== '' && existsSync(join(root, file)))
}

/**
 * @param {string} root
 * @param {readonly string[]} files what `filesOf` lists
 * @returns {string} root of the copy
 */
export function copyTree(root, files) {
  const copy = realpathSync(mkdtempSync(join(tmpdir(), 'threescale-mutate-')))
  copies.push(copy)
  for (const file of files) cpSync(join(root, file), join(copy, file))
  const folders = new Set(files.filter((file) => /(^|\/)package\.json$/.test(file)).map((file) => dirname(file)))
  for (const folder of folders) linkPackages(root, copy, join(folder, 'node_modules'))
  return copy
}

/** Removes the copies. */
export function removeCopies() {
  for (const copy of copies) rmSync(copy, { recursive: true, force: true, maxRetries: 3 })
}

/**
 * Links each installed package on its own: those of this repository lead into the copy, and what Vitest writes to
 * `node_modules` stays in the copy.
 *
 * @param {string} root
 * @param {string} copy
 * @param {string} folder
 */
function linkPackages(root, copy, folder) {
  const from = join(root, folder)
  if (!existsSync(from)) return
  mkdirSync(join(copy, folder), { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const { name } = entry
    if (name.startsWith('@') && entry.isDirectory()) linkPackages(root, copy, join(folder, name))
    else if (!name.startsWith('.') || name === '.bin') {
      const target = realpathSync(join(from, name))
      const inside = relative(root, target)
      const own = !inside.startsWith('..') && !inside.split(sep).includes('node_modules')
      symlinkSync(own ? join(copy, inside) : target, join(copy, folder, name))
    }
  }
}
