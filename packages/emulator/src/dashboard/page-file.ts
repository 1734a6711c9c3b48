/** The files of the dashboard, which is served as it is written: no build step makes anything of them. */
import { readFileSync } from 'node:fs'
import type { EmulatorResponse } from '../http/message.ts'
import { pageFolder } from '../page-folder.ts'

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}

/** What callers send is shown, so nothing runs, loads or is sent that is not the dashboard's own. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

const headers = {
  'cache-control': 'no-store',
  'content-security-policy': policy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const

/** The answer to a GET of a path below /emulator; undefined when the dashboard has no such file. */
export function pageFile(path: string): EmulatorResponse | undefined {
  if (path === '/emulator') return { status: 308, headers: { ...headers, location: '/emulator/' }, body: '' }
  // A name has no further dot and no slash, so that no path leads out of the folder.
  const [, name, extension] = /^\/emulator\/(?:([a-z][a-z-]*)\.(html|css|js|svg))?$/.exec(path) ?? []
  if (name === undefined && path !== '/emulator/') return undefined
  const body = read(name === undefined ? 'index.html' : `${name}.${extension}`)
  return body === undefined
    ? undefined
    : { status: 200, headers: { ...headers, 'content-type': types[extension ?? 'html']! }, body }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(new URL(file, pageFolder), 'utf8')
  } catch {
    return undefined
  }
}
